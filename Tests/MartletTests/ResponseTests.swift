import HTTPTypes
import MartletWire
import TestSupport
import Testing

@testable import Martlet

@Suite("Answers are framed so that nobody can misread them", .timeLimit(.patient))
struct ResponseTests {
    @Test(
        "HEAD gets the head of GET, its Content-Length included, and no content",
        .rfc("9110-9.3.2-01", "9110-9.3.2-02", "9110-8.6-01", "9112-6.3-01")
    )
    func head() async throws {
        let text = String(repeating: "x", count: 50_000)
        try await withServer(Immediate { _ in .text(text) }) { server in
            let socket = try server.connect()
            try socket.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" + get())
            try socket.expect(String(ok(text).dropLast(50_000)) + ok(text))
        }
    }

    @Test("HEAD of an error has no content either", .rfc("9110-9.3.2-01", "9110-6.6.1-02"))
    func headOfError() async throws {
        try await withServer(Immediate { _ in throw HTTPError(.notFound) }) { server in
            let socket = try server.connect()
            try socket.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" + get())
            let page = "404 Not Found\nThere is nothing at this address.\n"
            let whole = answer("404 Not Found", page, error: true)
            try socket.expect(String(whole.dropLast(page.count)) + whole)
        }
    }

    @Test(
        "answers that have no content have none, whatever the handler gave",
        .rfc(
            "9110-15.3.5-01",
            "9110-15.3.6-01",
            "9110-15.4.5-05",
            "9110-8.6-03",
            "9110-8.6-04",
            "9112-6.1-07",
            "9112-6.3-01",
            "9110-6.6.1-02"
        ),
        arguments: [
            (HTTPResponse.Status.noContent, "HTTP/1.1 204 No Content\r\nDate: *\r\n\r\n"),
            (.notModified, "HTTP/1.1 304 Not Modified\r\nDate: *\r\n\r\n"),
            (.resetContent, "HTTP/1.1 205 Reset Content\r\nDate: *\r\nContent-Length: 0\r\n\r\n"),
        ]
    )
    func noContent(status: HTTPResponse.Status, expected: String) async throws {
        let handler = Immediate { request in
            request.head.rawPath == "/next" ? .text("next") : Response(status: status, body: .bytes(Array("body".utf8)))
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(get() + "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" + get("/next"))
            try socket.expect(expected + expected + ok("next"))
        }
    }

    @Test("an empty answer says that it is empty", .rfc("9110-6.4.1-01", "9112-2.2-07", "9112-4-01"))
    func empty() async throws {
        try await withServer(Immediate { _ in Response() }) { server in
            let socket = try server.connect()
            try socket.send(get() + get())
            let expected = "HTTP/1.1 200 OK\r\nDate: *\r\nContent-Length: 0\r\n\r\n"
            try socket.expect(expected + expected)
        }
    }

    @Test("fields that frame the message are the server's alone", .rfc("9112-6.2-01"))
    func ownFields() async throws {
        let handler = Immediate { _ in
            var response = Response.text("hello")
            response.fields.append(.contentLength, "3")
            response.fields.append(.transferEncoding, "chunked")
            response.fields.append(.date, "yesterday")
            response.fields.append(.server, "other")
            response.fields.append(.connection, "x-private")
            return response
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(get() + get())
            try socket.expect(ok("hello") + ok("hello"))
        }
    }

    @Test("fields of the configuration replace the handler's, but never those that frame the message")
    func configuredFields() async throws {
        let handler = Immediate { _ in
            var response = Response.text("hello")
            response.fields.append(.cacheControl, "no-store")
            return response
        }
        try await withServer(
            handler,
            configure: { configuration in
                configuration.serverName = "Martlet"
                configuration.fields.append(.cacheControl, "max-age=60")
                configuration.fields.append(.contentLength, "3")
                configuration.fields.append(.transferEncoding, "chunked")
                configuration.fields.append(.connection, "close")
                configuration.fields.append(.date, "yesterday")
                configuration.fields.append(.server, "other")
            }
        ) { server in
            let socket = try server.connect()
            try socket.send(get() + get())
            let expected =
                "HTTP/1.1 200 OK\r\nDate: *\r\nServer: Martlet\r\nContent-Type: text/plain; charset=utf-8\r\n"
                + "Cache-Control: max-age=60\r\nContent-Length: 5\r\n\r\nhello"
            try socket.expect(expected + expected)
        }
    }

