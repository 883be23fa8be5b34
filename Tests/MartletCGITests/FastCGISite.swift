import CMartlet
import Glibc
import HTTPTypes
import Logging
import Martlet
import MartletCGI
import MartletReactor
import MartletWire
import TestSupport

/// A server in front of an application, with its log.
struct FastCGISite: Sendable {
    let server: Server
    let log: CapturedLog

    func connect(receiveBuffer: Int? = nil) throws -> TestSocket {
        try TestSocket.connect(to: server.addresses[0], receiveBuffer: receiveBuffer)
    }

    /// Sends one request and takes the answer to the end of the connection. HTTP/1.0: so the content comes without chunks.
    func ask(_ target: String, _ method: String = "GET", _ fields: String = "", body: [UInt8] = []) throws -> WireAnswer
    {
        let client = try connect()
        let length = body.isEmpty ? "" : "Content-Length: \(body.count)\r\n"
        try client.send(Array("\(method) \(target) HTTP/1.0\r\nHost: a.test\r\n\(length)\(fields)\r\n".utf8) + body)
        return try take(client)
    }

    func take(_ client: TestSocket) throws -> WireAnswer {
        let octets = try client.receiveAll(untilReset: true)
        guard let answer = WireAnswer(octets) else { throw NoAnswer(octets: String(decoding: octets, as: UTF8.self)) }
        return answer
    }
}

struct NoAnswer: Error {
    let octets: String
}

/// Runs a server with this handler for the length of `body`, which may block: it has a thread of its own.
func withFastCGISite(
    threads: Int = 1,
    configure: (inout ServerConfiguration) -> Void = { _ in },
    _ handler: any Handler,
    _ body: @escaping @concurrent @Sendable (FastCGISite) async throws -> Void
) async throws {
    let log = CapturedLog()
    var configuration = ServerConfiguration()
    configuration.addresses = [.loopback(port: 0)]
    configuration.threads = threads
    configuration.holdUpWarning = nil
    configuration.logger = Logger(label: "test") { _ in log }
    configure(&configuration)
    let server = Server(configuration: configuration, handler: handler)
    try server.start()
    let thread = try EventLoop(name: "client")
    try thread.start()
    let result: Result<Void, any Error>
    do {
        let site = FastCGISite(server: server, log: log)
        result = .success(try await withTaskExecutorPreference(thread) { try await body(site) })
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

/// An application whose every octet the test says and hears itself.
final class FakeApplication: Sendable {
    let address: SocketAddress
    private let listener: ListeningSocket

    init() throws {
        listener = try ListeningSocket.bind(.loopback(port: 0), count: 1)[0]
        address = listener.address
    }

    deinit {
        listener.close()
    }

    /// As `FastCGI` takes it.
    var place: String { "\(address)" }

    /// The next connection; fails rather than waits when none comes.
    func accept() throws -> TestSocket {
        var descriptor = pollfd(fd: listener.fd, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&descriptor, 1, 60_000) == 1 else { throw SystemError(code: ETIMEDOUT, operation: "accept") }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let fd = unsafe cm_accept(listener.fd, &storage, &length)
        guard fd >= 0 else { throw SystemError(operation: "accept") }
        return TestSocket(fd: fd)
    }

    /// Whether a connection waits to be accepted.
    var hasConnection: Bool {
        var descriptor = pollfd(fd: listener.fd, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&descriptor, 1, 0) == 1
    }
}

/// A request as an application hears it.
struct HeardRequest {
    var beginBody: [UInt8] = []
    var variables: [(name: String, value: String)] = []
    var content: [UInt8] = []

    subscript(_ name: String) -> String? {
        variables.first { $0.name == name }?.value
    }
}

extension TestSocket {
    /// The next record: its head and content.
    func receiveRecord() throws -> (FastCGIRecord, [UInt8]) {
        let head = try receive(exactly: FastCGIRecord.headLength)
        var decoder = FastCGIRecordDecoder()
        var offset = 0
        guard case .begin(let record) = try decoder.next(head.span, offset: &offset) else {
            throw NoAnswer(octets: "\(head)")
        }
        let content = try receive(exactly: record.contentLength)
        _ = try receive(exactly: record.paddingLength)
        return (record, content)
    }

    /// All of a request, to the end of its standard input.
    func receiveRequest() throws -> HeardRequest {
        var heard = HeardRequest()
        var parameters: [UInt8] = []
        while true {
            let (record, content) = try receiveRecord()
            switch record.kind {
            case .beginRequest: heard.beginBody = content
            case .parameters:
                parameters += content
                guard content.isEmpty else { continue }
                heard.variables = try FastCGIPairs.read(parameters.span).map {
                    (String(decoding: $0.name, as: UTF8.self), String(decoding: $0.value, as: UTF8.self))
                }
            case .standardInput:
                if content.isEmpty { return heard }
                heard.content += content
            default: throw NoAnswer(octets: "a record \(record.kind)")
            }
        }
    }
}

/// A record in literal octets.
func record(
    _ kind: UInt8,
    _ content: String = "",
    version: UInt8 = 1,
    id: UInt16 = 1,
    padding: UInt8 = 0,
    length: UInt16? = nil
) -> [UInt8] {
    let length = length ?? UInt16(content.utf8.count)
    return [
        version, kind, UInt8(id >> 8), UInt8(id & 255), UInt8(length >> 8), UInt8(length & 255), padding, 0,
    ] + Array(content.utf8) + Array(repeating: 0xEE, count: Int(padding))
}

/// END_REQUEST in literal octets.
func endRecord(application: UInt8 = 0, protocol status: UInt8 = 0, id: UInt8 = 1) -> [UInt8] {
    [1, 3, 0, id, 0, 8, 0, 0, 0, 0, 0, application, status, 0, 0, 0]
}
