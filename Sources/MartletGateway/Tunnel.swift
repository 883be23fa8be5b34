import Martlet
import MartletReactor

/// The octets of another protocol between client and backend, after a 101. The one that is slower sets the pace.
final class Tunnel: @unchecked Sendable {
    private let connection: BackendConnection
    /// A client that has finished sending is waited upon so long by a backend that says nothing.
    private static let farewell = Duration.seconds(10)

    init(_ connection: BackendConnection) {
        self.connection = connection
    }

    /// The handler may never be called: then nobody wants the connection.
    deinit {
        let connection = connection
        connection.loop.execute { connection.close(CancellationError()) }
    }

    /// Passes octets on until the backend has finished sending, or either side is gone.
    func run(_ stream: UpgradedStream) async throws {
        let loop = connection.loop
        guard loop.isCurrent else { throw CancellationError() }
        let upload = Task.immediate(executorPreference: loop) { [connection] in
            do {
                while let octets = try await stream.read() {
                    try connection.send { $0.append(contentsOf: octets) }
                    try await connection.waitForRoom()
                }
            } catch {}
            // The client's end is passed on, and what the backend still has to say goes back.
            do {
                try await connection.finishSending()
            } catch {
                connection.close(error)
            }
        }
        try await withTaskCancellationHandler {
            do {
                while let octets = try await connection.nextPiece() { try await stream.write(octets) }
                connection.close(CancellationError())
            } catch {
                connection.close(error)
                if !(error is BackendFailure) { throw error }
            }
            upload.cancel()
        } onCancel: {
            // The client has finished sending or is gone, or the server stops.
            loop.execute { [self] in
                upload.cancel()
                connection.expectEnd(within: Self.farewell)
            }
        }
        _ = await upload.value
    }
}