    @Test("a value with line breaks cannot end the head or add a field", .rfc("9112-11.1-01", "9112-2.2-03"))
    func splitting() async throws {
        let handler = Immediate { _ in
            var response = Response(status: .seeOther)
            response.fields.append(.location, "/\r\nSet-Cookie: a=b\r\n\r\n<script>")
            return response
        }
        try await withServer(handler) { server in
            let answer = try server.answer(to: get("/", "Connection: close"))
            #expect(
                answer
                    == "HTTP/1.1 303 See Other\r\nDate: *\r\nLocation: /  Set-Cookie: a=b    <script>\r\n"
                    + "Content-Length: 0\r\nConnection: close\r\n\r\n"
            )
        }
    }

    @Test("a status that is no final answer is a handler's bug: 500", arguments: [100, 101, 103, 199, 0, 99])
    func notFinal(code: Int) async throws {
        try await withServer(Immediate { _ in Response(status: .init(code: code)) }) { server in
            let page = "500 Internal Server Error\nSomething went wrong in the server. Its log says what.\n"
            try #expect(
                server.answer(to: get("/", "Connection: close"))
                    == answer("500 Internal Server Error", page, connection: "close", error: true)
            )
            #expect(server.log.contains("error: "))
        }
    }

    @Test(
        "CONNECT is refused before the handler sees it: an answer of 200 would open a tunnel",
        .rfc("9110-9.3.6-02", "9110-9.3.6-05", "9110-8.6-05", "9112-6.1-08")
    )
    func connect() async throws {
        try await withServer(Immediate { _ in .text("tunnel") }) { server in
            let answer = try server.answer(to: "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n" + get("/smuggled"))
            #expect(answer == refusal("501 Not Implemented", "This server is no proxy: it opens no tunnels."))
        }
    }
}

@Suite("Errors are answers", .timeLimit(.patient))
struct ErrorAnswerTests {
    @Test("an HTTPError becomes its answer, with its fields, and the connection goes on", arguments: [true, false])
    func httpError(isImmediate: Bool) async throws {
        let function: @Sendable (Request) throws -> Response = { _ in
            var fields = Fields()
            fields.append(.allow, "GET, HEAD")
            throw HTTPError(.methodNotAllowed, "Not with this method.", fields: fields)
        }
        let handler: any Handler = isImmediate ? Immediate(function) : Waiting { try function($0) }
        try await withServer(handler) { server in
            let socket = try server.connect()
            let expected =
                "HTTP/1.1 405 Method Not Allowed\r\nDate: *\r\nContent-Type: text/plain; charset=utf-8\r\n"
                + "Allow: GET, HEAD\r\nVary: Accept\r\nCache-Control: no-store\r\nContent-Length: 45\r\n\r\n"
                + "405 Method Not Allowed\nNot with this method.\n"
            try socket.send(get() + get())
            try socket.expect(expected + expected)
        }
    }

    private struct Secret: Error {
        let password = "hunter2"
    }

