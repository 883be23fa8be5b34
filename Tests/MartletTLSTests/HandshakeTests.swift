import CMartletOpenSSL
import Glibc
import MartletReactor
import TestSupport
import Testing

@testable import MartletTLS

@Suite("The handshake")
struct HandshakeTests {
    private let authority = TestAuthority.shared
    private let credential: Credential

    init() throws {
        credential = try TestAuthority.shared.credential("DNS:a.example", "IP:127.0.0.1")
    }

    private func client(
        _ settings: TLSConfiguration.Setting...,
        protocols: [String] = ["http/1.1"],
        credential: Credential? = nil
    ) throws -> TLSClient {
        try TLSClient(
            authorities: [authority.certificate],
            credential: credential,
            protocols: protocols,
            settings: settings
        )
    }

    @Test("what was agreed on is told")
    func session() throws {
        let server = try TLSServer([credential])
        let pair = try StreamPair(client(), server, to: "A.Example")
        #expect(pair.server.session == nil)
        #expect(pair.shake() == (.done, .done))
        let session = try #require(pair.server.session)
        #expect(session === pair.server.session)
        #expect(session.version == "TLSv1.3")
        #expect(session.cipher == "TLS_AES_128_GCM_SHA256")
        #expect(session.serverName == "a.example")
        #expect(!session.isResumed)
        #expect(session.clientCertificate == nil)

        let older = try StreamPair(client(.only12), server, to: "127.0.0.1")
        #expect(older.shake() == (.done, .done))
        #expect(older.server.session?.version == "TLSv1.2")
        #expect(older.server.session?.cipher == "ECDHE-ECDSA-AES128-GCM-SHA256")
        #expect(older.server.session?.serverName == nil)
    }

    @Test("the server leaves the choice of the cipher to the client")
    func order() throws {
        let pair = try StreamPair(
            client(.only12, .init("CipherString", "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256")),
            TLSServer([credential])
        )
        #expect(pair.shake() == (.done, .done))
        #expect(pair.server.session?.cipher == "ECDHE-ECDSA-CHACHA20-POLY1305")
    }

    @Test(
        "what the two have not in common ends the handshake, and both know why",
        arguments: [
            ([.only12], .tls13, "unsupported_protocol", "protocol_version"),
            ([.only12, .init("CipherString", "AES128-SHA256")], .tls12, "no_shared_cipher", "handshake_failure"),
            (
                [.only12, .init("CipherString", "ECDHE-ECDSA-AES128-SHA256")], .tls12, "no_shared_cipher",
                "handshake_failure"
            ),
            (
                [.only12, .init("CipherString", "ECDHE-RSA-AES128-GCM-SHA256")], .tls12, "no_shared_cipher",
                "handshake_failure"
            ),
            (
                [
                    .init("CipherString", "DEFAULT@SECLEVEL=0"), .init("MinProtocol", "TLSv1"),
                    .init("MaxProtocol", "TLSv1.1"),
                ],
                .tls12, "unsupported_protocol", "protocol_version"
            ),
            ([.only13, .init("Groups", "secp521r1")], .tls12, "no_shared_group", "handshake_failure"),
        ] as [([TLSConfiguration.Setting], TLSConfiguration.Version, String, String)]
    )
    func nothingInCommon(
        settings: [TLSConfiguration.Setting],
        minimum: TLSConfiguration.Version,
        kind: String,
        alert: String
    ) throws {
        let client = try TLSClient(authorities: [authority.certificate], settings: settings)
        let pair = try StreamPair(client, TLSServer([credential]) { $0.minimumVersion = minimum })
        pair.shake()
        #expect(pair.server.failure?.kind == kind, "\(String(describing: pair.server.failure))")
        #expect(pair.client.failure?.kind == alert, "\(String(describing: pair.client.failure))")
    }

    @Test(
        "of the protocols offered (RFC 7301) http/1.1 is chosen, and nothing else",
        .rfc("9112-12.4-01"),
        arguments: [
            (["http/1.1"], "http/1.1"), (["h2", "http/1.1"], "http/1.1"), (["http/1.1", "h2"], "http/1.1"), ([], ""),
            (["h2"], nil), (["http/1.0"], nil), (["HTTP/1.1"], nil), (["http/1.1x", "xhttp/1.1", "http/1."], nil),
        ] as [([String], String?)],
        [TLSConfiguration.Setting.only12, .only13]
    )
    func alpn(offer: (protocols: [String], chosen: String?), version: TLSConfiguration.Setting) throws {
        let pair = try StreamPair(client(version, protocols: offer.protocols), TLSServer([credential]))
        let result = pair.shake()
        guard let chosen = offer.chosen else {
            #expect(pair.server.failure?.kind == "no_application_protocol")
            #expect(pair.client.failure?.kind == "no_application_protocol")
            return
        }
        #expect(result == (.done, .done))
        var name: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        unsafe SSL_get0_alpn_selected(pair.client.stream, &name, &length)
        #expect(unsafe String(decoding: UnsafeBufferPointer(start: name, count: Int(length)), as: UTF8.self) == chosen)
    }

