import Glibc
import Logging
import Martlet
import MartletReactor
import MartletWire
import TestSupport
import Testing

/// A protection that hides nothing but is as awkward as TLS: it holds octets inside, hands out and takes few at a time,
/// shakes hands in two steps and says good-bye.
private final class Veil: SecureStream {
    static let key: UInt8 = 0x80
    static let goodbye: [UInt8] = [0]

    private var held = ReceiveBuffer(capacity: 4096)
    private var greeting = 0
    private var hasEnded = false
    private var hasFinished = false

    override func handshake() -> Handshake {
        var first: UInt8 = 0
        let seen = unsafe recv(socket.fd, &first, 1, CInt(MSG_PEEK))
        if greeting == 0, seen == 1, [UInt8(ascii: "G"), UInt8(ascii: "P")].contains(first) { return .plainHTTP }
        while greeting < 4 {
            if held.isEmpty {
                switch socket.receive(into: &held) {
                case .count: break
                case .wouldBlock: return .wouldBlock
                case .end, .failed: return .failed(SecurityFailure("eof", "the client left"))
                }
            }
            guard held.bytes[0] == Array("HELO".utf8)[greeting] else {
                return .failed(SecurityFailure("greeting", "the client is rude: teach it"))
            }
            held.consume(1)
            greeting += 1
        }
        return .done
    }

    override var mayHoldInput: Bool { !held.isEmpty || hasEnded }

    override func receive(into buffer: inout ReceiveBuffer) -> TransferResult {
        if hasEnded { return .end }
        if held.isEmpty {
            let result = socket.receive(into: &held)
            guard case .count = result else { return result }
        }
        if held.bytes[0] == 0 {
            hasEnded = true
            return .end
        }
        var clear: [UInt8] = []
        while clear.count < min(7, held.count, buffer.room), held.bytes[clear.count] != 0 {
            clear.append(held.bytes[clear.count] ^ Veil.key)
        }
        held.consume(clear.count)
        append(clear, to: &buffer)
        return .count(clear.count)
    }

    private func append(_ octets: [UInt8], to buffer: inout ReceiveBuffer) {
        let (near, far) = (try? TestSocket.pair()) ?? (TestSocket(fd: -1), TestSocket(fd: -1))
        try? near.send(octets)
        _ = Socket(fd: far.fd).receive(into: &buffer)
    }

    override func send(_ bytes: Span<UInt8>) -> TransferResult {
        var hidden: [UInt8] = []
        for index in 0..<min(1000, bytes.count) { hidden.append(bytes[index] ^ Veil.key) }
        return socket.send(hidden.span)
    }

    override func finishSending() -> Bool {
        if !hasFinished {
            hasFinished = true
            _ = socket.send(Veil.goodbye.span)
        }
        return super.finishSending()
    }

    override func close() {
        _ = finishSending()
        super.close()
    }

    override func covers(_ host: Span<UInt8>) -> Bool { !host.isEmpty && host[0] == UInt8(ascii: "a") }
    override var session: SecureSession? { SecureSession(version: "Veil", cipher: "none", serverName: "a.test") }
}

private struct Veils: StreamSecurity {
    func protect(_ socket: Socket) -> SecureStream? { Veil(socket) }
}

private func veiled(_ text: String) -> [UInt8] { text.utf8.map { $0 ^ Veil.key } }

private func unveiled(_ octets: [UInt8]) -> String {
    String(decoding: octets.filter { $0 != 0 }.map { $0 ^ Veil.key }, as: UTF8.self)
}

@Suite("A connection under a protection works as one in the clear")
struct TransportTests {
    /// Runs a server behind the veil; the client has greeted.
    private func withVeil(
        _ handler: any Handler,
        configure: @escaping (inout ServerConfiguration) -> Void = { _ in },
        _ body: @escaping @concurrent @Sendable (RunningServer) async throws -> Void
    ) async throws {
        try await withServer(
            handler,
            configure: {
                $0.security = Veils()
                configure(&$0)
            },
            body
        )
    }

