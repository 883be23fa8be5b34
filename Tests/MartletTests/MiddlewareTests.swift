import HTTPTypes
import Logging
import MartletReactor
import MartletWire
import TestSupport
import Testing

@testable import Martlet

/// What comes out of middleware, outermost first, with a handler behind it and no connection.
func answer(
    _ middleware: any Middleware...,
    to request: Request,
    by handler: @escaping @Sendable (Request) async throws -> Response = { _ in .text("hello") }
) async throws -> Response {
    try await Next(Endpoint(.handler(Waiting(handler)), middleware: middleware))(request)
}

/// A handler behind middleware, for a server.
func behind(_ middleware: any Middleware..., handler: any Handler) -> any Handler {
    SingleEndpoint(Endpoint(.handler(handler), middleware: middleware))
}

extension Fields {
    /// Fields from lines such as "Origin: https://a.example".
    init(lines: [String]) {
        self.init()
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let name = HTTPField.Name(String(parts[0])) else { continue }
            append(name, String(parts[1]))
        }
    }

    /// "name: value", a line each, in order.
    var text: String { map { "\($0.name): \($0.value)" }.joined(separator: "\n") }
}

@Suite("CORS opens what browsers close, as the Fetch standard says")
struct CORSTests {
    private static let app = CORS(
        .only(["https://app.example", "http://localhost:5173"]),
        methods: [.put, .delete],
        fields: [.contentType, .authorization],
        exposed: [.eTag, .location],
        credentials: true,
        maxAge: .seconds(60)
    )

    @Test("a preflight is answered without the handler: 204, with all that is allowed")
    func preflight() async throws {
        let called = Record<Int>()
        let request = try Request(
            .options,
            "/notes",
            fields: Fields(lines: [
                "Origin: https://app.example", "Access-Control-Request-Method: PUT",
                "Access-Control-Request-Headers: authorization",
            ])
        )
        let response = try await answer(Self.app, to: request) { _ in
            called.append(1)
            return .text("hello")
        }
        #expect(response.status == .noContent)
        #expect(
            response.fields.text == """
                Access-Control-Allow-Methods: PUT, DELETE
                Access-Control-Allow-Headers: Content-Type, Authorization
                Access-Control-Max-Age: 60
                Vary: Origin
                Access-Control-Allow-Origin: https://app.example
                Access-Control-Allow-Credentials: true
                """
        )
        #expect(called.all.isEmpty)
    }

    @Test(
        "OPTIONS that is no preflight goes to the handler",
        arguments: [["Origin: https://app.example"], ["Access-Control-Request-Method: PUT"], []]
    )
    func options(lines: [String]) async throws {
        let request = try Request(.options, "/", fields: Fields(lines: lines))
        let response = try await answer(Self.app, to: request)
        #expect(response.status == .ok)
    }

    @Test(
        "a page that is not allowed is told nothing, and no cache gives that answer to another",
        arguments: [
            "https://evil.example", "https://app.example.evil.example", "https://APP.example", "http://app.example",
            "https://app.example:8443", "https://app.example/", "null", "https://app.example, https://evil.example",
            "*",
        ]
    )
    func refused(origin: String) async throws {
        let preflight = try Request(
            .options,
            "/",
            fields: Fields(lines: ["Origin: \(origin)", "Access-Control-Request-Method: PUT"])
        )
        let answered = try await answer(Self.app, to: preflight)
        #expect(answered.status == .noContent)
        #expect(answered.fields.text == "Vary: Origin")
        let plain = try await answer(Self.app, to: Request(.get, "/", fields: Fields(lines: ["Origin: \(origin)"])))
        #expect(plain.fields.text == "Content-Type: text/plain; charset=utf-8\nVary: Origin")
    }

    @Test("an answer to an allowed page names the page's origin, whatever the handler said of origins")
    func allowed() async throws {
        let request = try Request(.get, "/", fields: Fields(lines: ["Origin: http://localhost:5173"]))
        let response = try await answer(Self.app, to: request) { _ in
            Response(fields: Fields(lines: ["Vary: Accept, ORIGIN", "Access-Control-Allow-Origin: *"]))
        }
        #expect(
            response.fields.text == """
                Vary: Accept, ORIGIN
                Access-Control-Allow-Origin: http://localhost:5173
                Access-Control-Allow-Credentials: true
                Access-Control-Expose-Headers: ETag, Location
                """
        )
    }

    @Test("without Origin, too, the answer says that it depends on it")
    func noOrigin() async throws {
        let response = try await answer(Self.app, to: Request(.get, "/"))
        #expect(response.fields.text == "Content-Type: text/plain; charset=utf-8\nVary: Origin")
    }

    @Test("open to everybody the answer is the same for all, so it depends on nothing")
    func any() async throws {
        for lines in [[], ["Origin: https://a.example"], ["Origin: null"]] {
            let response = try await answer(CORS(), to: Request(.get, "/", fields: Fields(lines: lines)))
            let expected = "Content-Type: text/plain; charset=utf-8\nAccess-Control-Allow-Origin: *"
            #expect(response.fields.text == expected)
        }
        let preflight = try Request(
            .options,
            "/",
            fields: Fields(lines: ["Origin: https://a.example", "Access-Control-Request-Method: QUERY"])
        )
        #expect(
            try await answer(CORS(), to: preflight).fields.text == """
                Access-Control-Allow-Methods: GET, HEAD, POST, PUT, PATCH, DELETE, QUERY
                Access-Control-Allow-Headers: Content-Type
                Access-Control-Max-Age: 600
                Access-Control-Allow-Origin: *
                """
        )
    }

    @Test("an error can be read by an allowed page as well")
    func errors() async throws {
        let request = try Request(.get, "/", fields: Fields(lines: ["Origin: https://app.example"]))
        let response = try await answer(Self.app, to: request) { _ in throw HTTPError(.notFound) }
        #expect(response.status == .notFound)
        #expect(response.fields[.accessControlAllowOrigin] == "https://app.example")
        #expect(response.fields[.vary] == "Accept, Origin")
    }

    @Test("credentials for everybody do not start")
    func credentials() async {
        await #expect(processExitsWith: .failure) { _ = CORS(.any, credentials: true) }
    }

    @Test("an origin that no browser sends does not start")
    func origins() async {
        await #expect(processExitsWith: .failure) { _ = CORS(.only(["https://app.example/"])) }
    }
}

