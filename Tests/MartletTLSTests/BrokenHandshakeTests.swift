import CMartletOpenSSL
import Glibc
import Logging
import Martlet
import MartletReactor
import TestSupport
import Testing

@testable import MartletTLS

@Suite("Handshakes by the thousand, half of them broken off", .timeLimit(.patient))
struct BrokenHandshakeTests {
    /// AddressSanitizer's run makes ten thousand, and tells at its end what leaked.
    private static let count = unsafe getenv("MARTLET_HANDSHAKES").flatMap { unsafe Int(String(cString: $0)) } ?? 600

    @Test("each whole one is answered, wherever others end, and every connection comes to its end")
    func many() async throws {
        let credential = try TestAuthority.shared.credential("DNS:a.example")
        var configuration = ServerConfiguration()
        configuration.addresses = [.loopback(port: 0)]
        configuration.threads = 1
        configuration.security = try TLSServer([credential])
        configuration.logger.logLevel = .critical
        let server = Server(configuration: configuration, handler: ImmediateAnswer())
        try server.start()
        let clients = try [TLSConfiguration.Setting.only12, .only13].map {
            try TLSClient(authorities: [TestAuthority.shared.certificate], settings: [$0])
        }
        let address = try #require(server.addresses.first)
        var answered = 0
        for number in 0..<Self.count {
            let client = clients[number / 2 % 2]
            // What a client says is about 600 octets long.
            let limit = number % 2 == 0 ? Int.max : Int.random(in: 0..<700)
            let answer = try Conversation(client, address, limit: limit).run()
            if limit == .max {
                #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.hasSuffix("\r\n\r\nhello"))
                answered += 1
            }
        }
        #expect(answered == Self.count / 2)
        server.stop(grace: .seconds(20))
        await server.waitUntilStopped()
    }
}

private struct ImmediateAnswer: ImmediateHandler {
    func respondImmediately(to request: Request) -> Response? { .text("hello") }
    func respond(to request: Request) async -> Response { .text("hello") }
}

/// A request over TLS, of which the server gets so many octets and then nothing more.
@safe
private struct Conversation {
    private let socket: TestSocket
    private let stream: TLSStream
    /// What the stream writes is read here, and the other way round.
    private let far: OpaquePointer
    private let limit: Int

    init(_ client: TLSClient, _ address: SocketAddress, limit: Int) throws {
        var (near, far): (OpaquePointer?, OpaquePointer?)
        guard unsafe BIO_new_bio_pair(&near, 65_536, &far, 65_536) == 1, let near = unsafe near, let far = unsafe far,
            let stream = unsafe client.protect(reading: near, writing: near, to: "a.example")
        else { throw TLSError("no memory") }
        socket = try TestSocket.connect(to: address)
        self.stream = stream
        unsafe self.far = far
        self.limit = limit
    }

    /// - Returns: what was answered.
    func run() throws -> String {
        defer { unsafe BIO_free(far) }
        var rest = limit
        var answer = ReceiveBuffer(capacity: 4096)
        var hasAsked = false
        while true {
            if stream.handshake() == .done {
                if !hasAsked {
                    hasAsked = true
                    let request = "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"
                    guard case .count = stream.send(request.utf8.span) else { throw TLSError("not sent") }
                }
                switch stream.receive(into: &answer) {
                case .end, .failed: return String(decoding: answer.taken(), as: UTF8.self)
                case .count, .wouldBlock: break
                }
            }
            let said = Array(taken().prefix(rest))
            rest -= said.count
            try socket.send(said)
            if rest == 0 {
                if limit % 2 == 0 { socket.reset() }
                return ""
            }
            if said.isEmpty {
                let heard = try socket.receive()
                if heard.isEmpty, !hasAsked { throw TLSError("the server has left") }
                if heard.isEmpty { return String(decoding: answer.taken(), as: UTF8.self) }
                guard unsafe BIO_write(far, heard, CInt(heard.count)) == heard.count else { throw TLSError("full") }
            }
        }
    }

    /// What the stream has written.
    private func taken() -> [UInt8] {
        var octets = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe BIO_read(far, &octets, 65_536)
        return Array(octets.prefix(max(0, Int(count))))
    }
}
