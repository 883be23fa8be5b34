import HTTPTypes
import Logging
import Martlet
import MartletReactor
import TestSupport
import Testing

@testable import MartletAuth

@Suite("Several schemes, rules and failures", .timeLimit(.patient))
struct AuthenticationTests {
    private func authentication(
        rules: [String] = [],
        groups: UserGroups = UserGroups(),
        failures: FailedLogins = .off
    ) throws -> Authentication {
        var tokens = Tokens()
        try tokens.add("0123456789abcdef", name: "backup", scopes: ["staff"])
        let passwords = ["alice": "a", "bob": "b"]
        return Authentication(
            BearerAuth(realm: "r", tokens: tokens),
            DigestAuth(realm: "r", users: try DigestPasswords(passwords, realm: "r")),
            BasicAuth(realm: "r", users: try Passwords(passwords)),
            rules: try AccessRules(rules),
            groups: groups,
            failures: failures
        )
    }

    @Test(
        "all schemes are offered, strongest first, each on a line, and each works",
        .rfc("9110-11.6.1-03", "7616-5.6-01", "9110-11.4-01")
    )
    func several() async throws {
        try await withProtected(authentication()) { server in
            let answer = try server.answer(get())
            let schemes = answer.values("WWW-Authenticate").map { $0.prefix { $0 != " " } }
            #expect(schemes == ["Bearer", "Digest", "Basic"])
            try #expect(server.answer(get("/", basic("alice:a"))).text == "Basic alice []: ")
            try #expect(
                server.answer(get("/", "Authorization: Bearer 0123456789abcdef")).text == #"Bearer backup ["staff"]: "#
            )
            var client = try DigestClient(answer)
            client.password = "a"
            try #expect(server.answer(client.request).text == "Digest alice []: ")
            let wrong = try server.answer(get("/", basic("alice:x")))
            #expect(wrong.values("WWW-Authenticate").count == 3)
            #expect(wrong["WWW-Authenticate"]?.contains("error=") == false)
        }
    }

    @Test("all challenges come through an error format of one's own", .rfc("9110-11.6.1-01"))
    func errorFormat() async throws {
        try await withProtected(
            authentication(),
            configure: { $0.errorFormat = { .text("\($0.status.code)", status: $0.status) } }
        ) { server in
            let answer = try server.answer(get())
            #expect(answer.text == "401")
            #expect(answer.values("WWW-Authenticate").count == 3)
        }
    }

    // MARK: Rules

    static let rules = [
        "PUT,DELETE /inbox/** alice,@staff", "* /public/** anyone", "* /secret/** nobody", "GET /files/*/raw bob",
        "* /a%20b anyone", "* /** *",
    ]

    @Test(
        "the first rule that fits a method and path decides",
        .rfc("9110-11.4-02"),
        arguments: [
            ("PUT", "/inbox/x", "alice:a", 200), ("PUT", "/inbox", "alice:a", 200), ("PUT", "/inbox/", "alice:a", 200),
            ("PUT", "/inbox/x", "bob:b", 403), ("DELETE", "/inbox/x/y", "bob:b", 403), ("PUT", "/inbox/x", nil, 401),
            ("GET", "/inbox/x", "bob:b", 200), ("GET", "/inbox/x", nil, 401), ("POST", "/inbox/x", "bob:b", 200),
            ("PUT", "/inboxes", "bob:b", 200), ("PUT", "/Inbox/x", "bob:b", 200), ("GET", "/public/x", nil, 200),
            ("PUT", "/public", nil, 200), ("GET", "/publicity", nil, 401), ("GET", "/secret/x", "alice:a", 403),
            ("GET", "/files/1/raw", "bob:b", 200), ("GET", "/files/1/raw", "alice:a", 403),
            ("HEAD", "/files/1/raw", "alice:a", 403), ("GET", "/files/1/2/raw", "alice:a", 200),
            ("GET", "/a%20b", nil, 200), ("GET", "/a+b", nil, 401), ("FROB", "/x", nil, 401),
            // Other ways to write a path.
            ("PUT", "/%69nbox/x", "bob:b", 403), ("PUT", "/inbox%2Fx", "bob:b", 400),
            ("PUT", "//inbox/x", "bob:b", 400),
            ("PUT", "/./inbox/x", "bob:b", 400), ("PUT", "/public/../inbox/x", "bob:b", 400),
            ("PUT", "/public/%2e%2e/inbox/x", "bob:b", 400), ("PUT", "/inbox/.", "bob:b", 400),
            ("GET", "/secret/../public/x", nil, 400), ("PUT", "http://a/inbox/x", "bob:b", 403),
            ("PUT", "/inbox?x", "bob:b", 403),
        ] as [(String, String, String?, Int)]
    )
    func rules(method: String, path: String, user: String?, status: Int) async throws {
        try await withProtected(authentication(rules: Self.rules)) { server in
            let line = user.map { basic($0) } ?? "X-Nobody: here"
            try #expect(server.answer(get(path, line, method: method)).status == status)
        }
    }

    @Test("the access log has the name of who is logged in and may not")
    func deniedInLog() async throws {
        let folder = try TemporaryDirectory()
        let file = try LogSink(folder.write("log", ""))
        let configure: @Sendable (inout ServerConfiguration) -> Void = {
            $0.accessLog = AccessLogSettings(format: .common, fd: file.fd)
        }
        try await withProtected(authentication(rules: ["* /** alice"]), configure: configure) { server in
            try #expect(server.answer(get("/", basic("bob:b"))).status == 403)
        }
        let lines = try file.lines()
        #expect(lines.count == 1 && lines[0].contains(" - bob [") && lines[0].contains(" 403 "), "\(lines)")
    }

    @Test("a method that others might take for the one of a rule is refused where rules differ by method")
    func methodsInLowerCase() async throws {
        let rules = ["PUT,DELETE /inbox/** alice", "* /** anyone"]
        try await withProtected(authentication(rules: rules)) { server in
            for method in ["put", "Put", "delete", "get"] {
                try #expect(server.answer(get("/inbox/x", method: method)).status == 400, "\(method)")
            }
            try #expect(server.answer(get("/inbox/x", method: "PUT")).status == 401)
            try #expect(server.answer(get("/inbox/x", method: "FROB")).status == 200)
        }
        try await withProtected(authentication(rules: ["* /x/** alice", "* /** anyone"])) { server in
            try #expect(server.answer(get("/y", method: "put")).status == 200)
            try #expect(server.answer(get("/x", method: "put")).status == 401)
        }
    }

    @Test("without a rule that fits, a user is needed")
    func noRule() async throws {
        try await withProtected(authentication(rules: ["GET /x anyone"])) { server in
            try #expect(server.answer(get("/x")).status == 200)
            try #expect(server.answer(get("/y")).status == 401)
            try #expect(server.answer(get("/y", basic("bob:b"))).status == 200)
        }
    }

    @Test("where no path matters, none is ambiguous")
    func pathless() async throws {
        try await withProtected(authentication(rules: ["GET /** *", "* /** alice"])) { server in
            try #expect(server.answer(get("/a%2Fb//c", basic("bob:b"))).status == 200)
        }
    }

    @Test("groups of a file are those of rules")
    func groups() async throws {
        let folder = try TemporaryDirectory()
        let groups = try UserGroups(file: folder.write("groups", "# all\nstaff: bob carol\nadmins: carol\n"))
        #expect(groups["carol"] == ["staff", "admins"])
        try await withProtected(authentication(rules: ["* /** @staff"], groups: groups)) { server in
            try #expect(server.answer(get("/", basic("bob:b"))).text == #"Basic bob ["staff"]: "#)
            try #expect(server.answer(get("/", basic("alice:a"))).status == 403)
            try #expect(server.answer(get("/", "Authorization: Bearer 0123456789abcdef")).status == 200)
        }
        let path = try folder.write("damaged", "staff bob\n")
        #expect(throws: AuthError.self) { try UserGroups(file: path) }
    }

    @Test(
        "a rule that cannot be is an error that names it",
        arguments: [
            ("GET /x", "three"), ("GET /x a b", "three"), ("get /x *", "capitals"), ("G(ET /x *", "no method"),
            ("GET, /x *", "no method"), ("GET x *", "begin"), ("GET /a//b *", "two slashes"),
            ("GET /**/b *", "neither"),
            ("GET /a* *", "neither"), ("GET /%zz *", "percent"), ("GET /a%2Fb *", "percent"),
            ("GET /../b *", "no request"),
            ("GET /x alice,*", "no name"), ("GET /x ,", "no name"), ("GET /x @", "no name"), ("GET /x a:b", "no name"),
            ("GET,* /x *", "no method"), ("GET /x Anyone", "anyone is written in small letters"),
            ("* /x NOBODY", "nobody is written in small letters"), ("* /x **", "is *, not **"),
            ("GET", "has one word "),
            ("GET /x alice, bob", "No space stands beside a comma"),
            ("GET, PUT /x alice", "No space stands beside a comma"),
        ]
    )
    func damagedRules(text: String, reason: String) throws {
        let error = try #require(throws: AuthError.self) { try AccessRules([text]) }
        #expect(error.description.contains("\"\(text)\""), "\(error)")
        #expect(error.description.contains(reason), "\(error)")
    }

    @Test(
        "a rule that an earlier one hides is an error that names both",
        arguments: [
            (["* /** *", "GET /x alice"], true), (["GET /a/** *", "GET,HEAD /a/b alice"], true),
            (["GET /a/* *", "GET /a/b alice"], true), (["* /a *", "* /a/ bob"], true),
            (["GET /a *", "* /a bob"], false),
            (["GET /a/* *", "GET /a/** bob"], false), (["GET /a/b/** *", "GET /a/** bob"], false),
            (["PUT /a/** *", "GET /a bob"], false), (["GET /a/b *", "GET /a/* bob"], false),
        ]
    )
    func hidden(texts: [String], isHidden: Bool) {
        do {
            _ = try AccessRules(texts)
            #expect(!isHidden)
        } catch {
            #expect(isHidden)
            for text in texts { #expect(error.description.contains("\"\(text)\"")) }
        }
    }

    // MARK: Failures

    @Test(
        "who fails often has to wait, longer each time, even with the right password; others need not, nor who is logged in"
    )
    func failures() async throws {
        let clock = TestClock()
        let failures = FailedLogins(now: clock.now)
        try await withProtected(authentication(failures: failures)) { server in
            var digest = try DigestClient(server.answer(get()))
            digest.password = "a"
            try #expect(server.answer(digest.request).status == 200)
            for number in 0..<6 { try #expect(server.answer(get("/", basic("alice:\(number)"))).status == 401) }
            let blocked = try server.answer(get("/", basic("alice:a")))
            #expect(blocked.status == 429)
            #expect(blocked["Retry-After"] == "2" || blocked["Retry-After"] == "1")
            try #expect(server.answer(get()).status == 401)
            try #expect(server.answer(get("/", "Authorization: Bearer 0123456789abcdef")).status == 200)
            digest.count = 2
            try #expect(server.answer(digest.request).status == 200)
            clock.advance(by: .milliseconds(1001))
            try #expect(server.answer(get("/", basic("alice:x"))).status == 401)
            clock.advance(by: .milliseconds(1001))
            try #expect(server.answer(get("/", basic("alice:a"))).status == 429)
            clock.advance(by: .milliseconds(1001))
            try #expect(server.answer(get("/", basic("alice:a"))).status == 200)
            clock.advance(by: .seconds(601))
            for number in 0..<5 { try #expect(server.answer(get("/", basic("alice:\(number)"))).status == 401) }
            try #expect(server.answer(get("/", basic("alice:a"))).status == 200)
            try #expect(server.answer(get("/", basic("alice:x"))).status == 401)
            try #expect(server.answer(get("/", basic("alice:a"))).status == 200)
            try #expect(server.answer(get("/", basic("bob:b"))).status == 429)
            // One line, for each ten seconds.
            let lines = server.log.lines
            #expect(lines.count == 2)
            #expect(
                lines.first == "warning: a login for user \"alice\" from 127.0.0.1 failed: Wrong user name or password."
            )
            #expect(lines.last?.hasSuffix("(and 6 more from there)") == true, "\(lines)")
        }
    }

    @Test("peers are IPv4 addresses and IPv6 /64s, and only so many are remembered")
    func peers() {
        let clock = TestClock()
        let failures = FailedLogins(free: 0, peers: 4, now: clock.now)
        let logger = CapturedLog.logger()
        let refusal = AuthRefusal(.wrong, "no")
        failures.fail(.ipv6(1, 2, port: 3, zone: 0), refusal, logger)
        #expect(failures.admit(.ipv6(1, 9, port: 9, zone: 0)) != nil)
        #expect(failures.admit(.ipv6(2, 2, port: 3, zone: 0)) == nil)
        failures.fail(.ipv4(7, port: 1), refusal, logger)
        #expect(failures.admit(.ipv6(0, 0xFFFF_0000_0007, port: 2, zone: 0)) != nil)
        for number in UInt32(100)..<200 { failures.fail(.ipv4(number, port: 1), refusal, logger) }
        #expect(failures.admit(.ipv4(7, port: 1)) == nil)
        #expect(failures.admit(.ipv4(199, port: 1)) != nil)
        // The wait has an end.
        for _ in 0..<100 { failures.fail(.ipv4(199, port: 1), refusal, logger) }
        clock.advance(by: .seconds(60))
        #expect(failures.admit(.ipv4(199, port: 1)) == nil)
    }

    @Test("a peer has so many checks under way at most")
    func simultaneous() {
        let failures = FailedLogins()
        let attempts = (0..<FailedLogins.simultaneousLimit).map { _ in LoginAttempt(failures, .loopback(port: 1)) }
        for attempt in attempts {
            #expect(throws: Never.self) { try attempt.admit() }
            #expect(throws: Never.self) { try attempt.admit() }
        }
        #expect(throws: HTTPError.self) { try LoginAttempt(failures, .loopback(port: 2)).admit() }
        for attempt in attempts {
            attempt.end()
            attempt.end()
        }
        #expect(throws: Never.self) { try LoginAttempt(failures, .loopback(port: 2)).admit() }
    }

    @Test("who has failed tries no more at once than it has failures free, and one password after each wait")
    func simultaneousGuesses() {
        let clock = TestClock()
        let failures = FailedLogins(now: clock.now)
        let logger = CapturedLog.logger()
        let peer = SocketAddress.loopback(port: 1)
        func admitted() -> Int {
            let count = (0..<20).prefix { _ in failures.admit(peer) == nil }.count
            for _ in 0..<count { failures.end(peer) }
            return count
        }
        func fail() -> Int {
            failures.fail(peer, AuthRefusal(.wrong, "no"), logger)
            return admitted()
        }
        #expect(admitted() == FailedLogins.simultaneousLimit)
        #expect((0..<6).map { _ in fail() } == [4, 3, 2, 1, 1, 0])
        clock.advance(by: .seconds(1))
        #expect(admitted() == 1)
        #expect(fail() == 0)
        clock.advance(by: .seconds(601))
        #expect(admitted() == FailedLogins.simultaneousLimit)
    }

    @Test("wrong tokens are logged, and keep nobody out who has a password")
    func wrongTokens() async throws {
        try await withProtected(authentication(failures: FailedLogins())) { server in
            for _ in 0..<20 {
                try #expect(server.answer(get("/", "Authorization: Bearer 0123456789abcdeg")).status == 401)
            }
            try #expect(server.answer(get("/", basic("alice:a"))).status == 200)
            #expect(server.log.lines.count { $0.hasPrefix("warning: a login from 127.0.0.1 failed: ") } == 1)
        }
    }

    @Test("the failures of an IPv6 /64 are one line in ten seconds, however many addresses it has")
    func oneLine() {
        let clock = TestClock()
        let log = CapturedLog()
        let failures = FailedLogins(now: clock.now)
        let logger = Logger(label: "test") { _ in log }
        for number in UInt64(0)..<100 {
            failures.fail(.ipv6(1, number, port: 1, zone: 0), AuthRefusal(.wrong, "no"), logger)
        }
        #expect(log.lines.count == 1)
        failures.fail(.ipv6(2, 0, port: 1, zone: 0), AuthRefusal(.wrong, "no"), logger)
        #expect(log.lines.count == 2)
    }

    @Test("a name in the log has no controls, and is not endless")
    func escaped() async throws {
        #expect(FailedLogins.escaped("a\nb\u{1B}\"") == #"a\x0ab\x1b\x22"#)
        #expect(FailedLogins.escaped(String(repeating: "x", count: 100)) == String(repeating: "x", count: 64) + "…")
        try await withProtected(authentication()) { server in
            _ = try server.answer(get("/", basic("ev\"il:geheim")))
            #expect(
                server.log.lines == [
                    #"warning: a login for user "ev\x22il" from 127.0.0.1 failed: Wrong user name or password."#
                ]
            )
        }
    }
}
