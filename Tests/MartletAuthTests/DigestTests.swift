import Martlet
import MartletWire
import TestSupport
import Testing

@testable import MartletAuth

@Suite("Digest over a live server (RFC 7616)", .timeLimit(.patient))
struct DigestTests {
    static let users = ["alice": "Secret, or not?", "Jäsøn": "pässword"]

    private func middleware(
        _ options: DigestAuth.Options = DigestAuth.Options(),
        clock: TestClock = TestClock()
    ) throws -> DigestAuth {
        let users = try DigestPasswords(Self.users, realm: "r", algorithms: options.algorithms)
        return DigestAuth(realm: "r", users: users, options: options, failures: .off, now: clock.now)
    }

    @Test(
        "without credentials: 401 with a challenge for each algorithm, best first, and a new nonce each time",
        .rfc(
            "7616-3.3-01",
            "7616-3.3-03",
            "7616-3.3-05",
            "7616-3.3-07",
            "7616-3.3-10",
            "7616-3.3-11",
            "7616-3.3-12",
            "7616-3.3-13",
            "7616-3.4.4-01",
            "7616-3.7-01",
            "7616-3.7-02",
            "7616-4-01",
            "9110-11.4-01",
            "9110-11.6.1-01",
            "9110-11.6.1-03"
        )
    )
    func challenge() async throws {
        var options = DigestAuth.Options()
        options.algorithms = [.sha512over256, .sha256, .md5]
        options.protections = [.auth, .authInt]
        options.domain = ["/a", "https://b.example/c"]
        try await withProtected(middleware(options)) { server in
            let first = try server.answer(get())
            #expect(first.status == 401)
            let expected = ["SHA-512-256", "SHA-256", "MD5"].map { algorithm in
                #"Digest realm="r", domain="/a https://b.example/c", qop="auth, auth-int", algorithm=\#(algorithm), "#
                    + #"nonce="*", opaque="*", charset=UTF-8, userhash=true"#
            }
            let masked = first.values("WWW-Authenticate").map { line in
                line.replacing(/(nonce|opaque)="[A-Za-z0-9+\/=]+"/) { "\($0.output.1)=\"*\"" }
            }
            #expect(masked == expected)
            let second = try server.answer(get())
            try #expect(DigestClient(first).nonce != DigestClient(second).nonce)
            try #expect(DigestClient(first).challenge["opaque"] == DigestClient(second).challenge["opaque"])
        }
    }

