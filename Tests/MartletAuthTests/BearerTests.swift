import HTTPTypes
import Martlet
import TestSupport
import Testing

@testable import MartletAuth

@Suite("Bearer over a live server (RFC 6750)", .timeLimit(.patient))
struct BearerTests {
    static let token = "mF_9.B5f-4.1JqM~0123456789/+=="

    private func middleware(_ sources: BearerAuth.Sources = [], scopes: [String] = []) throws -> BearerAuth {
        var tokens = Tokens()
        try tokens.add(Self.token, name: "backup", scopes: ["read", "write"])
        try tokens.add("0123456789abcdef", name: "reader", scopes: ["read"])
        return BearerAuth(realm: "r", tokens: tokens, scopes: scopes, sources: sources)
    }

    @Test(
        "without a token: 401 with realm and scope, and no error",
        .rfc("6750-3-01", "6750-3-02", "6750-3-03", "6750-3.1-04", "9110-11.4-01", "9110-11.6.1-01")
    )
    func challenge() async throws {
        try await withProtected(middleware(scopes: ["read", "write"])) { server in
            let answer = try server.answer(get())
            #expect(answer.status == 401)
            #expect(answer.values("WWW-Authenticate") == [#"Bearer realm="r", scope="read write""#])
        }
    }

    @Test("a token is let in, the scheme in any case", .rfc("6750-2.1-01"), arguments: ["Bearer", "bearer", "BEARER"])
    func rightToken(scheme: String) async throws {
        try await withProtected(middleware()) { server in
            let answer = try server.answer(get("/", "Authorization: \(scheme) \(Self.token)"))
            #expect(answer.status == 200)
            #expect(answer.text == #"Bearer backup ["read", "write"]: "#)
            #expect(answer["Cache-Control"] == nil)
        }
    }