@Suite("Security fields")
struct SecurityHeadersTests {
    @Test("the defaults, and no promise of HTTPS among them")
    func defaults() async throws {
        let response = try await answer(SecurityHeaders(), to: Request(.get, "/")) { _ in Response() }
        #expect(
            response.fields.text == """
                X-Content-Type-Options: nosniff
                Content-Security-Policy: frame-ancestors 'self'
                Referrer-Policy: strict-origin-when-cross-origin
                Cross-Origin-Opener-Policy: same-origin
                """
        )
    }

    @Test("each can be changed or left out, and others added; errors have them too")
    func adjusted() async throws {
        let permissions = try #require(HTTPField.Name("Permissions-Policy"))
        let middleware = SecurityHeaders(
            contentSecurityPolicy: "default-src 'self'",
            referrerPolicy: nil,
            openerPolicy: nil,
            strictTransportSecurity: "max-age=31536000",
            others: [(permissions, "camera=()")]
        )
        let response = try await answer(middleware, to: Request(.get, "/")) { _ in throw CancelledOtherwise() }
        #expect(response.status == .internalServerError)
        #expect(
            response.fields.text.hasSuffix(
                """
                X-Content-Type-Options: nosniff
                Content-Security-Policy: default-src 'self'
                Strict-Transport-Security: max-age=31536000
                Permissions-Policy: camera=()
                """
            )
        )
    }

    private struct CancelledOtherwise: Error {}

    @Test("what the handler set stays")
    func kept() async throws {
        let response = try await answer(SecurityHeaders(), to: Request(.get, "/")) { _ in
            Response(fields: Fields(lines: ["content-security-policy: default-src 'none'", "Referrer-Policy: origin"]))
        }
        #expect(response.fields.values(of: .contentSecurityPolicy) == ["default-src 'none'"])
        #expect(response.fields.values(of: .referrerPolicy) == ["origin"])
        #expect(response.fields[.xContentTypeOptions] == "nosniff")
    }

    @Test("a value that would be two lines does not start")
    func invalid() async {
        await #expect(processExitsWith: .failure) { _ = SecurityHeaders(referrerPolicy: "origin\r\nSet-Cookie: a=b") }
    }
}

@Suite("A name for each request")
struct RequestIDTests {
    @Test("handler, log and answer have the same name, and no two requests have it")
    func name() async throws {
        let log = MetadataLog()
        let logger = Logger(label: "test") { _ in log }
        var seen: Set<String> = []
        for _ in 1...50 {
            let response = try await answer(RequestID(), to: Request(.get, "/", logger: logger)) { request in
                request.logger.info("in the handler")
                return .text(request.id ?? "")
            }
            guard case .string(let id) = response.body else { throw Missing() }
            #expect(id.wholeMatch(of: /[0-9a-f]{32}/) != nil)
            #expect(response.fields.values(of: .xRequestID) == [id])
            #expect(log.lines.last == "info: in the handler request_id=\(id)")
            seen.insert(id)
        }
        #expect(seen.count == 50)
    }

    private struct Missing: Error {}

