import Logging
import MartletReactor
import MartletWire
import TestSupport
import Testing

@testable import MartletAuth

@Suite("Digests as RFC 7616 computes them")
struct DigestComputationTests {
    static let mufasa = """
        Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=*, \
        nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, \
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="#", \
        opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
        """

    private func credentials(_ text: String) throws -> DigestCredentials {
        try DigestCredentials(try #require(AuthorizationField(text)?.parameters))
    }

    @Test(
        "the example of §3.9.1",
        .rfc(
            "7616-3.4.1-01",
            "7616-3.4.2-01",
            "7616-3.4.3-01",
            "7616-3.6-01",
            "7616-3.2-02",
            "7616-3.7-03",
            "7616-3.4.5-01"
        ),
        arguments: [
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ]
    )
    func circleOfLife(algorithm: String, response: String) throws {
        let text = Self.mufasa.replacing("*", with: algorithm).replacing("#", with: response)
        let credentials = try credentials(text)
        let table = try DigestPasswords(
            ["Mufasa": "Circle of Life"],
            realm: "http-auth@example.org",
            algorithms: [.sha256, .md5]
        )
        let secret = try #require(find(table, credentials))
        let computation = DigestComputation(
            credentials: credentials,
            hashedA1: secret.hashedA1,
            sessionCnonce: credentials.cnonce
        )
        #expect(computation.response(method: "GET", content: []) == Array(response.utf8))
        #expect(computation.response(method: "GET", content: []) == credentials.response)
    }

    private func find(_ table: DigestPasswords, _ credentials: DigestCredentials) -> DigestSecret? {
        table.secret(
            of: credentials.name,
            realm: credentials.realm,
            algorithm: credentials.algorithm,
            logger: Logger(label: "test")
        )
    }

    /// The values of erratum 4897: those in the RFC are not of its own input.
    @Test(
        "the example of §3.9.2: SHA-512-256, a name beyond ASCII, hashed or in username*",
        .rfc("7616-3.4.4-01", "7616-3.7-03", "7616-4-02", "7616-3.4.5-01"),
        arguments: [
            #"username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b", userhash=true"#,
            "username*=UTF-8''J%C3%A4s%C3%B8n%20Doe, userhash=false",
            #"username="Jäsøn Doe""#,
        ]
    )
    func doe(name: String) throws {
        let credentials = try credentials(
            """
            Digest \(name), realm="api@example.org", uri="/doe.json", algorithm=SHA-512-256, \
            nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", nc=00000001, \
            cnonce="NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v", qop=auth, \
            response="3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5", \
            opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS"
            """
        )
        let table = try DigestPasswords(
            ["Jäsøn Doe": "Secret, or not?"],
            realm: "api@example.org",
            algorithms: [.sha512over256]
        )
        let secret = try #require(find(table, credentials))
        #expect(secret.name == "Jäsøn Doe")
        let computation = DigestComputation(
            credentials: credentials,
            hashedA1: secret.hashedA1,
            sessionCnonce: credentials.cnonce
        )
        #expect(computation.response(method: "GET", content: []) == credentials.response)
    }

    @Test("absent, the algorithm is MD5", .rfc("7616-3.3-09"))
    func defaultAlgorithm() throws {
        let text = Self.mufasa.replacing(" algorithm=*,", with: "")
            .replacing("#", with: "8ca523f5e9506fed4657c9700eebdbec")
        try #expect(credentials(text).algorithm == .md5)
    }

    @Test(
        "values are the same in quotes and as tokens, for clients that quote algorithm and qop",
        .rfc("7616-3.4-08", "9110-11.2-02")
    )
    func quotes() throws {
        let digest = String(repeating: "0", count: 64)
        let quoted = try credentials(
            #"Digest username="a", realm="r", nonce="n", uri="/", response="\#(digest)", cnonce="c", opaque="o", "#
                + #"algorithm="SHA-256", qop="auth", nc="0000000A""#
        )
        let tokens = try credentials(
            "Digest username=a, realm=r, nonce=n, uri=\"/\", response=\(digest), cnonce=c, opaque=o, "
                + "algorithm=SHA-256, qop=auth, nc=0000000A"
        )
        for credentials in [quoted, tokens] {
            #expect(credentials.name == .plain("a"))
            #expect(credentials.realm == "r")
            #expect(credentials.algorithm == .sha256)
            #expect(credentials.protection == .auth)
            #expect(credentials.count == 10)
            #expect(credentials.opaque == Array("o".utf8))
        }
    }

    @Test(
        "what a digest cannot be without is asked for, and what it cannot be is refused",
        .rfc("7616-3.2-02", "7616-3.4-03", "7616-3.4-05"),
        arguments: [
            ("qop=auth, ", ""), ("nc=00000001, ", ""), ("cnonce=\"c\", ", ""), ("uri=\"/\", ", ""),
            ("nonce=\"n\", ", ""), ("username=\"a\", ", ""), ("realm=\"r\", ", ""), ("nc=00000001", "nc=1"),
            ("nc=00000001", "nc=0000000g"), ("nc=00000001", "nc=000000001"), ("qop=auth", "qop=none"),
            ("algorithm=SHA-256", "algorithm=SHA-1"), ("\"0000", "\"000"), ("\"0000", "\"A000"),
            ("username=\"a\"", "username=\"a\", username*=UTF-8''a"),
            ("username=\"a\"", "username*=UTF-8''a, userhash=true"),
            ("username=\"a\"", "username*=\"UTF-8''a\""), ("username=\"a\"", "username*=latin1''a"),
            ("username=\"a\"", "username=\"\t\""),
        ]
    )
    func malformed(part: String, instead: String) {
        let digest = String(repeating: "0", count: 64)
        let whole =
            "Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"/\", nc=00000001, cnonce=\"c\", qop=auth, "
            + "algorithm=SHA-256, response=\"\(digest)\""
        #expect(throws: Never.self) { try credentials(whole) }
        #expect(whole.contains(part))
        #expect(throws: DigestCredentials.Fault.self) { try credentials(whole.replacing(part, with: instead)) }
    }

    @Test("nonces are base64, random and signed", .rfc("7616-3.3-04", "7616-5.12-01"))
    func nonces() throws {
        let clock = TestClock()
        let nonces = Nonces(lifetime: .init(.seconds(100)), limit: 8, now: clock.now)
        let all = (0..<64).map { _ in nonces.make() }
        #expect(Set(all).count == 64)
        for nonce in all {
            let octets = try #require(Base64.decode(nonce))
            #expect(octets.count == 32)
            #expect(nonces.state(of: Array(nonce.utf8)) == .fresh)
            var forged = octets
            forged[7] ^= 1
            #expect(nonces.state(of: Array(Base64.encode(forged).utf8)) == .stale)
        }
        // The times are the same: what differs is random, and no two halves of it are.
        #expect(Set(all.compactMap { Base64.decode($0)?[8..<16] }).count == 64)
        // Nor do they tell what the machine's clock says.
        let others = Nonces(lifetime: .init(.seconds(100)), limit: 8, now: clock.now)
        #expect(Base64.decode(others.make())?[..<8] != Base64.decode(all[0])?[..<8])
        clock.advance(by: .seconds(80))
        #expect(nonces.state(of: Array(all[0].utf8)) == .old)
        clock.advance(by: .seconds(21))
        #expect(nonces.state(of: Array(all[0].utf8)) == .stale)
        #expect(nonces.state(of: Array(others.make().utf8)) == .stale)
    }

    @Test("a nonce that follows another is good for the user who has it alone")
    func following() {
        let nonces = Nonces(lifetime: .init(.seconds(100)), limit: 8, now: TestClock().now)
        let nonce = Array(nonces.make(after: .plain("alice")).utf8)
        #expect(nonces.state(of: nonce, by: .plain("alice")) == .fresh)
        #expect(nonces.isOfUser(nonce, .plain("alice")))
        for other in [DigestName.plain("bob"), .hashed("alice"), .plain("alic")] {
            #expect(nonces.state(of: nonce, by: other) == .stale)
            #expect(!nonces.isOfUser(nonce, other))
            #expect(!nonces.use(nonce, count: 1, by: other, cnonce: []))
        }
        #expect(nonces.use(nonce, count: 1, by: .plain("alice"), cnonce: []))
        let anybody = Array(nonces.make().utf8)
        #expect(nonces.state(of: anybody, by: .plain("alice")) == .fresh)
        #expect(!nonces.isOfUser(anybody, .plain("alice")))
        #expect(nonces.use(anybody, count: 1, by: .plain("alice"), cnonce: []))
        #expect(nonces.isOfUser(anybody, .plain("alice")))
    }

    @Test("each count of a nonce is taken once, in any order within 64", .rfc("7616-3.4-04"))
    func counts() {
        let nonces = Nonces(lifetime: .init(.seconds(100)), limit: 8, now: TestClock().now)
        let nonce = Array(nonces.make().utf8)
        func use(_ count: UInt32, by name: String = "alice") -> Bool {
            nonces.use(nonce, count: count, by: .plain(name), cnonce: [1])
        }
        #expect(!use(0))
        #expect(use(2))
        #expect(!use(2))
        #expect(use(1))
        #expect(!use(1))
        #expect(!use(3, by: "bob"))
        #expect(use(100))
        #expect(use(37))
        #expect(!use(37))
        #expect(!use(36))
        #expect(use(.max))
        #expect(!use(100))
        #expect(nonces.sessionCnonce(of: nonce, by: .plain("alice")) == [1])
        #expect(nonces.sessionCnonce(of: nonce, by: .plain("bob")) == nil)
    }

    @Test("a nonce that was forgotten is not taken anew")
    func forgotten() {
        let clock = TestClock()
        let nonces = Nonces(lifetime: .init(.seconds(100)), limit: 8, now: clock.now)
        let all = (0..<20).map { _ in
            clock.advance(by: .milliseconds(1))
            return Array(nonces.make().utf8)
        }
        for nonce in all { #expect(nonces.use(nonce, count: 1, by: .plain("a"), cnonce: [])) }
        for nonce in all { #expect(!nonces.use(nonce, count: 1, by: .plain("a"), cnonce: [])) }
        #expect(nonces.use(all[19], count: 2, by: .plain("a"), cnonce: []))
    }
}