    @Test(
        "any other error is a 500 that tells the client nothing and the log everything",
        .rfc("9110-15.6-01", "9110-6.6.1-03"),
        arguments: [true, false]
    )
    func otherError(isImmediate: Bool) async throws {
        let function: @Sendable (Request) throws -> Response = { _ in throw Secret() }
        let handler: any Handler = isImmediate ? Immediate(function) : Waiting { try function($0) }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(get("/x") + get("/x"))
            let page = "500 Internal Server Error\nSomething went wrong in the server. Its log says what.\n"
            let expected = answer("500 Internal Server Error", page, error: true)
            try socket.expect(expected + expected)
            #expect(
                server.log.lines
                    == Array(
                        repeating:
                            "error: 500 for \"GET /x HTTP/1.1\" of 127.0.0.1: Secret(password: \"hunter2\")",
                        count: 2
                    )
            )
        }
    }

    /// Notes what the next one returned or threw, and passes it on.
    private struct Noting: Middleware {
        let name: String
        let seen: Record<String>

        func respond(to request: Request, next: Next) async throws -> Response {
            defer { seen.append("\(name) left") }
            let response = try await next(request)
            seen.append("\(name) saw \(response.status.code)")
            return response
        }
    }

    @Test(
        "through middleware: errors of handlers are answers there, logged once",
        arguments: [("/error", 404), ("/secret", 500), ("/middle", 403), ("/fine", 200)]
    )
    func throughMiddleware(path: String, code: Int) async throws {
        struct Refusing: Middleware {
            func respond(to request: Request, next: Next) async throws -> Response {
                if request.head.rawPath == "/middle" { throw HTTPError(.forbidden) }
                return try await next(request)
            }
        }
        let seen = Record<String>()
        let handler = Waiting { request in
            switch request.head.rawPath {
            case "/error": throw HTTPError(.notFound)
            case "/secret": throw Secret()
            default: .text("")
            }
        }
        let endpoint = Endpoint(
            .handler(handler),
            middleware: [Noting(name: "outer", seen: seen), Refusing(), Noting(name: "inner", seen: seen)]
        )
        try await withServer(SingleEndpoint(endpoint)) { server in
            let answer = try server.answer(to: get(path, "Connection: close"))
            #expect(answer.hasPrefix("HTTP/1.1 \(code) ") && !answer.contains("hunter2"))
            let inner = code == 403 ? [] : ["inner saw \(code)", "inner left"]
            #expect(seen.all == inner + ["outer saw \(code)", "outer left"])
            let secret = "error: 500 for \"GET /secret HTTP/1.1\" of 127.0.0.1: Secret(password: \"hunter2\")"
            #expect(server.log.lines == (code == 500 ? [secret] : []))
        }
    }

    @Test("an error of the outermost middleware is an answer too", arguments: [true, false])
    func ofMiddleware(isHTTPError: Bool) async throws {
        struct Failing: Middleware {
            let isHTTPError: Bool

            func respond(to request: Request, next: Next) async throws -> Response {
                _ = try await next(request)
                throw isHTTPError ? HTTPError(.notFound) : Secret()
            }
        }
        let endpoint = Endpoint(.handler(Waiting { _ in .text("") }), middleware: [Failing(isHTTPError: isHTTPError)])
        try await withServer(SingleEndpoint(endpoint)) { server in
            let answer = try server.answer(to: get("/x", "Connection: close"))
            #expect(answer.hasPrefix("HTTP/1.1 \(isHTTPError ? 404 : 500) ") && !answer.contains("hunter2"))
            let secret = "error: 500 for \"GET /x HTTP/1.1\" of 127.0.0.1: Secret(password: \"hunter2\")"
            #expect(server.log.lines == (isHTTPError ? [] : [secret]))
        }
    }

    @Test("browsers get a page, its values escaped", .rfc("9110-17.4-01"))
    func page() async throws {
        try await withServer(Immediate { _ in throw HTTPError(.notFound, "No <b>\"file\"</b> & more.") }) { server in
            let answer = try server.answer(
                to: get("/", "Accept: text/html,application/xhtml+xml,*/*;q=0.8", "Connection: close")
            )
            #expect(answer.hasPrefix("HTTP/1.1 404 Not Found\r\nDate: *\r\nContent-Type: text/html; charset=utf-8\r\n"))
            #expect(
                answer.contains("<h1>404 Not Found</h1>\n<p>No &lt;b&gt;&quot;file&quot;&lt;/b&gt; &amp; more.</p>")
            )
            #expect(!answer.contains("<b>"))
        }
    }

    @Test(
        "who names text/html gets the page, who does not or refuses it gets text",
        arguments: [
            ("", false), ("Accept: */*", false), ("Accept: text/*", false), ("Accept: text/htm", false),
            ("Accept: ext/html", false), ("Accept: /html", false), ("Accept: text/plain", false),
            ("Accept: text/html", true), ("Accept: TEXT/Html;q=0.1", true), ("Accept: a/b,text/html", true),
            ("Accept: a/b\r\nAccept: c/d, text/html", true), ("Accept: text/html;q=0", false),
            ("Accept: a/b, text/html;q=0, */*", false),
        ]
    )
    func whoGetsThePage(accept: String, isPage: Bool) async throws {
        let lines = accept.isEmpty ? "" : accept + "\r\n"
        try await withServer(Immediate { _ in throw HTTPError(.notFound) }) { server in
            let answer = try server.answer(to: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(lines)\r\n")
            #expect(answer.contains("Content-Type: text/\(isPage ? "html" : "plain"); charset=utf-8\r\n"))
            #expect(answer.contains("<h1>") == isPage)
            #expect(answer.contains("Vary: Accept\r\nCache-Control: no-store\r\n"))
        }
    }

    @Test(
        "fields of an error stand behind Content-Type; a Vary of its own is kept, and not said twice",
        arguments: [
            ([(.retryAfter, "5")], "Retry-After: 5\r\nVary: Accept\r\n"),
            ([(.vary, "Origin")], "Vary: Origin\r\nVary: Accept\r\n"),
            ([(.vary, "origin, ACCEPT")], "Vary: origin, ACCEPT\r\n"), ([(.vary, "*")], "Vary: *\r\n"),
        ] as [([(HTTPField.Name, String)], String)]
    )
    func fieldsOfErrors(fields: [(HTTPField.Name, String)], lines: String) async throws {
        let handler = Immediate { _ in
            var error = HTTPError(.init(code: 499), "No.")
            for (name, value) in fields { error.fields.append(name, value) }
            throw error
        }
        try await withServer(handler) { server in
            try #expect(
                server.answer(to: get("/", "Connection: close")) == """
                    HTTP/1.1 499 \r
                    Date: *\r
                    Content-Type: text/plain; charset=utf-8\r
                    \(lines)Cache-Control: no-store\r
                    Content-Length: 9\r
                    Connection: close\r
                    \r
                    499 \nNo.\n
                    """
            )
        }
    }

    @Test(
        "what the parser refuses gets a whole answer, Date included, and the end",
        .rfc(
            "9112-2.2-09",
            "9112-3.2-02",
            "9112-3.2-03",
            "9112-3.2-04",
            "9112-6.1-09",
            "9112-6.1-12",
            "9112-6.1-13",
            "9112-6.3-02",
            "9110-6.2-02",
            "9110-6.2-03",
            "9110-6.6.1-02",
            "9110-15.5-01",
            "9110-15.6.6-01"
        ),
        arguments: [
            ("GET / HTTP/1.1\r\n\r\n", "400 Bad Request", "The Host field is missing: HTTP/1.1 requires one."),
            (
                "GET  / HTTP/1.1\r\n\r\n", "400 Bad Request",
                "The request line must be a method, a target and a version with exactly one space between them."
            ),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "400 Bad Request",
                "Content-Length and Transfer-Encoding must not be sent together: leave out Content-Length."
            ),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                "501 Not Implemented",
                "No transfer coding but chunked is supported here."
            ),
            (
                "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505 HTTP Version Not Supported",
                "This major version of HTTP is not supported here: use HTTP/1.1."
            ),
            (
                "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}", "400 Bad Request",
                "This is a TLS handshake on a port that speaks plain HTTP: use http:// instead of https://."
            ),
        ]
    )
    func parserErrors(request: String, status: String, reason: String) async throws {
        try await withServer(echoPath) { server in
            let socket = try server.connect()
            // The answers before a refusal are sent; what comes after it is not looked at.
            try socket.send(get("/before") + request + get("/after"))
            try #expect(masked(socket.receiveAll()) == ok("/before") + refusal(status, reason))
            #expect(server.log.contains("info: 127.0.0.1: \(status.prefix(3))"))
        }
    }
}

