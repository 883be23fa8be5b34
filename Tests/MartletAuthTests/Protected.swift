import HTTPTypes
import Logging
import Martlet
import MartletReactor
import TestSupport

/// Tells who asked, and what they sent.
struct Echo: Handler {
    func respond(to request: Request) async throws -> Response {
        let content = try await request.body.collect(upTo: 1 << 20)
        let user = request.user.map { "\($0.scheme) \($0.name) \($0.groups.sorted())" } ?? "nobody"
        return .text("\(user): \(String(decoding: content, as: UTF8.self))")
    }
}

/// A server whose pages stand behind middleware.
struct Protected: Sendable {
    let server: Server
    let log: CapturedLog
    var address: SocketAddress { server.addresses[0] }
    var url: String { "http://\(address)/" }

    /// One request on a connection of its own.
    func answer(_ request: String) throws -> WireAnswer {
        try answers(request)[0]
    }

    /// Requests on one connection, one after the other; each has to be answered with a Content-Length.
    func answers(_ requests: String...) throws -> [WireAnswer] {
        let socket = try TestSocket.connect(to: address)
        return try requests.map { request in
            try socket.send(request)
            let head = try socket.receive(through: "\r\n\r\n")
            guard let answer = WireAnswer(head) else { throw NoAnswer(text: String(decoding: head, as: UTF8.self)) }
            let length = answer["Content-Length"].flatMap { Int($0) } ?? 0
            let isHead = request.hasPrefix("HEAD ") || answer.status == 304
            let content = isHead ? [] : try socket.receive(exactly: length)
            return WireAnswer(head + content) ?? answer
        }
    }

    struct NoAnswer: Error {
        let text: String
    }
}

/// Runs a server with one loop for the length of `body`, which may block: it has a thread of its own.
func withProtected(
    _ middleware: any Middleware...,
    handler: any Handler = Echo(),
    configure: (inout ServerConfiguration) -> Void = { _ in },
    _ body: @escaping @concurrent @Sendable (Protected) async throws -> Void
) async throws {
    let log = CapturedLog()
    var configuration = ServerConfiguration()
    configuration.addresses = [.loopback(port: 0)]
    configuration.threads = 1
    configuration.serverName = nil
    configuration.holdUpWarning = nil
    configuration.logger = Logger(label: "test") { _ in log }
    configure(&configuration)
    let router = try Router(middleware: middleware) { Route("/**", handler) }
    let server = Server(configuration: configuration, handler: router)
    try server.start()
    let client = try EventLoop(name: "client")
    try client.start()
    let result: Result<Void, any Error>
    do {
        result = .success(
            try await withTaskExecutorPreference(client) { try await body(Protected(server: server, log: log)) }
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

/// "GET path HTTP/1.1" with a Host and these lines.
func get(_ path: String = "/", _ lines: String..., method: String = "GET", body: String? = nil) -> String {
    let length = body.map { "Content-Length: \($0.utf8.count)\r\n" } ?? ""
    return "\(method) \(path) HTTP/1.1\r\nHost: a\r\n\(lines.map { $0 + "\r\n" }.joined())\(length)\r\n\(body ?? "")"
}

extension WireAnswer {
    /// The values of the lines of this name.
    func values(_ name: String) -> [String] {
        let prefix = name.lowercased() + ": "
        return lines.dropFirst().filter { $0.lowercased().hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    }
}

/// A clock that a test turns.
final class TestClock: Sendable {
    private let time = Locked(Instant.now())

    var now: @Sendable () -> Instant {
        { self.time.withLock { $0 } }
    }

    func advance(by duration: Duration) {
        time.withLock { $0 = $0 + Nanoseconds(duration) }
    }
}

extension CapturedLog {
    /// A logger whose messages nobody reads.
    static func logger() -> Logger {
        let log = CapturedLog()
        return Logger(label: "test") { _ in log }
    }
}