    @Test("a token of nobody: 401 with invalid_token, logged without it", .rfc("6750-3-01", "6750-3-06", "6750-3.1-02"))
    func wrongToken() async throws {
        try await withProtected(middleware()) { server in
            let answer = try server.answer(get("/", "Authorization: Bearer 0123456789abcdeg"))
            #expect(answer.status == 401)
            #expect(
                answer.values("WWW-Authenticate") == [
                    #"Bearer realm="r", error="invalid_token", error_description="The access token is unknown, expired or revoked.""#
                ]
            )
            #expect(server.log.lines.count == 1)
            #expect(!server.log.lines.joined().contains("0123456789abcdeg"))
        }
    }

    @Test(
        "what is no token: 400 with invalid_request",
        .rfc("6750-3-01", "6750-3.1-01", "6750-3-06"),
        arguments: ["Bearer", "Bearer a b", "Bearer realm=\"x\"", "Bearer töken", "bearer x, y"]
    )
    func malformed(credentials: String) async throws {
        try await withProtected(middleware()) { server in
            let answer = try server.answer(get("/", "Authorization: \(credentials)"))
            #expect(answer.status == 400)
            let challenge = try #require(answer["WWW-Authenticate"])
            #expect(challenge.hasPrefix(#"Bearer realm="r", error="invalid_request", error_description=""#))
        }
    }

    @Test("a scope that is missing: 403 with insufficient_scope and that scope", .rfc("6750-3.1-03", "9110-11.4-02"))
    func insufficientScope() async throws {
        let rules = try AccessRules(["GET /** @read", "* /** @write,@admin"])
        try await withProtected(Authentication(middleware(), rules: rules)) { server in
            let line = "Authorization: Bearer 0123456789abcdef"
            try #expect(server.answer(get("/", line)).status == 200)
            let answer = try server.answer(get("/", line, method: "PUT", body: "x"))
            #expect(answer.status == 403)
            #expect(
                answer["WWW-Authenticate"]
                    == #"Bearer realm="r", error="insufficient_scope", scope="admin write", error_description="You may not do this here.""#
            )
        }
    }

    @Test("in query and form a token counts only where that is asked for", .rfc("6750-2.2-01", "6750-2.3-01"))
    func otherSources() async throws {
        try await withProtected(middleware()) { server in
            try #expect(server.answer(get("/?access_token=0123456789abcdef")).status == 401)
            let form = "access_token=0123456789abcdef"
            let type = "Content-Type: application/x-www-form-urlencoded"
            try #expect(server.answer(get("/", type, method: "POST", body: form)).status == 401)
        }
    }

    @Test("a token in the query: the answer is for no shared cache", .rfc("6750-2.3-01", "6750-2.3-02"))
    func query() async throws {
        try await withProtected(middleware(.query)) { server in
            let answer = try server.answer(get("/?a=b&access_token=0123456789abcdef"))
            #expect(answer.status == 200)
            #expect(answer["Cache-Control"] == "private")
            try #expect(server.answer(get("/?access_token=")).status == 400)
            try #expect(server.answer(get("/?access_token=x")).status == 401)
        }
    }

    private struct Cached: Handler {
        func respond(to request: Request) async throws -> Response {
            var response = Response.text("x")
            response.fields.append(.cacheControl, "public, max-age=60, s-maxage=9")
            return response
        }
    }

    @Test("what the handler says of caches stays, but for those that are shared", .rfc("6750-2.3-02"))
    func cached() async throws {
        try await withProtected(middleware(.query), handler: Cached()) { server in
            let answer = try server.answer(get("/?access_token=0123456789abcdef"))
            #expect(answer["Cache-Control"] == "private, max-age=60")
        }
    }

    @Test("a token in a form is taken, and the handler has the form", .rfc("6750-2.2-01", "6750-2.2-02"))
    func form() async throws {
        try await withProtected(middleware(.form)) { server in
            let form = "a=b&access_token=0123456789abcdef"
            let type = "Content-Type: application/x-www-form-urlencoded"
            let answer = try server.answer(get("/", type, method: "POST", body: form))
            #expect(answer.status == 200)
            #expect(answer.text == "Bearer reader [\"read\"]: \(form)")
            try #expect(server.answer(get("/", type, method: "PUT", body: form)).status == 200)
        }
    }

    @Test(
        "a form of another type, beyond ASCII, in parts or of a method without content is not looked at",
        .rfc("6750-2.2-02"),
        arguments: [
            ("POST", "text/plain", "access_token=0123456789abcdef"),
            ("POST", "multipart/form-data; boundary=b", "access_token=0123456789abcdef"),
            ("POST", "application/x-www-form-urlencoded", "a=é&access_token=0123456789abcdef"),
            ("GET", "application/x-www-form-urlencoded", "access_token=0123456789abcdef"),
        ]
    )
    func noForm(method: String, type: String, body: String) async throws {
        try await withProtected(middleware(.form)) { server in
            try #expect(server.answer(get("/", "Content-Type: \(type)", method: method, body: body)).status == 401)
        }
    }

    @Test(
        "a token in two ways is refused, whatever it is",
        .rfc("6750-2-01", "6750-3.1-01"),
        arguments: [
            ("/?access_token=0123456789abcdef", ["Authorization: Bearer 0123456789abcdef"], "a=b"),
            ("/?access_token=0123456789abcdef&access_token=0123456789abcdef", [], "a=b"),
            ("/?access_token=0123456789abcdef", [], "access_token=0123456789abcdef"),
            ("/", ["Authorization: Bearer 0123456789abcdef"], "access_token=x"),
            ("/?access_token=0123456789abcdef", ["Authorization: Basic YTpi"], "a=b"),
        ]
    )
    func twice(target: String, lines: [String], body: String) async throws {
        try await withProtected(middleware([.query, .form])) { server in
            let type = "Content-Type: application/x-www-form-urlencoded"
            let fields = (lines + [type]).map { $0 + "\r\n" }.joined()
            let request =
                "POST \(target) HTTP/1.1\r\nHost: a\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
            let answer = try server.answer(request)
            #expect(answer.status == 400)
            #expect(answer["WWW-Authenticate"]?.contains("error=\"invalid_request\"") == true)
        }
    }

    /// Says no in many words.
    private struct Issuer: TokenVerifier {
        let refusal: TokenRefusal

        func user(of token: String, for request: Request) async throws -> AuthenticatedUser? {
            guard token == "good", request.head.authority?.host == "a" else { throw refusal }
            return AuthenticatedUser(name: "x", scheme: "Bearer")
        }
    }

    @Test(
        "a verifier of one's own says why, in the characters that may stand there",
        .rfc("6750-3-07", "6750-3-08", "6750-3-10", "6750-3-11", "6750-5.2-04")
    )
    func verifier() async throws {
        let refusal = TokenRefusal("expired \"yesterday\" \\ é\r\n", uri: "https://a.example/why#x")
        try await withProtected(BearerAuth(realm: "r", tokens: Issuer(refusal: refusal))) { server in
            try #expect(server.answer(get("/", "Authorization: Bearer good")).status == 200)
            let challenge = try #require(try server.answer(get("/", "Authorization: Bearer bad"))["WWW-Authenticate"])
            #expect(
                challenge
                    == #"Bearer realm="r", error="invalid_token", error_description="expired ?yesterday? ? ????", error_uri="https://a.example/why#x""#
            )
        }
        #expect(TokenRefusal("x", uri: "https://a b").uri == nil)
        #expect(TokenRefusal("x", uri: "\"").uri == nil)
    }

    @Test(
        "scopes have no other characters than they may",
        .rfc("6750-3-09"),
        arguments: [
            ("read", true), ("a:b/c!", true), ("", false), ("a b", false), ("a\"", false), ("a\\", false), ("é", false),
        ]
    )
    func scopes(text: String, isScope: Bool) {
        #expect(BearerAuth.isScope(text) == isScope)
        var tokens = Tokens()
        if isScope {
            #expect(throws: Never.self) { try tokens.add("0123456789abcdef", name: "x", scopes: [text]) }
        } else {
            #expect(throws: AuthError.self) { try tokens.add("0123456789abcdef", name: "x", scopes: [text]) }
        }
    }

    @Test("a file of tokens has their hashes, and is read again: a line that goes ends its token")
    func file() async throws {
        let folder = try TemporaryDirectory()
        let clock = TestClock()
        let hash = try run("sh", arguments: ["-c", "printf %s 0123456789abcdef | sha256sum | cut -d' ' -f1"]).text
        let path = try folder.write("tokens", "# made\nbackup:read write:\(hash)")
        let tokens = try TokenFile(path, now: clock.now)
        try await withProtected(BearerAuth(realm: "r", tokens: tokens)) { server in
            let line = "Authorization: Bearer 0123456789abcdef"
            try #expect(server.answer(get("/", line)).text == #"Bearer backup ["read", "write"]: "#)
            try #expect(server.answer(get("/", "Authorization: Bearer \(hash.dropLast())")).status == 401)
            try folder.write("tokens", "")
            clock.advance(by: .seconds(1))
            try #expect(server.answer(get("/", line)).status == 401)
        }
    }

    @Test("a line that is none is named", arguments: ["a:b", "a:b:xx", ":b:*", "a:\"b\":*", "a:b:*\nc:d:*"])
    func damagedFile(text: String) throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write("tokens", text.replacing("*", with: String(repeating: "a", count: 64)))
        let error = try #require(throws: AuthError.self) { try TokenFile(path) }
        #expect(error.description.hasPrefix("\(path):"))
    }

    @Test(
        "tokens that could be guessed or not be sent are refused",
        arguments: ["short", "0123456789 abcdef", "0123456789äbcdef"]
    )
    func weak(token: String) {
        var tokens = Tokens()
        #expect(throws: AuthError.self) { try tokens.add(token, name: "x") }
    }

    @Test("logs leave a token in the query out")
    func logs() async throws {
        let folder = try TemporaryDirectory()
        for format in AccessLogFormat.allCases {
            let file = try LogSink(folder.write("log-\(format)", ""))
            try await withProtected(
                middleware(.query),
                configure: { $0.accessLog = AccessLogSettings(format: format, fd: file.fd) }
            ) { server in
                _ = try server.answer(get("/?access_token=0123456789abcdef&a=b"))
                _ = try server.answer(get("/?a=b&access_token=0123456789abcdef&access_token=c"))
                _ = try server.answer(get("/?xaccess_token=d"))
                _ = try server.answer(get("/?access%5Ftoken=0123456789abcdef"))
                _ = try server.answer(get("/", "Referer: http://a/?access_token=0123456789abcdef"))
            }
            let text = try file.lines().joined()
            #expect(!text.contains("0123456789abcdef"), "\(text)")
            #expect(text.contains("/?access_token=***&a=b"), "\(text)")
            #expect(text.contains("/?a=b&access_token=***&access_token=***"), "\(text)")
            #expect(text.contains("/?xaccess_token=d"), "\(text)")
            #expect(text.contains("/?access%5Ftoken=***"), "\(text)")
            #expect(text.contains("http://a/?access_token=***") || format == .common, "\(text)")
        }
    }
}
