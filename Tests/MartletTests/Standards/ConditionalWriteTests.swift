import Martlet
import TestSupport
import Testing

/// A document that remembers each state it was in. Its tag is the number of states, its date a second later with each.
private struct Document: GET, PUT, POST, DELETE {
    let states = Record<String>()

    private var validators: Validators? {
        let count = states.all.count
        guard count > 0 else { return nil }
        return Validators(entityTag: EntityTag(strong: "\(count)"), lastModified: 784_111_776 + count)
    }

    /// Just before acting: whether to go on.
    private func check(_ request: Request) throws {
        guard case .proceed = request.evaluateConditions(validators) else { throw HTTPError(.preconditionFailed) }
    }

    func get(_ request: Request) throws -> Response {
        guard let state = states.all.last else { throw HTTPError(.notFound) }
        return .text(state)
    }

    func put(_ request: Request) async throws -> Response {
        let content = try await request.text()
        try check(request)
        states.append(content)
        return Response(status: .noContent)
    }

    func post(_ request: Request) async throws -> Response {
        .text(try await request.text())
    }

    func delete(_ request: Request) throws -> Response {
        try check(request)
        states.append("deleted")
        return Response(status: .noContent)
    }
}

private struct SignIn: Middleware {
    func respond(to request: Request, next: Next) async throws -> Response {
        guard request.fields.contains(.authorization) else {
            var fields = Fields()
            fields.append(.wwwAuthenticate, "Basic realm=\"a\"")
            throw HTTPError(.unauthorized, fields: fields)
        }
        return try await next(request)
    }
}

@Suite("Conditional requests that change things (RFC 9110 §13)", .timeLimit(.patient))
struct ConditionalWriteTests {
    private static let done = "HTTP/1.1 204 No Content\r\nDate: *\r\n\r\n"
    private static let failed = answer(
        "412 Precondition Failed",
        "412 Precondition Failed\nThe request was not served.\n",
        error: true
    )

    /// A request to a document with one state, of 06 Nov 1994 08:49:37, tag "1".
    private static let cases: [(condition: [String], isDone: Bool)] = [
        ([], true),
        (["If-Match: \"1\""], true),
        (["If-Match: *"], true),
        (["If-Match: \"0\", \"1\""], true),
        (["If-Match: \"2\""], false),
        (["If-Match: W/\"1\""], false),
        (["If-None-Match: *"], false),
        (["If-None-Match: \"1\""], false),
        (["If-None-Match: W/\"1\""], false),
        (["If-None-Match: \"2\""], true),
        (["If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT"], true),
        (["If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT"], false),
        (["If-Unmodified-Since: Sunday, 06-Nov-94 08:49:36 GMT"], false),
        (["If-Unmodified-Since: Sun Nov  6 08:49:36 1994"], false),
        (["If-Unmodified-Since: 1994"], true),
        (["If-Match: \"1\"", "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT"], true),
        (["If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT"], true),
    ]

    @Test(
        "a condition is looked at before the method acts, and a false one stops it: 412 and nothing is written",
        .rfc(
            "9110-13.1.1-01",
            "9110-13.1.1-02",
            "9110-13.1.1-03",
            "9110-13.1.1-04",
            "9110-13.1.1-05",
            "9110-13.1.1-06",
            "9110-13.1.2-02",
            "9110-13.1.2-03",
            "9110-13.1.2-05",
            "9110-13.1.2-07",
            "9110-13.1.3-03",
            "9110-13.1.4-05",
            "9110-13.1.4-07",
            "9110-13.1.4-08",
            "9110-13.2.2-06"
        ),
        arguments: cases,
        ["PUT", "DELETE"]
    )
    func writes(case: (condition: [String], isDone: Bool), method: String) async throws {
        let document = Document()
        document.states.append("first")
        try await withServer(document) { server in
            let content = method == "PUT" ? "new" : ""
            let fields = `case`.condition + (content.isEmpty ? [] : ["Content-Length: 3"])
            let request =
                "\(method) /a HTTP/1.1\r\nHost: a\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n" + content
            let socket = try server.connect()
            // The second request sees what the first one left.
            try socket.send(request + get())
            let state = `case`.isDone ? (method == "PUT" ? "new" : "deleted") : "first"
            try socket.expect((`case`.isDone ? Self.done : Self.failed) + ok(state))
        }
        #expect(document.states.all.count == (`case`.isDone ? 2 : 1))
    }

