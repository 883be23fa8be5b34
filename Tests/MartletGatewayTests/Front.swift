import CMartlet
import Glibc
import Logging
import Martlet
import MartletGateway
import MartletReactor
import TestSupport

/// A backend whose every octet the test says and hears itself.
final class RawBackend: Sendable {
    let address: SocketAddress
    private let listener: ListeningSocket

    init(_ address: SocketAddress = .loopback(port: 0)) throws {
        listener = try ListeningSocket.bind(address, count: 1)[0]
        self.address = listener.address
    }

    deinit {
        listener.close()
    }

    var port: UInt16 { address.port ?? 0 }

    var url: String { "http://\(address)" }

    /// The next connection; fails rather than waits when none comes.
    func accept(timeout: Duration = .seconds(60)) throws -> TestSocket {
        var descriptor = pollfd(fd: listener.fd, events: Int16(POLLIN), revents: 0)
        let milliseconds = CInt(clamping: Nanoseconds(timeout).count / 1_000_000)
        guard unsafe poll(&descriptor, 1, milliseconds) == 1 else {
            throw SystemError(code: ETIMEDOUT, operation: "accept")
        }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let fd = unsafe cm_accept(listener.fd, &storage, &length)
        guard fd >= 0 else { throw SystemError(operation: "accept") }
        return TestSocket(fd: fd, timeout: .seconds(60))
    }

    /// Whether a connection waits to be accepted.
    var hasConnection: Bool {
        var descriptor = pollfd(fd: listener.fd, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&descriptor, 1, 0) == 1
    }
}

/// URLs of ports that nobody listens at. They stay bound, so that nobody else can take them.
let closedPorts: [String] = (0..<2).compactMap { _ in
    let fd = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let code = unsafe withUnsafeBytes(of: &address) { octets in
        unsafe bind(fd, octets.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t(octets.count))
    }
    guard code == 0, let bound = Socket(fd: fd).localAddress else { return nil }
    return "http://\(bound)"
}

extension TestSocket {
    /// Whether octets, or the end, wait to be received.
    var hasInput: Bool {
        var descriptor = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&descriptor, 1, 0) == 1
    }

    /// Receives a head, through its empty line, as text.
    func receiveHead() throws -> String {
        String(decoding: try receive(through: "\r\n\r\n"), as: UTF8.self)
    }

    /// Receives so many octets as text.
    func receiveText(_ count: Int) throws -> String {
        String(decoding: try receive(exactly: count), as: UTF8.self)
    }

    /// All until the peer closes, as text.
    func receiveText(untilReset: Bool = false) throws -> String {
        String(decoding: try receiveAll(untilReset: untilReset), as: UTF8.self)
    }
}

/// A gateway on a server of its own, with one loop.
struct Front: Sendable {
    let server: Server
    let log: CapturedLog
    let backends: [RawBackend]
    /// A connection to the backend that served a request and rests.
    let resting = Locked<TestSocket?>(nil)

    var backend: RawBackend { backends[0] }

    func connect(timeout: Duration = .seconds(60)) throws -> TestSocket {
        try TestSocket.connect(to: server.addresses[0], timeout: timeout)
    }

    /// A client that sent `request`, and the connection to the backend that it led to.
    func exchange(_ request: String) throws -> (client: TestSocket, backend: TestSocket) {
        let resting = resting.withLock { $0.take() }
        let client = try connect()
        try client.send(request)
        return (client, try resting ?? backend.accept())
    }

    /// Leaves a connection to the backend at rest.
    func warmUp() throws {
        let (client, backend) = try exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try backend.receiveHead()
        try backend.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        _ = try client.receiveHead()
        resting.withLock { $0 = backend }
    }

    /// The answer to one request when the backend says this and then no more.
    func answer(
        _ answer: String,
        to request: String = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    ) throws -> String {
        let (client, backend) = try exchange(request)
        _ = try backend.receiveHead()
        try backend.send(answer)
        backend.finishSending()
        return try client.receiveText(untilReset: true)
    }
}

/// Runs a gateway with raw backends for the length of `body`, which may block: it has a thread of its own.
/// - Parameter handler: what is served; nil: the gateway alone.
func withFront(
    backends count: Int = 1,
    options: GatewayOptions = GatewayOptions(),
    path: String = "",
    configure: (inout ServerConfiguration) -> Void = { _ in },
    handler: ((Gateway) throws -> any Handler)? = nil,
    _ body: @escaping @concurrent @Sendable (Front) async throws -> Void
) async throws {
    let backends = try (0..<count).map { _ in try RawBackend() }
    let gateway = Gateway(to: try backends.map { try Backend($0.url + path) }, options: options)
    try await withFront(of: try handler?(gateway) ?? gateway, backends: backends, configure: configure, body)
}

/// Runs `body` twice: with a backend that is connected to for its first exchange, and with one to which a connection rests.
func withFreshAndRestingFront(
    options: GatewayOptions = GatewayOptions(),
    _ body: @escaping @concurrent @Sendable (Front) async throws -> Void
) async throws {
    try await withFront(options: options, body)
    try await withFront(options: options) { front in
        try front.warmUp()
        try await body(front)
    }
}

/// As the other, for any handler.
func withFront(
    of handler: any Handler,
    backends: [RawBackend],
    configure: (inout ServerConfiguration) -> Void = { _ in },
    _ body: @escaping @concurrent @Sendable (Front) async throws -> Void
) async throws {
    let log = CapturedLog()
    var configuration = ServerConfiguration()
    configuration.addresses = [.loopback(port: 0)]
    configuration.threads = 1
    configuration.holdUpWarning = nil
    configuration.logger = Logger(label: "test") { _ in log }
    configure(&configuration)
    let server = Server(configuration: configuration, handler: handler)
    try server.start()
    let thread = try EventLoop(name: "client")
    try thread.start()
    let result: Result<Void, any Error>
    do {
        let front = Front(server: server, log: log, backends: backends)
        result = .success(try await withTaskExecutorPreference(thread) { try await body(front) })
    } catch {
        result = .failure(error)
    }
    thread.stop()
    thread.join()
    server.stop(grace: .zero)
    await server.waitUntilStopped()
    server.join()
    try result.get()
}

/// A request without content and what is always added to it, for literal comparison.
func forwarded(_ start: String, _ fields: String = "", peer: String = "127.0.0.1", host: String = "a") -> String {
    "\(start) HTTP/1.1\r\nHost: \(host)\r\n\(fields)"
        + "Forwarded: for=\(peer);host=\(host);proto=http\r\nX-Forwarded-For: \(peer)\r\n"
        + "X-Forwarded-Host: \(host)\r\nX-Forwarded-Proto: http\r\nVia: 1.1 martlet\r\n"
}
