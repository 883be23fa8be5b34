import Glibc
import Logging
import Martlet
import MartletReactor
import MartletWire
import TestSupport
import Testing

/// A handler made of a function that is called on the loop, without a task.
struct Immediate: ImmediateHandler {
    let function: @Sendable (Request) throws -> Response

    init(_ function: @escaping @Sendable (Request) throws -> Response) {
        self.function = function
    }

    func respondImmediately(to request: Request) throws -> Response? { try function(request) }
    func respond(to request: Request) async throws -> Response { try function(request) }
}

/// A handler made of a function that runs in a task of its own.
struct Waiting: Handler {
    let function: @Sendable (Request) async throws -> Response

    init(_ function: @escaping @Sendable (Request) async throws -> Response) {
        self.function = function
    }

    func respond(to request: Request) async throws -> Response { try await function(request) }
}

/// Answers with the path.
let echoPath = Immediate { request in .text(request.head.rawPath) }

/// A server that listens on a free port, and what it said to its logger.
struct RunningServer: Sendable {
    let server: Server
    let log: CapturedLog

    var address: SocketAddress { server.addresses[0] }

    /// A client that fails rather than waits when the server is silent for longer than `timeout`.
    func connect(timeout: Duration = .seconds(60), receiveBuffer: Int? = nil) throws -> TestSocket {
        try TestSocket.connect(to: address, timeout: timeout, receiveBuffer: receiveBuffer)
    }

    /// Sends one request on a connection of its own and returns all that comes until the server closes, Date masked.
    func answer(to request: String) throws -> String {
        let socket = try connect()
        try socket.send(request)
        return masked(try socket.receiveAll())
    }

    /// Descriptors of this process that are bound to the server's port: listeners and connections.
    func descriptors() -> Int {
        var count = 0
        for fd in 0..<CInt(4096) where Socket(fd: fd).localAddress?.port == address.port { count += 1 }
        return count
    }
}

/// Runs a server with one loop for the length of `body`, which may block: it has a thread of its own.
func withServer(
    _ handler: any Handler,
    configure: (inout ServerConfiguration) -> Void = { _ in },
    _ body: @escaping @concurrent @Sendable (RunningServer) async throws -> Void
) async throws {
    await Turnstile.shared.enter()
    defer { Turnstile.shared.leave() }
    let log = CapturedLog()
    var configuration = ServerConfiguration()
    configuration.addresses = [.loopback(port: 0)]
    configuration.threads = 1
    configuration.serverName = nil
    configuration.holdUpWarning = nil  // A busy machine holds loops up as well; HoldUpTests are about it.
    configuration.logger = Logger(label: "test") { _ in log }
    configure(&configuration)
    let server = Server(configuration: configuration, handler: handler)
    try server.start()
    let client = try EventLoop(name: "client")
    try client.start()
    let result: Result<Void, any Error>
    do {
        result = .success(
            try await withTaskExecutorPreference(client) { try await body(RunningServer(server: server, log: log)) }
        )
    } catch {
        result = .failure(error)
    }
    client.stop()
    client.join()
    server.stop(grace: .zero)
    await server.waitUntilStopped()
    server.join()
    try result.get()
}

/// Lets a few tests run at once: with a hundred, those about time would measure the machine.
private final class Turnstile: Sendable {
    static let shared = Turnstile()

    private struct State {
        var free = 4
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Locked(State())

    func enter() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.free > 0 {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    func leave() {
        let next = state.withLock { state in
            if state.waiting.isEmpty {
                state.free += 1
                return CheckedContinuation<Void, Never>?.none
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