    @Test(
        "a write that is refused is so however its octets arrive",
        .rfc("9110-13.1.1-05", "9110-13.1.2-05", "9110-13.1.4-07"),
        arguments: [
            "If-Match: \"9\"", "If-None-Match: *", "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT",
        ]
    )
    func everyWay(condition: String) async throws {
        let document = Document()
        document.states.append("first")
        try await withServer(document) { server in
            let request = "PUT /a HTTP/1.1\r\nHost: a\r\n\(condition)\r\nContent-Length: 3\r\n\r\nnew"
            let ways = try EveryWay(request.utf8, at: server.address)
            #expect(ways.answer == Self.failed)
            #expect(ways.difference == nil)
        }
        #expect(document.states.all == ["first"])
    }

    @Test(
        "what is not there yet: If-None-Match: * makes it, If-Match does not",
        .rfc("9110-13.1.1-03", "9110-13.1.1-04", "9110-13.1.2-03", "9110-13.1.4-03"),
        arguments: [
            ("If-None-Match: *", true), ("If-None-Match: \"1\"", true), ("If-Match: *", false),
            ("If-Match: \"1\"", false),
            ("If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT", true),
        ]
    )
    func creation(condition: String, isDone: Bool) async throws {
        let document = Document()
        try await withServer(document) { server in
            let socket = try server.connect()
            try socket.send("PUT /a HTTP/1.1\r\nHost: a\r\n\(condition)\r\nContent-Length: 3\r\n\r\nnew")
            try socket.expect(isDone ? Self.done : Self.failed)
        }
        #expect(document.states.all == (isDone ? ["new"] : []))
    }

    @Test(
        "who must sign in, or is in the wrong place, learns that and not whether a condition holds",
        .rfc("9110-13.2.1-01", "9110-13.2.1-02", "9110-13.2.1-05"),
        arguments: [
            ("PUT", "/private", 401), ("GET", "/private", 401), ("PUT", "/nosuch", 404), ("GET", "/open/", 308),
            ("PATCH", "/open", 405), ("OPTIONS", "/open", 204), ("BREW", "/open", 501), ("CONNECT", "/open", 400),
            ("PUT", "/open", 412),
        ]
    )
    func before(method: String, target: String, status: Int) async throws {
        let document = Document()
        document.states.append("first")
        let router = try Router {
            Route("/open", document)
            Group(middleware: [SignIn()]) { Route("/private", document) }
        }
        try await withServer(router) { server in
            for condition in ["If-Match: \"9\"", "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT"] {
                let request = "\(method) \(target) HTTP/1.1\r\nHost: a\r\n\(condition)\r\nConnection: close\r\n\r\n"
                let answer = try #require(WireAnswer(Array(try server.answer(to: request).utf8)))
                #expect(answer.status == status)
                #expect((answer["WWW-Authenticate"] != nil) == (status == 401))
            }
        }
        #expect(document.states.all == ["first"])
    }