    @Test("the log of an error that the handler threw has the name")
    func error() async throws {
        let log = MetadataLog()
        let request = try Request(.get, "/", logger: Logger(label: "test") { _ in log })
        let response = try await answer(RequestID(), to: request) { _ in throw Missing() }
        let id = try #require(response.fields[.xRequestID])
        #expect(response.status == .internalServerError)
        #expect(log.lines.last == "error: 500 for \"GET / HTTP/1.1\" of 127.0.0.1: Missing() request_id=\(id)")
    }

    @Test("a name that came in counts only when the client is trusted")
    func trust() async throws {
        let request = try Request(.get, "/", fields: Fields(lines: ["X-Request-Id: Root=1-67891233.a_b+c/d:e~f"]))
        let trusted = try await answer(RequestID(trustsClient: true), to: request)
        #expect(trusted.fields[.xRequestID] == "Root=1-67891233.a_b+c/d:e~f")
        let other = try await answer(RequestID(), to: request)
        #expect(other.fields[.xRequestID] != "Root=1-67891233.a_b+c/d:e~f")
    }

    @Test(
        "what is not well-formed is no name, from a trusted client either",
        arguments: [
            [""], ["a b"], ["a\"b"], ["a,b"], ["a", "b"], ["<a>"], ["a{b}"], ["\u{E9}"],
            [String(repeating: "a", count: 129)],
        ]
    )
    func malformed(values: [String]) async throws {
        let fields = Fields(lines: values.map { "X-Request-Id: \($0)" })
        let response = try await answer(RequestID(trustsClient: true), to: Request(.get, "/", fields: fields))
        #expect(response.fields[.xRequestID]?.wholeMatch(of: /[0-9a-f]{32}/) != nil)
    }
}

@Suite("Structured request logs")
struct RequestLoggingTests {
    @Test("a line for each answer, errors included, with the request's name when there is one")
    func line() async throws {
        let log = MetadataLog()
        let request = try Request(.delete, "/a%20b?secret=1", logger: Logger(label: "test") { _ in log })
        _ = try await answer(RequestID(), RequestLogging(level: .notice), to: request) { _ in
            throw HTTPError(.notFound)
        }
        let line = try #require(log.lines.last)
        let expected =
            /notice: request duration_us=\d+ method=DELETE path=\/a%20b peer=127\.0\.0\.1 request_id=[0-9a-f]{32} status=404/
        #expect(line.wholeMatch(of: expected) != nil, "\(line)")
        #expect(log.lines.count == 1)
    }

    @Test("behind a router the line names the route, so that lines can be counted by it")
    func route() async throws {
        let log = MetadataLog()
        let router = try Router(middleware: [RequestLogging()]) {
            Route("/notes/:id") { _ in .text("a note") }
        }
        _ = try await router.respond(to: Request(.get, "/notes/7", logger: Logger(label: "test") { _ in log }))
        let line = try #require(log.lines.last)
        #expect(line.contains(" path=/notes/7 "))
        #expect(line.contains(" route=/notes/:id "))
    }
}

/// Remembers "level: message key=value …", keys in order. Copies share what they remember, not their metadata.
struct MetadataLog: LogHandler {
    private let messages = Record<String>()
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    var lines: [String] { messages.all }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let text = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        messages.append("\(event.level): \(event.message)\(text)")
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
}

@Suite("A POST that stands for another method")
struct MethodOverrideTests {
    private struct Note: GET, PUT, DELETE, POST {
        func get(_ request: Request) -> Response { .text("get") }
        func put(_ request: Request) -> Response { .text("put \(request.method)") }
        func delete(_ request: Request) -> Response { .text("delete") }
        func post(_ request: Request) -> Response { .text("post") }
    }

    @Test(
        "the field chooses the function, for POST alone and for allowed methods alone",
        arguments: [
            ("POST", "X-HTTP-Method-Override: PUT", "put PUT"), ("POST", "x-http-method-override: DELETE", "delete"),
            ("POST", "X-Other: PUT", "post"), ("GET", "X-HTTP-Method-Override: DELETE", "get"),
            ("PUT", "X-HTTP-Method-Override: DELETE", "put PUT"),
            ("POST", "X-HTTP-Method-Override: PATCH", "405"), ("POST", "X-HTTP-Method-Override: GET", "400"),
            ("POST", "X-HTTP-Method-Override: put", "400"), ("POST", "X-HTTP-Method-Override: CONNECT", "400"),
            ("POST", "X-HTTP-Method-Override:", "400"), ("POST", "X-HTTP-Method-Override: PUT, PUT", "400"),
        ]
    )
    func choice(method: String, line: String, expected: String) async throws {
        try await withServer(MethodOverride(Note())) { server in
            let socket = try server.connect()
            try socket.send("\(method) / HTTP/1.1\r\nHost: a\r\n\(line)\r\nConnection: close\r\n\r\n")
            let answer = try #require(WireAnswer(try socket.receiveAll()))
            #expect(answer.status == Int(expected) ?? 200)
            if answer.status == 200 { #expect(answer.text == expected) }
        }
    }
}
