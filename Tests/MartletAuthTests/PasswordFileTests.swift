import Martlet
import MartletReactor
import TestSupport
import Testing

@testable import MartletAuth

@Suite("Password files", .timeLimit(.patient))
struct PasswordFileTests {
    /// What programs write: a file of htpasswd's, and lines of mkpasswd and openssl.
    private static func line(_ method: String, _ password: String) throws -> String {
        let result =
            switch method {
            case "htpasswd": try run("htpasswd", arguments: ["-nbB", "-C", "5", "alice", password])
            case "openssl-5": try run("openssl", arguments: ["passwd", "-5", password])
            case "openssl-6": try run("openssl", arguments: ["passwd", "-6", password])
            default:
                try run("mkpasswd", arguments: ["-m", method, "-R", method == "yescrypt" ? "1" : "1000", password])
            }
        let text = result.text.split(separator: "\n").first.map(String.init) ?? ""
        return method == "htpasswd" ? text : "alice:\(text)"
    }

    private static func matches(_ file: PasswordFile, _ name: String, _ password: String) async throws -> Bool {
        let attempt = LoginAttempt(.off, .loopback(port: 1))
        let request = try Request(.get, "/", logger: CapturedLog.logger())
        return try await file.user(named: name, password: password, for: request, attempt: attempt) != nil
    }

    @Test(
        "the hashes of htpasswd, mkpasswd and openssl are those of their passwords",
        .rfc("7617-4-03", "7616-4-03"),
        arguments: [
            "htpasswd", "openssl-5", "openssl-6", "sha256crypt", "sha512crypt", "yescrypt", "bcrypt", "bcrypt-a",
        ],
        ["secret", "p\u{E4}ss w\u{F6}rd"]
    )
    func hashes(method: String, password: String) async throws {
        let folder = try TemporaryDirectory()
        // bcrypt of mkpasswd has a cost of 4 at least.
        let line =
            method.hasPrefix("bcrypt")
            ? "alice:"
                + (try run("mkpasswd", arguments: ["-m", method, "-R", "4", password])).text.filter { $0 != "\n" }
            : try Self.line(method, password)
        let file = try PasswordFile(folder.write("users", "# made by \(method)\n\n\(line)\r\n"))
        try await #expect(Self.matches(file, "alice", password), "\(line)")
        try await #expect(Self.matches(file, "alice", "\(password)x") == false)
        try await #expect(Self.matches(file, "alice", "") == false)
        try await #expect(Self.matches(file, "bob", password) == false)
        try await #expect(Self.matches(file, "alice", String(repeating: "x", count: 600)) == false)
    }

    @Test(
        "weak and damaged lines are refused with file, line and remedy",
        .rfc("7617-2-08", "7617-4-03"),
        arguments: [
            ("alice:secret", "not hashed"), ("alice:$apr1$x$y", "MD5"), ("alice:$1$abc$def", "MD5"),
            ("alice:{SHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "SHA-1"), ("alice:rqXexS6ZhobKA", "DES"),
            ("alice", "user:hash"),
            (":$2y$05$x", "no name"), ("alice:$2y$05$x", "not whole"), ("alice:", "not hashed"),
            ("alice:$2y$20$\(String(repeating: "a", count: 53))", "cost"), ("alice:$9$x$y", "not known"),
            ("alice:$5$rounds=99999999$a$\(String(repeating: "a", count: 43))", "rounds"),
            ("alice:$6$a$b", "not whole"), ("alice:$y$j9T$a$b", "not whole"),
            (
                "alice:$5$a$\(String(repeating: "a", count: 43))\nalice:$5$a$\(String(repeating: "a", count: 43))",
                "already"
            ),
        ]
    )
    func refused(text: String, reason: String) throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write("users", "# users\n\(text)\n")
        let error = try #require(throws: AuthError.self) { try PasswordFile(path) }
        #expect(error.description.hasPrefix("\(path):\(reason == "already" ? 3 : 2): "))
        #expect(error.description.contains(reason), "\(error)")
        #expect(reason == "no name" || reason == "already" || error.description.contains("htpasswd -B"), "\(error)")
    }

