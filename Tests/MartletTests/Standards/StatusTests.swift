import HTTPTypes
import Martlet
import MartletWire
import TestSupport
import Testing

/// A field by a name that may be one HTTPTypes does not know.
private func field(_ name: String, _ value: String) throws -> Fields {
    var fields = Fields()
    fields.append(try #require(HTTPField.Name(name)), value)
    return fields
}

private struct Broken: Error {
    let secret = "password123"
}

private struct ThrowsErrors: GET {
    func get(_ request: Request) throws -> Response {
        if request.head.rawPath == "/broken" { throw Broken() }
        throw HTTPError(.conflict, "Somebody else has changed it: read it again.")
    }
}

@Suite("Statuses, as RFC 9110 section 15 has them", .timeLimit(.patient))
struct StatusTests {
    // MARK: Fields that a status must have

    /// Statuses that are worth nothing without a field, and the field.
    static let needs = [(401, "WWW-Authenticate", "Basic realm=\"a\""), (405, "Allow", "GET"), (426, "Upgrade", "x")]

    @Test(
        "a handler's 401 without WWW-Authenticate, 405 without Allow, 426 without Upgrade is not sent: 500, and a log line",
        .rfc("9110-11.6.1-01", "9110-15.5.2-01", "9110-15.5.6-01", "9110-15.5.22-01"),
        arguments: needs,
        [true, false]
    )
    func lacking(need: (code: Int, name: String, value: String), isThrown: Bool) async throws {
        let status = HTTPResponse.Status(code: need.code)
        let handler = Waiting { _ in
            if isThrown { throw HTTPError(status, "No.") }
            return .text("No.", status: status)
        }
        try await withServer(handler) { server in
            let answer = try #require(WireAnswer(Array(try server.answer(to: get("/", "Connection: close")).utf8)))
            #expect(answer.status == 500)
            #expect(server.log.contains("\(need.code) without \(need.name)"))
        }
    }

    @Test(
        "with the field it is sent as it is, and the challenge with it",
        .rfc("9110-11.6.1-01", "9110-15.5.2-01", "9110-15.5.6-01", "9110-15.5.22-01"),
        arguments: needs
    )
    func having(code: Int, name: String, value: String) async throws {
        let fields = try field(name, value)
        let handler = Immediate { _ in throw HTTPError(.init(code: code), "No.", fields: fields) }
        try await withServer(handler) { server in
            let answer = try #require(WireAnswer(Array(try server.answer(to: get("/", "Connection: close")).utf8)))
            #expect(answer.status == code)
            #expect(answer[name] == value)
        }
    }

    @Test("a 405 of the router lists what the path answers, in every delivery", .rfc("9110-15.5.6-01"))
    func allow() async throws {
        let router = try Router {
            Route("/a") { _ in .text("") }
            Route(.put, "/a") { _ in .text("") }
        }
        try await withServer(router) { server in
            let request = "DELETE /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            let answer = try everyDelivery(of: request, at: server.address)
            #expect(answer.hasPrefix("HTTP/1.1 405 Method Not Allowed\r\n"))
            #expect(answer.contains("\r\nAllow: GET, HEAD, PUT, OPTIONS\r\n"))
        }
    }

    @Test("101 and 426 name the protocol in Upgrade", .rfc("9110-15.2.2-01", "9110-15.5.22-01"))
    func upgrade() async throws {
        let handler = Immediate { _ in .upgrade(to: "x") { stream in try await stream.write(Array("hi".utf8)) } }
        try await withServer(handler) { server in
            let asking = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
            let switched = try server.answer(to: asking)
            #expect(
                switched == "HTTP/1.1 101 Switching Protocols\r\nDate: *\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nhi"
            )
            let refused = try server.answer(to: get("/", "Connection: close"))
            #expect(refused.hasPrefix("HTTP/1.1 426 Upgrade Required\r\n"))
            #expect(refused.contains("\r\nUpgrade: x\r\n"))
        }
    }

    @Test(
        "what a handler says of its answer goes out as it says, a line for each challenge",
        .rfc(
            "9110-11.6.1-02",
            "9110-11.6.1-03",
            "9110-15.3.2-01",
            "9110-15.4.1-01",
            "9110-15.5.14-02",
            "9110-15.6.4-01"
        ),
        arguments: [
            (200, [("WWW-Authenticate", "Basic realm=\"a\"")]), (201, [("Location", "/new")]),
            (300, [("Location", "/best")]), (413, [("Retry-After", "5")]), (503, [("Retry-After", "5")]),
            (401, [("WWW-Authenticate", "Basic realm=\"a\""), ("WWW-Authenticate", "Bearer")]),
        ]
    )
    func ownFields(code: Int, lines: [(name: String, value: String)]) async throws {
        let handler = Immediate { _ in
            var response = Response.text("said", status: .init(code: code))
            for line in lines { response.fields.append(contentsOf: try field(line.name, line.value)) }
            return response
        }
        try await withServer(handler) { server in
            let answer = try #require(WireAnswer(Array(try server.answer(to: get("/", "Connection: close")).utf8)))
            #expect(answer.status == code)
            let names = Set(lines.map(\.name))
            let sent = answer.lines.filter { line in names.contains { line.hasPrefix($0 + ": ") } }
            #expect(sent == lines.map { "\($0.name): \($0.value)" })
            #expect(answer.text == "said")
        }
    }

    // MARK: Interim and final answers

    @Test(
        "codes that are no final status are not sent: below 200, above 599",
        .rfc("9110-15-01"),
        arguments: [0, 99, 100, 103, 199, 600, 999]
    )
    func codes(code: Int) async throws {
        let handler = Immediate { _ in .text("", status: .init(code: code)) }
        try await withServer(handler) { server in
            try #expect(server.answer(to: get("/", "Connection: close")).hasPrefix("HTTP/1.1 500 "))
            #expect(server.log.contains("\(code)"))
        }
    }

    @Test(
        "interim answers have a head alone, in order, before the one final answer; HTTP/1.0 gets none",
        .rfc("9110-15-02", "9110-15.2-01", "9110-15.2-02")
    )
    func interim() async throws {
        let handler = Waiting { request in
            if request.method == .head { return .text("") }
            // Neither length nor trailers are for an answer that has no content.
            var fields = try field("Content-Length", "5")
            fields.append(.transferEncoding, "chunked")
            fields.append(.link, "</a.css>")
            for code in [99, 100, 101, 200, 600] { request.sendInterim(.init(code: code), fields) }
            request.sendInterim(.init(code: 103), fields)
            request.sendInterim(.init(code: 102), Fields())
            await Task.yield()
            return .text("final")
        }
        try await withServer(handler) { server in
            let interim = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
            // One that closes would be told from the one behind it by nothing.
            let answer = try everyDelivery(of: get(), at: server.address)
            #expect(answer == interim + ok("final"))
            let pipelined = try server.answer(to: get() + get("/", "Connection: close"))
            #expect(pipelined == interim + ok("final") + interim + ok("final", connection: "close"))
            let old = try server.answer(to: "GET / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx")
            #expect(old == ok("final", connection: "close"))
        }
    }

    @Test(
        "204, 205 and 304 have no content, whatever the handler wrote, and the next answer follows at once",
        .rfc("9110-15.3.5-01", "9110-15.3.6-01", "9110-15.4.5-05"),
        arguments: [
            (HTTPResponse.Status.noContent, ""), (.resetContent, "Content-Length: 0\r\n"), (.notModified, ""),
        ],
        [true, false]
    )
    func noContent(status: (of: HTTPResponse.Status, length: String), isStream: Bool) async throws {
        let handler = Waiting { request in
            if request.head.rawPath == "/next" { return .text("next") }
            let stream = ResponseStream { writer in
                try await writer.write("written")
                writer.trailers = try field("X-Trailer", "1")
            }
            return Response(status: status.of, body: isStream ? .stream(stream) : .string("written"))
        }
        try await withServer(handler) { server in
            let answer = try server.answer(to: get() + get("/next", "Connection: close"))
            let head = "HTTP/1.1 \(status.of.code) \(status.of.reasonPhrase)\r\nDate: *\r\n\(status.length)\r\n"
            #expect(answer == head + ok("next", connection: "close"))
        }
    }

    // MARK: Redirects

    @Test(
        "a redirect has Location",
        .rfc("9110-15.4.2-01", "9110-15.4.3-01", "9110-15.4.8-01", "9110-15.4.9-01"),
        arguments: [301, 302, 303, 307, 308]
    )
    func redirects(code: Int) async throws {
        let handler = Immediate { _ in .redirect(to: "/b?c=%20", status: .init(code: code)) }
        try await withServer(handler) { server in
            for method in ["GET", "HEAD", "POST"] {
                let request = "\(method) / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                let answer = try #require(WireAnswer(Array(try server.answer(to: request).utf8)))
                #expect(answer.status == code)
                #expect(answer["Location"] == "/b?c=%20")
            }
        }
    }

    // MARK: Errors say what is wrong

    /// Requests that are refused, with the status and what the answer says.
    static let refusals = [
        ("GET  / HTTP/1.1", 400, "exactly one space"), ("GET /nowhere HTTP/1.1", 404, "nothing at this address"),
        ("PUT /broken HTTP/1.1", 405, "Allow lists those"), ("GET /conflict HTTP/1.1", 409, "read it again"),
        ("POST / HTTP/1.1\r\nContent-Length: 11", 413, "longer"),
        ("GET /\(String(repeating: "x", count: 64)) HTTP/1.1", 414, "shorter URL"),
        ("GET / HTTP/1.1\r\nExpect: tea", 417, "100-continue"),
        ("GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: 256))", 431, "fewer or shorter fields"),
        ("GET /broken HTTP/1.1", 500, "Something went wrong"),
        ("BREW /conflict HTTP/1.1", 501, "does not know this method"),
        ("BREW /broken HTTP/1.1", 501, "does not know this method"),
        ("GET / HTTP/2.0", 505, "use HTTP/1.1"), ("GET / HTTP/0.9", 505, "use HTTP/1.1"),
        ("GET / HTTP/3.1", 505, "use HTTP/1.1"),
    ]

    @Test(
        "each error has content that says what is wrong, none of the server's inside, and none for HEAD",
        .rfc(
            "9110-15.5-01",
            "9110-15.6-01",
            "9110-15.6.2-01",
            "9110-15.6.6-01",
            "9110-15.5.10-01",
            "6585-5-02"
        ),
        arguments: refusals
    )
    func explanations(start: String, status: Int, says: String) async throws {
        let router = try Router {
            Route("/broken", ThrowsErrors())
            Route("/conflict", ThrowsErrors())
        }
        let configure = { @Sendable (configuration: inout ServerConfiguration) in
            configuration.limits.requestLine = 64
            configuration.limits.head = 256
            configuration.limits.body = 10
        }
        try await withServer(router, configure: configure) { server in
            // Its answer must differ from that of the request behind it, which closes.
            let rest = "\r\nHost: a\r\n" + (status == 404 ? "" : "Connection: close\r\n") + "\r\n"
            let text = try everyDelivery(of: start + rest, at: server.address)
            let answer = try #require(WireAnswer(Array(text.utf8)))
            #expect(answer.status == status)
            #expect(answer.text.contains(says))
            #expect(!text.contains("password123") && !text.contains("Broken"))
            #expect(answer["Connection"] == (status == 404 ? nil : "close"))
            guard start.hasPrefix("GET ") else { return }
            let head = try server.answer(to: "HEAD" + start.dropFirst(3) + "\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(head.hasPrefix("HTTP/1.1 \(status) "))
            #expect(head.hasSuffix("\r\n\r\n"))
        }
    }

    @Test("415 names the media types that are read, or the coding", .rfc("9110-15.5.16-01"))
    func unsupported() async throws {
        try await withServer(Waiting { request in .text(try await request.form()["a"] ?? "") }) { server in
            let start = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n"
            let type = try server.answer(to: start + "Content-Type: text/plain\r\n\r\na")
            #expect(type.hasPrefix("HTTP/1.1 415 "))
            #expect(type.contains("\r\nAccept: application/x-www-form-urlencoded, multipart/form-data\r\n"))
            let form = "Content-Type: application/x-www-form-urlencoded\r\n"
            let coding = try server.answer(to: start + form + "Content-Encoding: gzip\r\n\r\na")
            #expect(coding.hasPrefix("HTTP/1.1 415 "))
            #expect(coding.contains("\r\nAccept-Encoding: identity\r\n"))
        }
    }

    @Test("413 may end the reading: the connection closes, and what came behind is no request", .rfc("9110-15.5.14-01"))
    func tooLarge() async throws {
        let handled = Record<String>()
        let handler = Immediate { request in
            handled.append(request.head.rawPath)
            return .text("")
        }
        try await withServer(handler, configure: { $0.limits.body = 10 }) { server in
            let inside = get("/inside")
            let request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(inside.utf8.count)\r\n\r\n" + inside
            let answer = try #require(WireAnswer(Array(try server.answer(to: request).utf8)))
            #expect(answer.status == 413)
            #expect(answer["Connection"] == "close")
            #expect(answer.text.contains("longer"))
            #expect(handled.all == [])
        }
    }

    @Test("429 says what the limit is about, and when to come again", .rfc("6585-4-01", "6585-4-02"))
    func tooMany() async throws {
        let router = try Router(middleware: [RateLimit(1, per: .seconds(1000))]) { Route("/") { _ in .text("ok") } }
        try await withServer(router) { server in
            try #expect(server.answer(to: get("/", "Connection: close")).hasPrefix("HTTP/1.1 200 "))
            let answer = try #require(WireAnswer(Array(try server.answer(to: get("/", "Connection: close")).utf8)))
            #expect(answer.status == 429)
            #expect(answer.text.contains("Too many requests; try again in"))
            #expect(answer["Retry-After"].flatMap { Int($0) } ?? 0 > 900)
        }
    }

    @Test("408 comes for a request that began and did not end in time, and for no other", .rfc("9110-15.5.9-01"))
    func timeout() async throws {
        let configure = { @Sendable (configuration: inout ServerConfiguration) in
            configuration.limits.headTimeout = .milliseconds(100)
            configuration.limits.keepAliveTimeout = .milliseconds(100)
            configuration.limits.bodyIdleTimeout = .milliseconds(100)
        }
        let handler = Waiting { request in .text(try await request.text()) }
        try await withServer(handler, configure: configure) { server in
            let begun = try server.answer(to: "GET / HTTP/1.1\r\nHost:")
            #expect(begun == refusal("408 Request Timeout", "The request head did not arrive in time."))
            let half = try server.answer(to: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx")
            #expect(half == refusal("408 Request Timeout", "The content of the request stopped arriving."))
            try #expect(server.answer(to: "") == "")
            try #expect(server.answer(to: get()) == ok(""))
        }
    }

    @Test(
        "421 for an authority that no site here has, by Host or by absolute-form, in every delivery",
        .rfc("9110-15.5.20-01"),
        arguments: [
            ("/", "a", 200), ("/", "A:8080", 200), ("/x", "a", 404), ("/", "b", 421), ("/", "", 421),
            ("http://a/", "b", 200), ("http://b/", "a", 421), ("/", "x.c", 200), ("/", "c", 421),
        ]
    )
    func misdirected(target: String, host: String, status: Int) async throws {
        let router = try Router {
            Group(host: "a") { Route("/") { _ in .text("a") } }
            Group(host: "*.c") { Route("/") { _ in .text("c") } }
        }
        try await withServer(router) { server in
            let request = "GET \(target) HTTP/1.1\r\nHost: \(host)\r\n\r\n"
            let answer = try everyDelivery(of: request, at: server.address)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
        }
    }

    @Test("a router with routes for any host has a site for each authority", .rfc("9110-15.5.20-01"))
    func anyAuthority() async throws {
        let router = try Router {
            Group(host: "a") { Route("/") { _ in .text("a") } }
            Route("/rest") { _ in .text("rest") }
        }
        try await withServer(router) { server in
            let request = "GET / HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n"
            try #expect(server.answer(to: request).hasPrefix("HTTP/1.1 404 "))
        }
    }
}
