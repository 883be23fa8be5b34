import CMartletOpenSSL
import MartletReactor
import Testing

@testable import MartletTLS

@Suite("Sessions are resumed")
struct ResumptionTests {
    private let authority = TestAuthority.shared
    private let visitor: Credential

    init() throws {
        visitor = try TestAuthority.shared.credential("email:ada@a.example", commonName: "Ada", usage: .client)
    }

    /// Connects, and again with the session of the first time.
    private func twice(
        _ client: TLSClient,
        _ server: TLSServer,
        between: () throws -> Void = {}
    ) throws -> (SecureSession?, SecureSession?) {
        let pair = try StreamPair(overSockets: client, server)
        #expect(pair.shake() == (.done, .done))
        // In TLS 1.3 the ticket comes behind the handshake.
        #expect(pair.pass([1, 2, 3], from: pair.server, to: pair.client) == [1, 2, 3])
        guard let session = unsafe SSL_get1_session(pair.client.stream) else { throw TLSError("no session") }
        defer { unsafe SSL_SESSION_free(session) }
        let first = pair.server.session
        try between()
        let other = try StreamPair(overSockets: client, server)
        #expect(unsafe SSL_set_session(other.client.stream, session) == 1)
        #expect(other.shake() == (.done, .done))
        return (first, other.server.session)
    }

    private static let ways: [[TLSConfiguration.Setting]] = [
        [.only13], [.only12], [.only12, .init("Options", "-SessionTicket")],
    ]

    @Test("by ticket in both versions, and by number without", arguments: ways)
    func resumption(settings: [TLSConfiguration.Setting]) throws {
        let client = try TLSClient(authorities: [authority.certificate], settings: settings)
        let server = try TLSServer([
            authority.credential("DNS:other.example"), authority.credential("DNS:a.example"),
        ])
        let (first, second) = try twice(client, server)
        #expect(first?.isResumed == false && first?.serverName == "a.example")
        #expect(second?.isResumed == true && second?.serverName == "a.example")
    }

    @Test("who the client is, is known in a resumed session as in the first", arguments: ways)
    func clientCertificate(settings: [TLSConfiguration.Setting]) throws {
        let client = try TLSClient(authorities: [authority.certificate], credential: visitor, settings: settings)
        for mode in [TLSConfiguration.ClientAuthentication.require, .request] {
            let server = try Self.server(mode, trusting: authority)
            let (first, second) = try twice(client, server)
            #expect(first?.isResumed == false && second?.isResumed == true)
            #expect(first?.clientCertificate?.subject == "CN=Ada")
            #expect(first?.clientCertificate?.isVerified == true)
            #expect(second?.clientCertificate == first?.clientCertificate)
        }
    }

    @Test("a client that nobody vouches for is no better in a resumed session", arguments: ways)
    func stranger(settings: [TLSConfiguration.Setting]) throws {
        let client = try TLSClient(authorities: [authority.certificate], credential: visitor, settings: settings)
        let (first, second) = try twice(client, Self.server(.request, trusting: TestAuthority("Another")))
        #expect(second?.isResumed == true)
        #expect(first?.clientCertificate?.isVerified == false)
        #expect(second?.clientCertificate == first?.clientCertificate)
    }

    @Test("after a reload, and after twelve hours, all begin anew", arguments: ways)
    func renewal(settings: [TLSConfiguration.Setting]) throws {
        let client = try TLSClient(authorities: [authority.certificate], settings: settings)
        let server = try TLSServer([authority.credential("DNS:a.example")])
        let reloaded = try twice(client, server) { try server.reload() }.1
        #expect(reloaded?.isResumed == false)
        let same = try twice(client, server) { _ = try server.refresh() }.1
        #expect(same?.isResumed == true)
        let later = Instant.now() + Nanoseconds(.seconds(12 * 3600 + 60))
        let refreshed = try twice(client, server) { _ = try server.refresh(at: later) }.1
        #expect(refreshed?.isResumed == false)
    }

    static func server(
        _ mode: TLSConfiguration.ClientAuthentication,
        trusting authority: TestAuthority
    ) throws -> TLSServer {
        let folder = try TestFolder()
        let path = try folder.write("ca.pem", authority.certificate.pem())
        return try TLSServer([TestAuthority.shared.credential("DNS:a.example")]) {
            $0.clientCA = path
            $0.clientAuthentication = mode
        }
    }
}