    @Test("a client that does not trust the certificate is told how, by the server's log")
    func untrusted() throws {
        for (authorities, name, kind) in [
            ([try TestAuthority("Another").certificate], "a.example", "unknown_ca"),
            ([authority.certificate], "b.example", "bad_certificate"),
        ] {
            let pair = try StreamPair(TLSClient(authorities: authorities), TLSServer([credential]), to: name)
            pair.shake()
            #expect(pair.client.failure?.kind == "certificate_refused")
            #expect(pair.server.failure?.kind == kind)
            #expect(pair.server.failure?.message.contains("martlet trust install") == true)
        }
    }

    @Test(
        "HTTP in the clear is seen by its first octet, and left where it is",
        arguments: ["GET / HTTP/1.1\r\n\r\n", "\r\nGET / HTTP/1.1\r\n\r\n", "X"]
    )
    func plain(text: String) throws {
        let (near, far) = try StreamPair.sockets()
        defer { near.close() }
        let stream = try #require(TLSServer([credential]).context.protect(far))
        #expect(stream.handshake() == .wouldBlock)
        #expect(near.send(Array(text.utf8)) == .count(text.utf8.count))
        #expect(stream.handshake() == .plainHTTP)
        #expect(stream.handshake() == .plainHTTP)
        var buffer = ReceiveBuffer(capacity: 100)
        #expect(far.receive(into: &buffer) == .count(text.utf8.count))
        #expect(far.send(Array("no".utf8)) == .count(2))
        stream.close()
        buffer.removeAll()
        #expect(near.receive(into: &buffer) == .count(2))
        #expect(near.receive(into: &buffer) == .end)
    }

    @Test(
        "what is no TLS is refused",
        .rfc("9112-9.7-01"),
        arguments: ["get / http/1.1\r\n\r\n", "\u{16}\u{3}\u{1}\u{0}\u{5}Hello World", "\0\0\0\0\0\0\0\0"]
    )
    func garbage(text: String) throws {
        let (near, far) = try StreamPair.sockets()
        defer { near.close() }
        let stream = try #require(TLSServer([credential]).context.protect(far))
        #expect(near.send(Array(text.utf8)) == .count(text.utf8.count))
        guard case .failed(let failure) = stream.handshake() else {
            Issue.record("was not refused")
            return
        }
        #expect(!failure.kind.isEmpty && stream.failure == failure)
        #expect(stream.handshake() == .failed(failure))
        stream.close()
        var buffer = ReceiveBuffer(capacity: 100)
        var last = near.receive(into: &buffer)
        // A program that another test starts holds the socket too until it runs.
        for _ in 0..<10_000 where last == .wouldBlock {
            usleep(1000)
            last = near.receive(into: &buffer)
        }
        // To what is not even a record, nothing is said.
        #expect(last == (text.utf8.first == 22 ? .count(7) : .end))
        #expect(buffer.taken().first == (text.utf8.first == 22 ? 21 : nil))
    }

    @Test(
        "a client that leaves is told from one that fails",
        arguments: [("", "silent"), ("\u{16}\u{3}\u{1}", "closed")]
    )
    func leaves(text: String, kind: String) throws {
        let (near, far) = try StreamPair.sockets()
        defer { near.close() }
        let stream = try #require(TLSServer([credential]).context.protect(far))
        defer { stream.close() }
        if !text.isEmpty { #expect(near.send(Array(text.utf8)) == .count(text.utf8.count)) }
        near.finishSending()
        guard case .failed(let failure) = stream.handshake() else {
            Issue.record("did not fail")
            return
        }
        #expect(failure.kind == kind)
    }

    @Test("a handshake broken off anywhere leaves nothing behind and is a failure")
    func brokenOff() throws {
        let server = try TLSServer([credential])
        let client = try client()
        for count in stride(from: 1, to: 600, by: 7) {
            let pair = try StreamPair(overSockets: client, server)
            let detour = try Detour(of: pair.client)
            #expect(pair.client.handshake() == .wouldBlock)
            let hello = detour.taken()
            _ = detour.pass(hello.prefix(count))
            if count < hello.count { #expect(pair.server.handshake() == .wouldBlock) }
            detour.finish()
            while pair.server.handshake() == .wouldBlock {}
            #expect(pair.server.failure?.kind == "closed")
        }
    }
}