    @Test(
        "a PUT with Content-Range is a part that must not be stored as the whole: 400",
        .rfc("9110-14.5-01"),
        arguments: ["bytes 0-2/5", "bytes 0-2/*", "bytes */5", "lines 1-2/3", ""]
    )
    func partialPut(range: String) async throws {
        let document = Document()
        document.states.append("first")
        try await withServer(document) { server in
            let request = "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Range: \(range)\r\nContent-Length: 3\r\n\r\nnew"
            let ways = try EveryWay(request.utf8, at: server.address)
            #expect(
                ways.answer == refusal("400 Bad Request", "A part cannot be PUT here: send the whole, or use PATCH.")
            )
            #expect(ways.difference == nil)
        }
        #expect(document.states.all == ["first"])
    }

    @Test(
        "for methods that do not define it Content-Range says nothing",
        .rfc("9110-14.4-01"),
        arguments: [("GET", "", "first"), ("POST", "new", "new")]
    )
    func contentRange(method: String, content: String, answer: String) async throws {
        let document = Document()
        document.states.append("first")
        try await withServer(document) { server in
            let request = """
                \(method) /a HTTP/1.1\r\nHost: a\r\nContent-Range: bytes 0-2/5\r
                Content-Length: \(content.utf8.count)\r\n\r\n\(content)
                """
            let ways = try EveryWay(request.utf8, at: server.address)
            #expect(ways.answer == ok(answer))
            #expect(ways.difference == nil)
        }
    }

    @Test(
        "a Content-Location in a request changes neither where it goes nor what is said of the state later",
        .rfc("9110-8.7-01", "9110-8.7-02")
    )
    func contentLocation() async throws {
        let (first, second) = (Document(), Document())
        second.states.append("untouched")
        let router = try Router {
            Route("/first", first)
            Route("/second", second)
        }
        try await withServer(router) { server in
            let socket = try server.connect()
            try socket.send(
                "PUT /first HTTP/1.1\r\nHost: a\r\nContent-Location: /second\r\nContent-Length: 3\r\n\r\nnew"
                    + get("/first") + get("/second", "Content-Location: /first")
                    + get("/none", "Content-Location: /first")
            )
            try socket.expect(
                Self.done + ok("new") + ok("untouched")
                    + answer("404 Not Found", "404 Not Found\nThere is nothing at this address.\n", error: true)
            )
        }
        #expect(first.states.all == ["new"])
        #expect(second.states.all == ["untouched"])
    }

    @Test(
        "a handler without ranges sends all, whatever Range and If-Range say, and promises none",
        .rfc("9110-13.1.5-02", "9110-14.3-02"),
        arguments: [
            ["Range: bytes=0-0"], ["Range: bytes=0-0", "If-Range: \"1\""], ["Range: bytes=0-0", "If-Range: \"9\""],
            ["Range: bytes=99-"], ["If-Range: \"9\""],
        ]
    )
    func noRanges(fields: [String]) async throws {
        let document = Document()
        document.states.append("first")
        try await withServer(document) { server in
            let lines = fields.map { $0 + "\r\n" }.joined()
            let ways = try EveryWay("GET /a HTTP/1.1\r\nHost: a\r\n\(lines)\r\n".utf8, at: server.address)
            #expect(ways.answer == ok("first"))
            #expect(ways.difference == nil)
        }
    }

    @Test(
        "multipart content ends where the framing says: what stands behind its last boundary is no request",
        .rfc("9110-8.3.3-02"),
        arguments: [true, false]
    )
    func multipartEnd(isRead: Bool) async throws {
        let handler = Waiting { request in
            guard request.method == .post else { return .text("next") }
            var names = ""
            if isRead { for try await part in try request.multipart() { names += part.name } }
            return .text(names)
        }
        try await withServer(handler) { server in
            let content = "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b--\r\n" + get("/smuggled")
            let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n"
            let answered = ok(isRead ? "a" : "")
            let ways = try EveryWay(
                (head + "Content-Length: \(content.utf8.count)\r\n\r\n" + content).utf8,
                at: server.address
            )
            #expect(ways.answer == answered)
            #expect(ways.difference == nil)
            let size = String(content.utf8.count, radix: 16)
            let chunked = try EveryWay(
                (head + "Transfer-Encoding: chunked\r\n\r\n\(size)\r\n\(content)\r\n0\r\n\r\n").utf8,
                at: server.address
            )
            #expect(chunked.answer == answered)
            #expect(chunked.difference == nil)
        }
    }

    @Test(
        "a 415 says in Accept-Encoding what would do, if a coding was the cause and only then",
        .rfc("9110-8.4-03", "9110-8.4.1-01", "9110-12.5.3-07", "9110-12.5.3-08"),
        arguments: [
            ("Content-Encoding: gzip", 415, "identity"), ("Content-Encoding: GZIP, identity", 415, "identity"),
            ("Content-Encoding: Identity", 200, nil), ("Content-Type: text/plain; charset=utf-7", 415, nil),
            ("Content-Type: text/plain; Charset=UTF-8", 200, nil),
        ] as [(String, Int, String?)]
    )
    func unsupportedCoding(field: String, status: Int, accepted: String?) async throws {
        try await withServer(Document()) { server in
            let request = "POST / HTTP/1.1\r\nHost: a\r\n\(field)\r\nConnection: close\r\nContent-Length: 3\r\n\r\nnew"
            let answer = try #require(WireAnswer(Array(try server.answer(to: request).utf8)))
            #expect(answer.status == status)
            #expect(answer["Accept-Encoding"] == accepted)
        }
    }

    @Test(
        "content without a Content-Type is not guessed to be a form",
        .rfc("9110-8.3-02")
    )
    func noType() async throws {
        let handler = Waiting { request in .text("\(try await request.form().count)") }
        try await withServer(handler) { server in
            let request = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\na=1"
            let answer = try #require(WireAnswer(Array(try server.answer(to: request).utf8)))
            #expect(answer.status == 415)
            // The types are said without weights.
            #expect(answer["Accept"] == "application/x-www-form-urlencoded, multipart/form-data")
        }
    }
}
