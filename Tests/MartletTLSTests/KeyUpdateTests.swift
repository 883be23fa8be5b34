import CMartletOpenSSL
import Glibc
import Martlet
import MartletReactor
import TestSupport
import Testing

@testable import MartletTLS

@Suite("KeyUpdates on a server's connection (RFC 8446 §4.6.3)", .timeLimit(.patient))
struct KeyUpdateTests {
    @Test("a request behind more of them than are read at once is answered")
    func before() async throws {
        let folder = try TemporaryDirectory()
        var configuration = ServerConfiguration()
        // A socket of the kind that holds all of them at once.
        configuration.addresses = [.unix(path: folder.path(of: "s"))]
        configuration.threads = 1
        configuration.security = try TLSServer([TestAuthority.shared.credential("DNS:a.example")])
        configuration.limits.keepAliveTimeout = .seconds(60)
        let server = try Server(configuration: configuration, handler: Router { Route("/") { _ in .text("hello") } })
        try server.start()
        let client = try TLSClient(authorities: [TestAuthority.shared.certificate], settings: [.only13])
        let remote = try Remote(client, #require(server.addresses.first))
        try remote.shake()
        var octets: [UInt8] = []
        while octets.count < 18 * 17_000 { octets += try remote.keyUpdate() }
        octets += try remote.protected("GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n")
        let answer = try remote.answer(to: octets)
        #expect(answer.hasSuffix("\r\n\r\nhello"))
        server.stop(grace: .zero)
        await server.waitUntilStopped()
    }
}

/// A client whose octets the test passes on.
@safe
private final class Remote {
    private let socket: TestSocket
    private let stream: TLSStream
    private let far: OpaquePointer

    init(_ client: TLSClient, _ address: SocketAddress) throws {
        var (near, far): (OpaquePointer?, OpaquePointer?)
        guard unsafe BIO_new_bio_pair(&near, 65_536, &far, 65_536) == 1, let near = unsafe near, let far = unsafe far,
            let stream = unsafe client.protect(reading: near, writing: near, to: "a.example")
        else { throw TLSError("no memory") }
        socket = try TestSocket.connect(to: address)
        socket.setOption(SOL_SOCKET, SO_SNDBUF, 1 << 20)
        self.stream = stream
        unsafe self.far = far
    }

    deinit {
        unsafe BIO_free(far)
    }

    func shake() throws {
        while stream.handshake() == .wouldBlock {
            try socket.send(taken())
            if stream.handshake() == .done { break }
            try put(socket.receive())
        }
        try socket.send(taken())
    }

    func keyUpdate() throws -> [UInt8] {
        guard unsafe SSL_key_update(stream.stream, SSL_KEY_UPDATE_NOT_REQUESTED) == 1,
            unsafe SSL_do_handshake(stream.stream) == 1
        else { throw TLSError("no KeyUpdate") }
        return taken()
    }

    func protected(_ text: String) throws -> [UInt8] {
        guard stream.send(Array(text.utf8)) == .count(text.utf8.count) else { throw TLSError("not sent") }
        return taken()
    }

    func answer(to octets: [UInt8]) throws -> String {
        try socket.send(octets)
        var text = ""
        var buffer = ReceiveBuffer(capacity: 4096)
        while case let octets = try socket.receive(), !octets.isEmpty {
            try put(octets)
            _ = stream.receive(into: &buffer)
            text += String(decoding: buffer.taken(), as: UTF8.self)
        }
        return text
    }

    private func put(_ octets: [UInt8]) throws {
        guard unsafe BIO_write(far, octets, CInt(octets.count)) == octets.count else { throw TLSError("no room") }
    }

    private func taken() -> [UInt8] {
        let count = unsafe BIO_ctrl_pending(far)
        var octets = [UInt8](repeating: 0, count: count)
        guard count > 0, unsafe BIO_read(far, &octets, CInt(count)) == count else { return [] }
        return octets
    }
}
