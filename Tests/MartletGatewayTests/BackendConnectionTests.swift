import Martlet
import MartletReactor
import TestSupport
import Testing

@testable import MartletGateway

@Suite(.timeLimit(.patient)) struct BackendConnectionTests {
    @Test("once closed, it ends no connection of others that has its descriptor now")
    func finishSendingAfterClose() async throws {
        let backend = try RawBackend()
        let loop = try EventLoop(name: "backend")
        try loop.start()
        let task = Task(executorPreference: loop) {
            let state = BackendState(try Backend(backend.url), index: 0, options: HealthOptions())
            let connection = try BackendConnection(
                to: backend.address,
                state: state,
                options: GatewayOptions(),
                loop: loop
            )
            try await connection.connected()
            connection.close(CancellationError())
            try await connection.finishSending()
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        loop.stop()
        loop.join()
    }
}