    @Test("passwords as they are, where that is asked for; weak hashes are refused all the same")
    func plain() async throws {
        let folder = try TemporaryDirectory()
        let file = try PasswordFile(
            folder.write("users", "alice:p\u{E4}ss:word\nbob:rqXexS6ZhobKA\n"),
            allowsPlain: true
        )
        try await #expect(Self.matches(file, "alice", "pa\u{308}ss:word"))
        try await #expect(Self.matches(file, "bob", "rqXexS6ZhobKA"))
        try await #expect(Self.matches(file, "bob", "x") == false)
        let path = try folder.write("weak", "alice:$apr1$x$y\n")
        #expect(throws: AuthError.self) { try PasswordFile(path, allowsPlain: true) }
    }

    @Test("a file that is not there, is a folder, too long or not in UTF-8 is an error that says so")
    func unreadable() throws {
        let folder = try TemporaryDirectory()
        let cases = [
            (folder.path(of: "none"), "There is no file of passwords at"), (folder.path, "is a folder"),
            (try folder.write("long", [UInt8](repeating: 10, count: 1_100_000)), "too long"),
            (try folder.write("latin", [0xFF, 0x3A]), "UTF-8"),
        ]
        for (path, reason) in cases {
            let error = try #require(throws: AuthError.self) { try PasswordFile(path) }
            #expect(error.description.contains(reason), "\(error)")
            #expect(error.description.contains(path), "\(error)")
        }
    }

    @Test(
        "the file is read again when it changed; one that is wrong then leaves the users as they were, and is told of once"
    )
    func changes() async throws {
        let folder = try TemporaryDirectory()
        let clock = TestClock()
        let path = try folder.write("users", "alice:one\n")
        let users = try PasswordFile(path, allowsPlain: true, now: clock.now)
        try await withProtected(BasicAuth(realm: "r", users: users, failures: .off)) { server in
            func status(_ text: String) throws -> Int { try server.answer(get("/", basic(text))).status }
            try #expect(status("alice:one") == 200)
            try folder.write("users", "alice:two\n")
            // Not asked again within a second.
            try #expect(status("alice:one") == 200)
            clock.advance(by: .seconds(1))
            try #expect(status("alice:one") == 401)
            try #expect(status("alice:two") == 200)
            try folder.write("users", "nonsense\n")
            for _ in 0..<3 {
                clock.advance(by: .seconds(1))
                try #expect(status("alice:two") == 200)
            }
            #expect(server.log.lines.count { $0.hasPrefix("error: ") && $0.contains("\(path):1: ") } == 1)
            try folder.write("users", "alice:three\n")
            clock.advance(by: .seconds(1))
            try #expect(status("alice:three") == 200)
        }
    }

