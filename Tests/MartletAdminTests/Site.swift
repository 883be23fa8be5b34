import Glibc
import Logging
import Martlet
import MartletAdmin
import MartletReactor
import TestSupport
import Testing

/// A server that is observed, and the admin pages beside it.
struct Site: Sendable {
    let admin: Admin
    let server: Server
    let pages: Server

    /// What the server answers.
    @discardableResult
    func ask(_ target: String, method: String = "GET") throws -> WireAnswer {
        try Self.ask(server.addresses[0], target, method: method)
    }

    /// What an admin page says.
    func page(_ target: String, method: String = "GET", host: String = "127.0.0.1:9000") throws -> WireAnswer {
        try Self.ask(pages.addresses[0], target, method: method, host: host)
    }

    static func ask(
        _ address: SocketAddress,
        _ target: String,
        method: String = "GET",
        host: String = "a"
    ) throws -> WireAnswer {
        let socket = try TestSocket.connect(to: address)
        try socket.send("\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
        return try #require(WireAnswer(try socket.receiveAll()))
    }

    /// The samples of `/metrics`, which a strict reader has understood.
    func metrics() throws -> Metrics {
        try Metrics(page("/metrics").text)
    }
}

/// A server that tells `observer`, on a free port; it has started.
func observedServer(_ handler: any Handler, _ observer: any ServerObserver, threads: Int = 1) throws -> Server {
    var configuration = ServerConfiguration()
    configuration.addresses = [.loopback(port: 0)]
    configuration.threads = threads
    configuration.holdUpWarning = nil
    configuration.logger = Logger(label: "test") { _ in CapturedLog() }
    configuration.observer = observer
    let server = Server(configuration: configuration, handler: handler)
    try server.start()
    return server
}

/// Runs servers for the length of `body`, which may block: it has a thread of its own.
func running(_ servers: [Server], _ body: @escaping @concurrent @Sendable () async throws -> Void) async throws {
    let client = try EventLoop(name: "client")
    try client.start()
    let result: Result<Void, any Error>
    do {
        result = .success(try await withTaskExecutorPreference(client) { try await body() })
    } catch {
        result = .failure(error)
    }
    client.stop()
    client.join()
    for server in servers {
        server.stop(grace: .zero)
        await server.waitUntilStopped()
    }
    try result.get()
}

func withSite(
    _ handler: any Handler,
    livenessLimit: Duration = .seconds(10),
    threads: Int = 1,
    _ body: @escaping @concurrent @Sendable (Site) async throws -> Void
) async throws {
    let admin = Admin(version: "1.2 \"three\"", livenessLimit: livenessLimit)
    let server = try observedServer(handler, admin, threads: threads)
    let pages = try admin.server(at: .loopback(port: 0), logger: Logger(label: "admin") { _ in CapturedLog() })
    try pages.start()
    let site = Site(admin: admin, server: server, pages: pages)
    try await running([server, pages]) { try await body(site) }
}
