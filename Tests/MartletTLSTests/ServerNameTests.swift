import CMartletOpenSSL
import MartletReactor
import Testing

@testable import MartletTLS

@Suite("The certificate for a name (SNI, RFC 6066 §3)")
struct ServerNameTests {
    private let authority = TestAuthority.shared

    /// The common name of the certificate that a client gets; nil: none.
    private func chosen(
        _ server: TLSServer,
        _ name: String?,
        _ settings: TLSConfiguration.Setting...
    ) throws -> String? {
        let client = try TLSClient(authorities: nil, settings: settings)
        let pair = try StreamPair(client, server, to: name)
        guard pair.shake() == (.done, .done) else { return nil }
        guard let pointer = unsafe SSL_get1_peer_certificate(pair.client.stream),
            let certificate = unsafe Certificate(owning: pointer)
        else { return nil }
        return certificate.subject
    }

    private func several() throws -> [Credential] {
        try [
            authority.credential("DNS:first.example", "IP:127.0.0.1", commonName: "first"),
            authority.credential("DNS:a.example", "DNS:B.example", commonName: "second"),
            authority.credential("DNS:*.example", "DNS:*.c.example", commonName: "wild"),
        ]
    }

    @Test(
        "it is the one that names it, or a wildcard for its first label, or the first",
        arguments: [
            ("first.example", "CN=first"), ("a.example", "CN=second"), ("A.EXAMPLE", "CN=second"),
            ("b.example", "CN=second"), ("z.example", "CN=wild"), ("x.c.example", "CN=wild"),
            ("c.example", "CN=wild"), ("x.a.example", "CN=first"), ("x.y.c.example", "CN=first"),
            ("example", "CN=first"),
            ("other", "CN=first"), (nil, "CN=first"), ("127.0.0.1", "CN=first"),
        ] as [(String?, String)]
    )
    func choice(name: String?, subject: String) throws {
        let server = try TLSServer(several())
        #expect(try chosen(server, name, .only12) == subject)
        #expect(try chosen(server, name, .only13) == subject)
    }

    @Test("a name asked for twice, with another group in between, is understood")
    func retry() throws {
        // The client's first guess is a group that the server does not take: HelloRetryRequest (RFC 8446 §4.1.4).
        #expect(try chosen(TLSServer(several()), "a.example", .init("Groups", "secp521r1:prime256v1")) == "CN=second")
    }

    @Test("if strict, who names none or another is refused", arguments: [nil, "other", "x.a.example"])
    func strict(name: String?) throws {
        let server = try TLSServer(several()) { $0.strictSNI = true }
        #expect(try chosen(server, "a.example") == "CN=second")
        #expect(try chosen(server, "z.example") == "CN=wild")
        let pair = try StreamPair(TLSClient(authorities: nil), server, to: name)
        pair.shake()
        #expect(pair.server.failure?.kind == "unrecognized_name")
        #expect(pair.client.failure?.kind == "unrecognized_name")
    }

    @Test("what cannot be a host's name is refused", arguments: ["a b", "ä.example", "a\n", "a/b"])
    func noName(name: String) throws {
        let pair = try StreamPair(TLSClient(authorities: nil), TLSServer(several()), to: name)
        pair.shake()
        #expect(pair.server.failure?.kind == "unrecognized_name")
        #expect(pair.client.failure?.kind == "illegal_parameter")
    }

    @Test(
        "RSA and ECDSA stand side by side: each client gets what it can use",
        arguments: ["a.example", "b.example", nil]
    )
    func kinds(name: String?) throws {
        let server = try TLSServer([
            authority.credential("DNS:a.example", "DNS:b.example", commonName: "rsa", kind: .rsa2048),
            authority.credential("DNS:a.example", "DNS:b.example", commonName: "ecdsa"),
            authority.credential("DNS:b.example", commonName: "later"),
        ])
        let suites = { (kind: String) in TLSConfiguration.Setting("CipherString", "ECDHE-\(kind)-AES128-GCM-SHA256") }
        #expect(try chosen(server, name, .only12, suites("RSA")) == "CN=rsa")
        #expect(try chosen(server, name, .only12, suites("ECDSA")) == "CN=ecdsa")
        #expect(try chosen(server, name, .only13, .init("SignatureAlgorithms", "RSA-PSS+SHA256")) == "CN=rsa")
        #expect(try chosen(server, name, .only13, .init("SignatureAlgorithms", "ECDSA+SHA256")) == "CN=ecdsa")
    }

    @Test("a certificate for one kind of key by its name, for another by a wildcard")
    func mixed() throws {
        let server = try TLSServer([
            authority.credential("DNS:first.example", commonName: "first"),
            authority.credential("DNS:*.example", commonName: "rsa", kind: .rsa2048),
            authority.credential("DNS:a.example", commonName: "ecdsa"),
        ])
        let suites = { (kind: String) in TLSConfiguration.Setting("CipherString", "ECDHE-\(kind)-AES128-GCM-SHA256") }
        #expect(try chosen(server, "a.example", .only12, suites("RSA")) == "CN=rsa")
        #expect(try chosen(server, "a.example", .only12, suites("ECDSA")) == "CN=ecdsa")
        #expect(try chosen(server, "b.example", .only12, suites("RSA")) == "CN=rsa")
        #expect(try chosen(server, "b.example", .only12, suites("ECDSA")) == nil)
    }

    @Test("certificates are made on first use, and kept")
    func made() throws {
        let asked = Locked<[String]>([])
        let source = FixedSource(fixed: try several()) { name in
            asked.withLock { $0.append(name) }
            guard name.hasSuffix(".test") else { return nil }
            return try? TestAuthority.shared.credential("DNS:\(name)", commonName: "made")
        }
        let server = try TLSServer([]) { $0.source = source }
        #expect(try chosen(server, "a.example") == "CN=second")
        #expect(try chosen(server, "x.test") == "CN=made")
        #expect(try chosen(server, "X.test") == "CN=made")
        #expect(try chosen(server, "y.test") == "CN=made")
        #expect(try chosen(server, "other") == "CN=first")
        #expect(asked.withLock { $0 } == ["x.test", "y.test", "other"])
    }
}