    @Test(
        "a right digest is let in, of any algorithm, and the answer proves the server",
        .rfc(
            "7616-3.6-01",
            "7616-3.4.2-01",
            "7616-3.5-01",
            "7616-3.5-03",
            "7616-3.5-04",
            "7616-3.5-05",
            "7616-3.5-06",
            "7616-3.5-07",
            "7616-3.5-08",
            "7616-3.5-09",
            "7616-3.7-03"
        ),
        arguments: DigestAlgorithm.allCases
    )
    func rightDigest(algorithm: DigestAlgorithm) async throws {
        var options = DigestAuth.Options()
        options.algorithms = [algorithm]
        try await withProtected(middleware(options)) { server in
            var client = try DigestClient(server.answer(get("/a?b")), algorithm: algorithm)
            client.uri = "/a?b"
            let answer = try server.answer(client.request)
            #expect(answer.status == 200)
            #expect(answer.text == "Digest alice []: ")
            #expect(
                answer["Authentication-Info"]
                    == #"rspauth="\#(client.response(method: "", content: ""))", qop=auth, cnonce="c1", nc=00000001"#
            )
        }
    }

    @Test("with a session, the cnonce may stay or change", arguments: [true, false])
    func session(keeps: Bool) async throws {
        var options = DigestAuth.Options()
        options.algorithms = [.sha256Session]
        try await withProtected(middleware(options)) { server in
            var client = try DigestClient(server.answer(get()), algorithm: .sha256Session)
            try #expect(server.answer(client.request).status == 200)
            client.count = 2
            client.cnonce = "c2"
            if keeps { client.sessionCnonce = "c1" }
            try #expect(server.answer(client.request).status == 200)
            client.count = 3
            client.sessionCnonce = "c0"
            try #expect(server.answer(client.request).status == 401)
        }
    }

    @Test(
        "a wrong password gets a new challenge that is not stale, and is logged without it",
        .rfc("7616-3.3-06", "7616-3.4-06", "7616-3.4-07")
    )
    func wrongPassword() async throws {
        try await withProtected(middleware()) { server in
            var client = try DigestClient(server.answer(get()))
            client.password = "guessed"
            let answer = try server.answer(client.request)
            #expect(answer.status == 401)
            #expect(answer["WWW-Authenticate"]?.contains("stale") == false)
            #expect(
                server.log.lines == [
                    "warning: a login for user \"alice\" from 127.0.0.1 failed: Wrong user name or password."
                ]
            )
            client.name = "nobody"
            try #expect(server.answer(client.request).status == 401)
            #expect(!server.log.lines.joined().contains("guessed"))
            #expect(!server.log.lines.joined().contains(client.nonce))
        }
    }

    @Test("an old nonce or one of another process is stale, and only then", .rfc("7616-3.3-06"))
    func stale() async throws {
        let clock = TestClock()
        try await withProtected(middleware(clock: clock)) { server in
            var client = try DigestClient(server.answer(get()))
            clock.advance(by: .seconds(301))
            let answer = try server.answer(client.request)
            #expect(answer.status == 401)
            #expect(answer["WWW-Authenticate"]?.contains(", stale=true,") == true)
            #expect(server.log.lines.isEmpty)
            try #expect(server.answer(DigestClient(answer).request).status == 200)
            client.password = "wrong"
            let wrong = try server.answer(client.request)
            #expect(wrong.status == 401)
            #expect(wrong["WWW-Authenticate"]?.contains("stale") == false)
        }
    }

    @Test("who is logged in goes on over the end of a nonce, though others at the address have to wait")
    func undisturbed() async throws {
        let clock = TestClock()
        let digest = DigestAuth(
            realm: "r",
            users: try DigestPasswords(Self.users, realm: "r"),
            failures: FailedLogins(free: 0, now: clock.now),
            now: clock.now
        )
        try await withProtected(digest) { server in
            let client = try DigestClient(server.answer(get()))
            try #expect(server.answer(client.request).status == 200)
            clock.advance(by: .seconds(301))
            var guess = try DigestClient(server.answer(get()))
            guess.password = "guess"
            try #expect(server.answer(guess.request).status == 401)
            guess.password = client.password
            try #expect(server.answer(guess.request).status == 429)
            var next = client
            next.count = 2
            let stale = try server.answer(next.request)
            #expect(stale.status == 401)
            #expect(stale["WWW-Authenticate"]?.contains("stale=true") == true)
            next = try DigestClient(stale)
            try #expect(server.answer(next.request).status == 200)
            next.name = "J\u{E4}s\u{F8}n"
            try #expect(server.answer(next.request).status == 429)
        }
    }

    /// Leads to another path of the server, as a script does with a local Location (RFC 3875 §6.2.2).
    private struct Leading: Handler {
        func respond(to request: Request) async throws -> Response {
            guard request.path.segments.first == "script" else { return try await Echo().respond(to: request) }
            return try await request.redispatched(to: "/\(request.query ?? "")")
        }
    }

    @Test(
        "what a script leads to has the script's user, whose digest was for the script, and the rules of its own path"
    )
    func redispatched() async throws {
        let rules = try AccessRules(["* /closed alice", "* /open anyone", "* /** *"])
        try await withProtected(Authentication(middleware(), rules: rules), handler: Leading()) { server in
            var client = try DigestClient(server.answer(get()))
            client.name = "J\u{E4}s\u{F8}n"
            client.password = "p\u{E4}ssword"
            let cases: [(String, Int, String?)] = [
                ("page", 200, "Digest J\u{E4}s\u{F8}n []: "), ("closed", 403, nil), ("open", 200, "nobody: "),
            ]
            for (path, status, text) in cases {
                client.uri = "/script?\(path)"
                let answer = try server.answer(client.request)
                #expect(answer.status == status)
                if let text { #expect(answer.text == text) }
                if status == 200 { #expect(answer.values("Authentication-Info").count == 1) }
                client.count += 1
            }
        }
    }

    @Test("a cnonce is not kept at any length")
    func longCnonce() async throws {
        try await withProtected(middleware()) { server in
            var client = try DigestClient(server.answer(get()))
            client.cnonce = String(repeating: "c", count: 257)
            try #expect(server.answer(client.request).status == 400)
            client.cnonce.removeLast()
            try #expect(server.answer(client.request).status == 200)
        }
    }

    @Test("a request that comes again with its count is refused, and the next count is not", .rfc("7616-3.4-04"))
    func replay() async throws {
        try await withProtected(middleware()) { server in
            var client = try DigestClient(server.answer(get()))
            try #expect(server.answer(client.request).status == 200)
            let again = try server.answer(client.request)
            #expect(again.status == 401)
            #expect(again["WWW-Authenticate"]?.contains("stale=true") == true)
            client.count = 2
            try #expect(server.answer(client.request).status == 200)
        }
    }

    @Test("near its end, a nonce brings the next along", .rfc("7616-3.5-07"))
    func nextNonce() async throws {
        let clock = TestClock()
        try await withProtected(middleware(clock: clock)) { server in
            let client = try DigestClient(server.answer(get()))
            clock.advance(by: .seconds(290))
            let answer = try server.answer(client.request)
            #expect(answer["Authentication-Info"]?.contains(/, nextnonce="[A-Za-z0-9+\/=]{44}"$/) == true)
        }
    }

    @Test(
        "what is not a whole digest is a 400",
        .rfc("7616-3.4-01", "7616-3.4-02", "7616-3.4-03", "7616-3.4-05", "7616-3.4.6-02"),
        arguments: [
            ["username*": "UTF-8''alice"], ["qop": nil], ["qop": "auth-int"], ["qop": "x"], ["nc": nil], ["nc": "1"],
            ["cnonce": nil], ["response": nil], ["response": "\"0\""], ["uri": nil], ["uri": "\"/other\""],
            ["nonce": nil], ["realm": nil],
        ] as [[String: String?]]
    )
    func malformed(changes: [String: String?]) async throws {
        try await withProtected(middleware()) { server in
            var client = try DigestClient(server.answer(get()))
            client.changes = changes
            try #expect(server.answer(client.request).status == 400)
        }
    }

    @Test(
        "what is for another challenge is a 401",
        .rfc("7616-3.4-09"),
        arguments: [
            ["opaque": "\"x\""], ["opaque": nil], ["algorithm": "SHA-512-256"], ["realm": "\"other\""],
            ["response": "\"\(String(repeating: "0", count: 64))\""],
        ] as [[String: String?]]
    )
    func otherChallenge(changes: [String: String?]) async throws {
        try await withProtected(middleware()) { server in
            var client = try DigestClient(server.answer(get()))
            client.changes = changes
            try #expect(server.answer(client.request).status == 401)
        }
    }

    @Test(
        "the uri may have the origin that the request is for, and no other",
        .rfc("7616-3.4.6-01", "7616-3.4.6-02"),
        arguments: [
            ("/x?y=%20", "/x?y=%20", 200), ("/x", "http://a/x", 200), ("/x", "HTTP://A:80/x", 200),
            ("/", "http://a", 200),
            ("/?q", "http://a?q", 200), ("http://a/x", "/x", 200), ("http://a/x", "http://a/x", 200),
            ("/x", "https://a/x", 400), ("/x", "http://b/x", 400), ("/x", "http://a:81/x", 400), ("/x", "/x?", 400),
            ("/%78", "/x", 400), ("/x", "/X", 400), ("http://a/x", "http://b/x", 400),
        ]
    )
    func uri(target: String, uri: String, status: Int) async throws {
        try await withProtected(middleware()) { server in
            var client = try DigestClient(server.answer(get()))
            client.uri = uri
            try #expect(server.answer(get(target, client.authorization)).status == status)
        }
    }

    @Test(
        "auth-int: the content is hashed without its framing, and the handler has it afterwards",
        .rfc("7616-3.4.3-01", "7616-3.4.5-02", "7616-3.5-06"),
        arguments: [false, true]
    )
    func integrity(isChunked: Bool) async throws {
        var options = DigestAuth.Options()
        options.protections = [.auth, .authInt]
        try await withProtected(middleware(options)) { server in
            var client = try DigestClient(server.answer(get()))
            client.qop = "auth-int"
            client.method = "POST"
            client.content = "--b\r\n\r\nhello\r\n--b--"
            let chunked =
                get("/", client.authorization, "Transfer-Encoding: chunked", method: "POST")
                + "9\r\n--b\r\n\r\nhe\r\na\r\nllo\r\n--b--\r\n0\r\n\r\n"
            let answer = try server.answer(isChunked ? chunked : client.request)
            #expect(answer.status == 200)
            #expect(answer.text == "Digest alice []: \(client.content)")
            let proof = client.response(method: "", content: answer.text)
            #expect(answer["Authentication-Info"] == #"rspauth="\#(proof)", qop=auth-int, cnonce="c1", nc=00000001"#)
            client.count = 2
            let altered = get("/", client.authorization, method: "POST", body: "--b\r\n\r\nhallo\r\n--b--")
            try #expect(server.answer(altered).status == 401)
        }
    }

    @Test("auth-int: more content than is taken into memory is a 413")
    func integrityLimit() async throws {
        var options = DigestAuth.Options()
        options.protections = [.authInt]
        options.contentLimit = 10
        try await withProtected(middleware(options)) { server in
            var client = try DigestClient(server.answer(get()))
            client.qop = "auth-int"
            client.method = "POST"
            client.content = "01234567890"
            try #expect(server.answer(client.request).status == 413)
        }
    }

    @Test(
        "a name may be hashed, and has to be where that is asked for",
        .rfc("7616-3.4.4-02", "7616-4-02", "7616-4-03"),
        arguments: [false, true]
    )
    func userhash(isRequired: Bool) async throws {
        var options = DigestAuth.Options()
        options.requiresUserhash = isRequired
        try await withProtected(middleware(options)) { server in
            var client = try DigestClient(server.answer(get()))
            client.name = "Jäsøn"
            client.password = "pässword"
            client.hidesName = true
            try #expect(server.answer(client.request).text == "Digest Jäsøn []: ")
            client.hidesName = false
            client.count = 1
            let plain = try DigestClient(server.answer(get()))
            try #expect(server.answer(plain.request).status == (isRequired ? 401 : 200))
        }
    }

    @Test("a failed login by a hashed name is logged with the name that it is of, where that is known")
    func userhashInLog() async throws {
        try await withProtected(middleware()) { server in
            var client = try DigestClient(server.answer(get()))
            client.hidesName = true
            client.password = "guessed"
            try #expect(server.answer(client.request).status == 401)
            #expect(
                server.log.lines == [
                    "warning: a login for user \"alice\" from 127.0.0.1 failed: Wrong user name or password."
                ]
            )
        }
    }

    @Test("an algorithm that the file has no line for is not offered: clients take the first that they know")
    func offered() async throws {
        let folder = try TemporaryDirectory()
        let clock = TestClock()
        let old = "alice:r:\(String(decoding: Hash.md5.hex(of: Array("alice:r:p".utf8)), as: UTF8.self))\n"
        let new = "bob:r:SHA-256:\(String(decoding: Hash.sha256.hex(of: Array("bob:r:p".utf8)), as: UTF8.self))\n"
        let users = try DigestFile(folder.write("digests", old), now: clock.now)
        var options = DigestAuth.Options()
        options.algorithms = [.sha256, .md5]
        let digest = DigestAuth(realm: "r", users: users, options: options, failures: .off, now: clock.now)
        try await withProtected(digest) { server in
            func offered() throws -> [String] {
                let lines = try server.answer(get()).values("WWW-Authenticate")
                return lines.compactMap { AuthorizationField($0)?.parameters?["algorithm"]?.text }
            }
            try #expect(offered() == ["MD5"])
            var client = try DigestClient(server.answer(get()), algorithm: .md5)
            client.password = "p"
            try #expect(server.answer(client.request).status == 200)
            try folder.write("digests", old + new)
            clock.advance(by: .seconds(1))
            try #expect(offered() == ["SHA-256", "MD5"])
            // Where nobody could log in, all are: a client is told something.
            try folder.write("digests", "# nobody\n")
            clock.advance(by: .seconds(1))
            try #expect(offered() == ["SHA-256", "MD5"])
        }
    }

    @Test("a file of digests: lines of htdigest, with an algorithm, with colons in the realm; and it is read again")
    func file() throws {
        let folder = try TemporaryDirectory()
        let hash = Hash.sha256.hex(of: Array("alice:a:8080:p".utf8))
        let path = try folder.write(
            "digests",
            "# users\nalice:a:8080:SHA-256:\(String(decoding: hash, as: UTF8.self))\n"
        )
        let clock = TestClock()
        let file = try DigestFile(path, now: clock.now)
        let logger = CapturedLog.logger()
        func name(_ name: String, _ algorithm: DigestAlgorithm) -> String? {
            file.secret(of: .plain(name), realm: "a:8080", algorithm: algorithm, logger: logger)?.name
        }
        #expect(name("alice", .sha256) == "alice")
        #expect(name("alice", .sha256Session) == "alice")
        #expect(name("alice", .md5) == nil)
        try folder.write("digests", "bob:a:8080:\(String(repeating: "a", count: 32))\n")
        #expect(name("alice", .sha256) == "alice")
        clock.advance(by: .seconds(1))
        #expect(name("alice", .sha256) == nil)
        #expect(name("bob", .md5) == "bob")
    }

    @Test(
        "a line that is none is named",
        arguments: [
            ("alice", "a line is"), ("alice:r:zz", "a line is"), ("alice:r:SHA-256:aa", "64 digits"),
            (":r:\(String(repeating: "a", count: 32))", "no name"), ("alice:r:aa", "32 digits"),
            ("a:r:\(String(repeating: "a", count: 32))\na:r:\(String(repeating: "b", count: 32))", "already"),
        ]
    )
    func damagedFile(text: String, reason: String) throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write("digests", text)
        let error = try #require(throws: AuthError.self) { try DigestFile(path) }
        #expect(error.description.hasPrefix("\(path):"))
        #expect(error.description.contains(reason), "\(error)")
    }
}