    @Test("octets held inside are not slept on: requests of one batch are answered, content is read, the end is told")
    func batch() async throws {
        let handler = Waiting { request in
            let content = try await request.body.collect(upTo: 100)
            return .text("\(request.scheme) \(request.tls?.serverName ?? "-") \(content.count)\n")
        }
        try await withVeil(handler) { server in
            let socket = try server.connect()
            try socket.send("HE")
            try socket.send("LO")
            let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n01234567890123456789"
            try socket.send(veiled(post + post + "GET https://a/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
            let octets = try socket.receiveAll()
            let text = unveiled(octets)
            #expect(text.components(of: "https a.test 20\n") == 2)
            #expect(text.hasSuffix("https a.test 0\n"))
            #expect(octets.last == Veil.goodbye[0])
        }
    }

    @Test("a file is sent through the protection, whole and in order")
    func file() async throws {
        let directory = try TemporaryDirectory()
        let content = (0..<100_000).map { UInt8($0 % 127) }
        let path = try directory.write("file", content)
        let file = try OpenFile(fd: unsafe open(path, O_RDONLY | O_CLOEXEC))
        let handler = Immediate { _ in Response(body: .file(file, 0..<content.count)) }
        try await withVeil(handler) { server in
            let socket = try server.connect()
            try socket.send("HELO")
            try socket.send(veiled("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
            let octets = try socket.receiveAll().map { $0 ^ Veil.key }
            #expect(octets.dropLast().suffix(content.count).elementsEqual(content))
        }
    }

    @Test("plain HTTP is sent on to https, or told the right URL when its method has content to lose")
    func plain() async throws {
        try await withVeil(Immediate { _ in .text("never") }) { server in
            let get = try server.answer(to: "GET /a/b?c=%20d HTTP/1.1\r\nHost: a.test:8443\r\n\r\n")
            #expect(get.hasPrefix("HTTP/1.1 308 Permanent Redirect\r\n"))
            #expect(get.contains("\r\nLocation: https://a.test:8443/a/b?c=%20d\r\n"))
            #expect(get.contains("\r\nConnection: close\r\n"))
            let post = try server.answer(to: "POST /a HTTP/1.1\r\nHost: a.test:8443\r\nContent-Length: 1\r\n\r\nx")
            #expect(post.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
            #expect(post.contains("use https://a.test:8443/a"))
            let old = try server.answer(to: "GET / HTTP/1.0\r\n\r\n")
            #expect(old.hasPrefix("HTTP/1.1 400 Bad Request\r\n") && old.contains("use https:// instead of http://"))
        }
    }

    @Test(
        "what is not for https, or for a host that the certificate does not name, is misdirected",
        .rfc("9110-7.4-01", "9110-7.4-02"),
        arguments: ["GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: b\r\n\r\n"]
    )
    func misdirected(request: String) async throws {
        try await withVeil(Immediate { _ in .text("never") }) { server in
            let socket = try server.connect()
            try socket.send("HELO")
            try socket.send(veiled(request))
            socket.finishSending()
            #expect(unveiled(try socket.receiveAll()).hasPrefix("HTTP/1.1 421 "))
        }
    }

    @Test("a failed handshake is told once for each client in ten seconds, and the connection ends")
    func failedHandshake() async throws {
        try await withVeil(Immediate { _ in .text("never") }, configure: { $0.logger.logLevel = .trace }) { server in
            for _ in 0..<3 {
                let socket = try server.connect()
                try socket.send("HEY!" + String(repeating: "more of the same ", count: 100))
                socket.finishSending()
                #expect(try socket.receiveAll().isEmpty)
            }
            try await eventually("the connections are gone") { server.descriptors() == 1 }
            #expect(server.log.lines.filter { $0.contains("the client is rude: teach it") }.count == 1)
        }
    }

    @Test("TLS on a plain port leaves a hint in the log, once for each client in ten seconds")
    func misplacedHandshake() async throws {
        try await withServer(Immediate { _ in .text("never") }) { server in
            for _ in 0..<3 {
                let answer = try server.answer(to: "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}")
                #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
            }
            let hint = "warning: 127.0.0.1 speaks TLS, and this is plain HTTP: it wants http://"
            #expect(server.log.lines.filter { $0 == hint }.count == 1, "\(server.log.lines)")
        }
    }

    @Test("a client that does not shake hands in time is let go")
    func silence() async throws {
        let quick: (inout ServerConfiguration) -> Void = { $0.limits.handshakeTimeout = .milliseconds(20) }
        try await withVeil(Immediate { _ in .text("never") }, configure: quick) { server in
            let socket = try server.connect()
            try socket.send("HE")
            _ = try socket.receiveAll()
            #expect(server.log.contains("did not end in time"))
        }
    }
}

extension String {
    fileprivate func components(of part: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: part) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