    @Test("a right password is hashed once in a while, however many requests come with it")
    func remembered() async throws {
        let clock = TestClock()
        let remembered = RememberedLogins(lifetime: .init(.seconds(300)), limit: 4, now: clock.now)
        let checks = Locked(0)
        func isRight(_ code: UInt8, _ outcome: Bool = true) async throws -> Bool {
            try await remembered.isRight([code], joined: {}) { _ in
                checks.withLock { $0 += 1 }
                return outcome
            }
        }
        for _ in 0..<50 { try await #expect(isRight(1)) }
        #expect(checks.withLock { $0 } == 1)
        clock.advance(by: .seconds(300))
        try await #expect(isRight(1))
        #expect(checks.withLock { $0 } == 2)
        for _ in 0..<3 { try await #expect(isRight(2, false) == false) }
        #expect(checks.withLock { $0 } == 5)
        // Of many, the oldest are forgotten.
        for code in UInt8(10)..<20 { try await #expect(isRight(code)) }
        try await #expect(isRight(1))
        #expect(checks.withLock { $0 } == 16)
    }

    @Test(
        "who was logged in goes on when the time is over, though somebody at the same address guesses; nobody else does"
    )
    func undisturbed() async throws {
        let folder = try TemporaryDirectory()
        let clock = TestClock()
        let users = try PasswordFile(
            folder.write("users", "alice:one\nbob:two\n"),
            allowsPlain: true,
            now: clock.now
        )
        let failures = FailedLogins(free: 0, now: clock.now)
        try await withProtected(BasicAuth(realm: "r", users: users, failures: failures)) { server in
            func status(_ text: String) throws -> Int { try server.answer(get("/", basic(text))).status }
            try #expect(status("alice:one") == 200)
            clock.advance(by: .seconds(301))
            try #expect(status("bob:guess") == 401)
            try #expect(status("bob:two") == 429)
            try #expect(status("alice:one") == 200)
            try #expect(status("alice:guess") == 429)
        }
    }

    @Test("requests that come while their password is hashed wait for that hash, and for no other")
    func joined() async throws {
        let remembered = RememberedLogins(lifetime: .init(.seconds(300)), now: Instant.now)
        let gate = Gate()
        let checks = Locked(0)
        let joined = Locked(0)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await remembered.isRight([1], joined: { joined.withLock { $0 += 1 } }) { _ in
                        checks.withLock { $0 += 1 }
                        await gate.pass()
                        return true
                    }
                }
            }
            try await eventually("a check has begun") { checks.withLock { $0 } == 1 }
            try await #expect(remembered.isRight([2], joined: {}) { _ in false } == false)
            gate.open()
            for try await isRight in group { #expect(isRight) }
        }
        #expect(checks.withLock { $0 } == 1)
    }

    @Test("a check that came to nothing is made again by who waited for it")
    func failedCheck() async throws {
        struct Busy: Error {}
        let remembered = RememberedLogins(lifetime: .init(.seconds(300)), now: Instant.now)
        let gate = Gate()
        let checks = Locked(0)
        let results = await withTaskGroup(of: Bool?.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    try? await remembered.isRight([1], joined: {}) { _ in
                        let number = checks.withLock { checks in
                            checks += 1
                            return checks
                        }
                        await gate.pass()
                        if number == 1 { throw Busy() }
                        return true
                    }
                }
            }
            gate.open()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.count { $0 == nil } == 1)
        #expect(results.count { $0 == true } == 2)
    }

    @Test("when too many hashes wait, more requests are answered 503 with Retry-After, and no loop waits")
    func crowded() async throws {
        let folder = try TemporaryDirectory()
        let line = try Self.line("htpasswd", "secret")
        let gate = BlockingGate()
        let pool = ThreadPool(name: "test-crypt", threads: 1, queueLimit: 1)
        // One that blocks, one that waits.
        pool.start { gate.pass() }
        let users = try PasswordFile(folder.write("users", line), pool: pool)
        try await withProtected(BasicAuth(realm: "r", users: users, failures: .off)) { server in
            try await eventually("the thread is busy") { gate.isReached }
            pool.start {}
            let answer = try server.answer(get("/", basic("alice:secret")))
            #expect(answer.status == 503)
            #expect(answer["Retry-After"] == "1")
            try #expect(server.answer(get()).status == 401)
            gate.open()
            try await eventually("there is room again") {
                try server.answer(get("/", basic("alice:secret"))).status == 200
            }
        }
    }

    @Test("a password that is too long for libcrypt is a guess like any other")
    func tooLong() async throws {
        let folder = try TemporaryDirectory()
        let file = try PasswordFile(folder.write("users", "alice:x\n"), allowsPlain: true)
        let failures = FailedLogins(free: 0)
        let request = try Request(.get, "/", logger: CapturedLog.logger())
        func attempt() async throws {
            let attempt = LoginAttempt(failures, request.peer)
            defer { attempt.end() }
            let password = String(repeating: "x", count: 600)
            let user = try await file.user(named: "alice", password: password, for: request, attempt: attempt)
            #expect(user == nil)
            attempt.fail(AuthRefusal(.wrong, "no"), request.logger)
        }
        try await attempt()
        await #expect(throws: HTTPError.self) { try await attempt() }
    }

    @Test("a file that everybody can read is warned of")
    func warnings() throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write("users", "alice:x\n")
        let file = try PasswordFile(path, allowsPlain: true)
        #expect(file.warnings == ["Everybody on this machine can read the passwords in \(path): chmod 600 \(path)"])
    }
}