@Suite("Certificates of clients")
struct ClientCertificateTests {
    private let authority = TestAuthority.shared

    @Test(
        "the server tells whose certificates it takes, and who the client is",
        arguments: [TLSConfiguration.Setting.only12, .only13]
    )
    func verified(version: TLSConfiguration.Setting) throws {
        let names = ["DNS:ada.example", "email:ada@a.example", "URI:spiffe://a/ada"]
        let visitor = try authority.credential(
            names[0],
            names[1],
            names[2],
            commonName: "Ada, Countess",
            usage: .client
        )
        let client = try TLSClient(authorities: [authority.certificate], credential: visitor, settings: [version])
        let pair = try StreamPair(client, ResumptionTests.server(.require, trusting: authority))
        #expect(pair.shake() == (.done, .done))
        #expect(
            pair.server.session?.clientCertificate
                == ClientCertificate(
                    subject: #"CN=Ada\, Countess"#,
                    names: names,
                    fingerprint: visitor.leaf.fingerprint,
                    isVerified: true
                )
        )
        let list = unsafe SSL_get0_peer_CA_list(pair.client.stream)
        #expect(unsafe OPENSSL_sk_num(list) == 1)
    }

    @Test(
        "request lets everybody in, require only whom a CA vouches for",
        arguments: [TLSConfiguration.Setting.only12, .only13]
    )
    func modes(version: TLSConfiguration.Setting) throws {
        let other = try TestAuthority("Another")
        let good = try authority.credential("DNS:ada", commonName: "good", usage: .client)
        let stranger = try other.credential("DNS:ada", commonName: "stranger", usage: .client)
        let ofServer = try authority.credential("DNS:ada", commonName: "server", usage: .server)
        let late = try authority.credential("DNS:ada", commonName: "late", valid: -3600 ... -60, usage: .client)
        for (credential, verified, kind) in [
            (nil, nil, "client_certificate_missing"), (good, true, nil),
            (stranger, false, "client_certificate_refused"), (ofServer, false, "client_certificate_refused"),
            (late, false, "client_certificate_refused"),
        ] as [(Credential?, Bool?, String?)] {
            let client = try TLSClient(
                authorities: [authority.certificate],
                credential: credential,
                settings: [version]
            )
            let free = try StreamPair(client, ResumptionTests.server(.none, trusting: authority))
            #expect(free.shake().server == .done)
            #expect(free.server.session?.clientCertificate == nil)
            let asked = try StreamPair(client, ResumptionTests.server(.request, trusting: authority))
            #expect(asked.shake() == (.done, .done))
            #expect(asked.server.session?.clientCertificate?.isVerified == verified)
            #expect(asked.server.session?.clientCertificate?.subject == credential?.leaf.subject)
            let required = try StreamPair(client, ResumptionTests.server(.require, trusting: authority))
            let result = required.shake().server
            #expect((result == .done) == (kind == nil))
            #expect(required.server.failure?.kind == kind)
        }
    }

    @Test("a CA that is signed by another can vouch by itself")
    func intermediate() throws {
        let key = try PrivateKey(generating: .p256)
        let rootKey = try PrivateKey(generating: .p256)
        let now = WallClock.seconds()
        let root = try CertificateTemplate(
            commonName: "root",
            notBefore: now - 9,
            notAfter: now + 99,
            authority: .init()
        )
        .issue(for: rootKey)
        let middle = try CertificateTemplate(
            commonName: "m",
            notBefore: now - 9,
            notAfter: now + 99,
            authority: .init()
        )
        .issue(for: key, by: (root, rootKey))
        let leafKey = try PrivateKey(generating: .p256)
        let leaf = try CertificateTemplate(
            commonName: "leaf",
            notBefore: now - 9,
            notAfter: now + 99,
            usages: [.client]
        )
        .issue(for: leafKey, by: (middle, key))
        let folder = try TestFolder()
        let path = try folder.write("ca.pem", middle.pem())
        let server = try TLSServer([authority.credential("DNS:a.example")]) {
            $0.clientCA = path
            $0.clientAuthentication = .require
        }
        let client = try TLSClient(authorities: nil, credential: Credential(chain: [leaf], key: leafKey))
        #expect(try StreamPair(client, server).shake() == (.done, .done))
    }
}
