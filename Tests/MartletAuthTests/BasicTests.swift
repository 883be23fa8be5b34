import Martlet
import MartletReactor
import MartletWire
import TestSupport
import Testing

@testable import MartletAuth

/// The line of a request with this name and password.
func basic(_ text: String, scheme: String = "Basic") -> String {
    "Authorization: \(scheme) \(Base64.encode(Array(text.utf8)))"
}

@Suite("Basic over a live server (RFC 7617)", .timeLimit(.patient))
struct BasicTests {
    private static let passwords = [
        "Aladdin": "open sesame", "test": "123£", "colons": "a:b:c", "Jos\u{E9}": "p\u{E4}ss w\u{F6}rd \u{1F511}",
        "empty": "",
        "Ἀχιλλεύς": "μῆνις", "a b": "x",
    ]

    private func middleware(realm: String = "r") throws -> BasicAuth {
        BasicAuth(realm: realm, users: try Passwords(Self.passwords), failures: .off)
    }

    @Test(
        "without credentials: 401 with realm and charset",
        .rfc("7617-2-01", "7617-2-02", "7617-2-04", "7617-2.1-01", "9110-11.4-01", "9110-11.6.1-01", "9110-11.5-01")
    )
    func challenge() async throws {
        try await withProtected(middleware(realm: #"a "b""#)) { server in
            let answer = try server.answer(get())
            #expect(answer.status == 401)
            #expect(answer.values("WWW-Authenticate") == [#"Basic realm="a \"b\"", charset="UTF-8""#])
            #expect(answer["Cache-Control"] == "no-store")
        }
    }

    @Test(
        "the user is let in, and the handler knows who it is",
        .rfc("7617-2-03", "7617-2-05", "7617-2.1-02", "7617-2.1-03", "9110-11.1-01"),
        arguments: [
            ("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin"), ("basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin"),
            ("BASIC dGVzdDoxMjPCow==", "test"),
        ]
    )
    func examples(credentials: String, user: String) async throws {
        try await withProtected(middleware()) { server in
            let answer = try server.answer(get("/", "Authorization: \(credentials)"))
            #expect(answer.status == 200)
            #expect(answer.text == "Basic \(user) []: ")
        }
    }

    @Test(
        "names and passwords with colons, spaces, letters beyond ASCII, however they are composed",
        .rfc("7617-2-05", "7617-2.1-02", "7617-2.1-03", "7617-2.1-04"),
        arguments: [
            ("colons:a:b:c", "colons"), ("Jos\u{E9}:p\u{E4}ss w\u{F6}rd \u{1F511}", "José"),
            ("Jose\u{301}:pa\u{308}ss wo\u{308}rd \u{1F511}", "José"), ("empty:", "empty"),
            ("Ἀχιλλεύς:μῆνις", "Ἀχιλλεύς"),
            ("a b:x", "a b"),
        ]
    )
    func texts(text: String, user: String) async throws {
        try await withProtected(middleware()) { server in
            let answer = try server.answer(get("/", basic(text)))
            #expect(answer.text == "Basic \(user) []: ")
        }
    }

    @Test(
        "wrong, and what can be nobody's: 401",
        .rfc("7617-2-05", "7617-2-07", "9110-11.4-01", "7617-2-06"),
        arguments: [
            basic("Aladdin:open"), basic("Aladdin:"), basic("aladdin:open sesame"), basic("nobody:x"), basic("Aladdin"),
            basic(":"), basic("empty:\u{0}"), basic("Aladdin:open\u{7F}sesame"), basic("a\tb:x"),
            basic("Aladdin:open sesame\u{85}"), "Authorization: Basic /zo6", "Authorization: Unknown x",
            "Authorization: Other a=b",
        ]
    )
    func refused(line: String) async throws {
        try await withProtected(middleware()) { server in
            let answer = try server.answer(get("/", line))
            #expect(answer.status == 401)
            #expect(answer["WWW-Authenticate"] == "Basic realm=\"r\", charset=\"UTF-8\"")
        }
    }

    @Test(
        "what is malformed: 400, and no page of an exception",
        .rfc("7617-2-06"),
        arguments: [
            ["Authorization: Basic QWxhZGRpbjpvcGVu!"], ["Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ="],
            ["Authorization: Basic"], ["Authorization: Basic a b"], ["Authorization: Basic user=\"a\", user=\"b\""],
            ["Authorization: "], ["Authorization: Basic dGVzdDoxMjPCow==, Basic dGVzdDoxMjPCow=="],
            [basic("Aladdin:open sesame"), basic("Aladdin:open sesame")],
        ]
    )
    func malformed(lines: [String]) async throws {
        try await withProtected(middleware()) { server in
            let request = "GET / HTTP/1.1\r\nHost: a\r\n\(lines.map { $0 + "\r\n" }.joined())\r\n"
            let answer = try server.answer(request)
            #expect(answer.status == 400)
            #expect(!server.log.contains("error"))
        }
    }

    @Test("who a connection's first request was of says nothing of the second", .rfc("9110-3.3-01"))
    func connection() async throws {
        try await withProtected(middleware()) { server in
            let answers = try server.answers(
                get("/", basic("Aladdin:open sesame")),
                get(),
                get("/", basic("colons:a:b:c"))
            )
            #expect(answers.map(\.status) == [200, 401, 200])
            #expect(answers[2].text == "Basic colons []: ")
        }
    }

    @Test(
        "a user that no client could name is refused",
        .rfc("7617-2-08"),
        arguments: ["a:b", "", "a\u{1}", ":\u{301}"]
    )
    func names(name: String) {
        #expect(throws: AuthError.self) { try Passwords([name: "x"]) }
    }

    /// Counts what it is asked.
    private struct Directory: PasswordVerifier {
        func user(
            named name: String,
            password: String,
            for request: Request,
            attempt: LoginAttempt
        ) async throws -> AuthenticatedUser? {
            try attempt.admit()
            return password == "\(name)!" ? AuthenticatedUser(name: name, scheme: "Basic", groups: ["staff"]) : nil
        }
    }

    @Test("a verifier of one's own", .rfc("7617-4-03"))
    func verifier() async throws {
        try await withProtected(BasicAuth(realm: "r", users: Directory())) { server in
            try #expect(server.answer(get("/", basic("eve:eve!"))).text == "Basic eve [\"staff\"]: ")
            try #expect(server.answer(get("/", basic("eve:eve?"))).status == 401)
        }
    }

    @Test("the form of Unicode in which names and passwords are compared is NFC", .rfc("7617-2.1-04"))
    func normalized() {
        #expect("e\u{301}".normalized == [0xC3, 0xA9])
        #expect("\u{1E9B}\u{323}".normalized == Array("\u{1E9B}\u{323}".utf8))
        #expect("\u{212B}".normalized == [0xC3, 0x85])
        #expect("\u{1100}\u{1161}\u{11A8}".normalized == Array("\u{AC01}".utf8))
        #expect("plain".normalized == Array("plain".utf8))
    }

    @Test("the access log has the user, as one word without controls")
    func accessLog() async throws {
        let folder = try TemporaryDirectory()
        for format in AccessLogFormat.allCases {
            let path = try folder.write("log-\(format)", "")
            let file = try LogSink(path)
            let users = try Passwords(["Aladdin": "x", "a b": "x", "-": "x", "Jos\u{E9}\"": "x"])
            try await withProtected(
                BasicAuth(realm: "r", users: users),
                configure: { $0.accessLog = AccessLogSettings(format: format, fd: file.fd) }
            ) { server in
                for name in ["Aladdin", "a b", "-", "Jos\u{E9}\""] {
                    try #expect(server.answer(get("/", basic("\(name):x"))).status == 200)
                }
                _ = try server.answers(get("/", basic("Aladdin:x")), get("/", basic("Aladdin:y")), get())
            }
            let lines = try file.lines()
            let users2 = lines.map { line -> String in
                if format == .json {
                    return line.firstMatch(of: /"user":"((?:[^"\\]|\\.)*)"/).map { String($0.output.1) } ?? "none"
                }
                return String(line.split(separator: " ")[2])
            }
            let expected =
                format == .json
                ? ["Aladdin", "a b", "-", #"José\""#, "Aladdin", "none", "none"]
                : ["Aladdin", #"a\x20b"#, "\"-\"", #"Jos\xc3\xa9\x22"#, "Aladdin", "-", "-"]
            #expect(users2 == expected)
            #expect(!lines.joined().contains(Base64.encode(Array("Aladdin:x".utf8))))
        }
    }
}