@Suite("Limits on heads are answered and logged", .timeLimit(.patient))
struct HeadLimitTests {
    @Test("a request line over the limit: 414, at the limit: served", .rfc("9112-3-03"))
    func requestLine() async throws {
        try await withServer(echoPath, configure: { $0.limits.requestLine = 100 }) { server in
            let longest = "/" + String(repeating: "x", count: 86)
            try #expect(server.answer(to: get(longest, "Connection: close")) == ok(longest, connection: "close"))
            try #expect(
                server.answer(to: get(longest + "x"))
                    == refusal(
                        "414 URI Too Long",
                        "The request line is too long: use a shorter URL, or send the data as content."
                    )
            )
            #expect(server.log.contains("414"))
        }
    }

    @Test("a head over the limit: 431, even when it never ends", .rfc("9110-5.4-01"))
    func headSize() async throws {
        try await withServer(echoPath) { server in
            let fields = (0..<63).map { "X-\($0): " + String(repeating: "y", count: 1000) }.joined(separator: "\r\n")
            try #expect(server.answer(to: get("/", fields, "Connection: close")) == ok("/", connection: "close"))
            let socket = try server.connect()
            try socket.send("GET / HTTP/1.1\r\nHost: a\r\nX: ")
            for _ in 0..<100 { try socket.send(String(repeating: "y", count: 1000)) }
            #expect(
                masked(try socket.receiveAll())
                    == refusal(
                        "431 Request Header Fields Too Large",
                        "The request head is too large: send fewer or shorter fields, such as cookies."
                    )
            )
            #expect(server.log.contains("431"))
        }
    }

    @Test("too many fields: 431", .rfc("9110-5.4-01"))
    func fieldCount() async throws {
        try await withServer(echoPath) { server in
            let fields = Array(repeating: "A: b", count: 100).joined(separator: "\r\n")
            try #expect(
                server.answer(to: get("/", fields))
                    == refusal(
                        "431 Request Header Fields Too Large",
                        "The request head has too many fields: send fewer."
                    )
            )
        }
    }

    @Test(
        "a connection over the limit is answered 503 and closed; when one ends, the next is served",
        .rfc("9110-15.6.4-01", "9110-6.6.1-03")
    )
    func connections() async throws {
        try await withServer(
            echoPath,
            configure: { configuration in
                configuration.limits.connections = 2
                configuration.serverName = "Martlet"
            }
        ) { server in
            let first = try server.connect()
            let second = try server.connect()
            for socket in [first, second] {
                try socket.send(get())
                _ = try socket.receive(through: "\r\n\r\n/")
            }
            let expected =
                "HTTP/1.1 503 Service Unavailable\r\nDate: *\r\nServer: Martlet\r\n"
                + "Content-Type: text/plain; charset=utf-8\r\nRetry-After: 5\r\nVary: Accept\r\n"
                + "Cache-Control: no-store\r\nContent-Length: 75\r\nConnection: close\r\n\r\n"
                + "503 Service Unavailable\nThe server has too many connections at the moment.\n"
            try server.connect().expect(expected)
            // A client that has sent its request already gets the whole answer too.
            let eager = try server.connect()
            try eager.send(get())
            #expect(try masked(eager.receiveAll()) == expected)
            #expect(server.log.contains("warning: 503: 2 connections are open, the limit"))
            first.finishSending()
            try #expect(first.receiveAll() == [])
            try await eventually("the next connection is served") {
                try server.answer(to: get("/", "Connection: close")).hasPrefix("HTTP/1.1 200")
            }
        }
    }
}
