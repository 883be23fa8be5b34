import HTTPTypes
import Martlet
import MartletWire
import TestSupport
import Testing

/// Answers of every kind that a server makes by itself or helps a handler to make.
private func manyAnswers() throws -> Router {
    let token = HTTPField.Name("Server-Timing")!
    return try Router {
        Route("/text") { _ in .text("text") }
        Route("/page") { _ in .html("<p>\("a<b")</p>") }
        Route("/empty") { _ in Response() }
        Route("/none") { _ in Response(status: .noContent) }
        Route("/reset") { _ in Response(status: .resetContent) }
        Route("/unchanged") { _ in Response(status: .notModified) }
        Route("/elsewhere") { _ in .redirect(to: "/a b/ö?c=\"d\"#%zz") }
        Route("/cookie") { _ in
            var response = Response.text("cookies")
            response.fields.append(.setCookie, try SetCookie("a", "b", maxAge: .seconds(60)).description)
            response.fields.append(.setCookie, try SetCookie("c", "d").description)
            return response
        }
        Route("/stream") { _ in
            .stream(type: "text/csv") { writer in
                try await writer.write("a,b\r\n")
                try await writer.write([UInt8](repeating: 0x30, count: 100_000))
                writer.trailers.append(token, "db;dur=3")
            }
        }
        Route("/counted") { _ in .stream(type: "text/csv", length: 5) { try await $0.write("a,b\r\n") } }
        Route("/events") { _ in .stream(type: "text/event-stream") { try await $0.write("data: x\n\n") } }
        Route("/hints") { request async in
            var hints = Fields()
            hints.append(.link, "</style.css>; rel=preload")
            request.sendInterim(.earlyHints, hints)
            return .text("hinted")
        }
        Route("/thrown") { _ in throw HTTPError(.conflict, "Another has it.") }
        Route("/broken") { _ in throw Broken() }
        Route("/echo") { _ in .upgrade(to: "echo") { _ in } }
        Route(.post, "/posted") { request async throws in .text(try await request.text(upTo: 10)) }
        Route("/folder/") { _ in .text("in it") }
        Group("/limited", middleware: [RateLimit(1, per: .seconds(600))]) { Route("/") { _ in .text("once") } }
        Group("/shared", middleware: [CORS(), SecurityHeaders()]) { Route("/") { _ in .text("shared") } }
    }
}

private struct Broken: Error {}

@Suite("What the server generates (RFC 9110 §2.2)", .timeLimit(.patient))
struct AnswerSyntaxTests {
    static let requests: [(request: String, status: Int)] = [
        (get("/text"), 200), (get("/page"), 200), (get("/empty"), 200), (get("/none"), 204), (get("/reset"), 205),
        (get("/unchanged"), 304), (get("/elsewhere"), 303), (get("/cookie"), 200), (get("/stream"), 200),
        (get("/stream", "TE: trailers", "Connection: TE"), 200), (get("/counted"), 200), (get("/events"), 200),
        (get("/hints"), 103), (get("/thrown"), 409), (get("/broken"), 500), (get("/echo"), 426), (get("/nosuch"), 404),
        (get("/nosuch", "Accept: text/html"), 404), (get("/folder"), 308), (get("/folder?a=b"), 308),
        (get("/limited/") + get("/limited/"), 200),
        (get("/shared/", "Origin: http://a.example"), 200),
        ("OPTIONS /shared/ HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\nAccess-Control-Request-Method: PUT\r\n\r\n", 204),
        ("OPTIONS /text HTTP/1.1\r\nHost: a\r\n\r\n", 204), ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 204),
        ("DELETE /text HTTP/1.1\r\nHost: a\r\n\r\n", 405), ("TRACE /text HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        ("BREW /text HTTP/1.1\r\nHost: a\r\n\r\n", 501), ("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        (get("/text").replacing("HTTP/1.1", with: "HTTP/1.0"), 200),
        (get("/text", "Connection: keep-alive").replacing("HTTP/1.1", with: "HTTP/1.0"), 200),
        (get("/text").replacing("HTTP/1.1", with: "HTTP/2.0"), 505), (get("/text").replacing("1.1", with: "11"), 400),
        (get("/text", "Expect: a-miracle"), 417), (get("https://a/text"), 421),
        ("GET /text HTTP/1.1\r\n\r\n", 400), (get("/text", "Host: b"), 400), ("\u{0}\r\n\r\n", 400),
        (get("/" + String(repeating: "x", count: 9000)), 414),
        (get("/text", "X: " + String(repeating: "x", count: 70_000)), 431),
        ("POST /posted HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n12345678901", 413),
        ("POST /posted HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n", 413),
        ("POST /posted HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", 100),
        (
            "POST /posted HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", 415
        ),
        ("POST /posted HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400),
    ]

    @Test(
        "every answer parses under the grammar, with nothing in it that is not for servers to say",
        .rfc("9110-2.2-01", "9110-2.2-02", "9110-5.6.1.1-01", "9110-5.6.3-01", "9110-5.6.3-02", "9110-5.6.3-03"),
        .rfc("9110-5.3-03", "9110-5.6.7-02", "9110-5.6.7-05", "9110-6.6.1-02", "9110-6.4.1-01"),
        .rfc("9110-4.2.4-01", "9110-4.2.1-01", "9110-4.2.2-01", "9110-10.2.2-01", "9110-10.2.3-01", "9110-7.8-11"),
        arguments: requests
    )
    func grammar(request: String, status: Int) async throws {
        try await withServer(manyAnswers(), configure: { $0.serverName = "Martlet" }) { server in
            let socket = try server.connect()
            try socket.send(request)
            var octets: [UInt8] = []
            if status == 100 {
                octets = try socket.receive(through: "\r\n\r\n")
                try socket.send("abc")
            }
            let expected = status < 200 || request.contains("limited") ? 2 : 1
            // Behind it another request, which closes where the connection is still open; where it is not, the server's
            // kernel may answer it with a reset, behind the answer.
            try? socket.send(get("/text", "Connection: close"))
            octets += try socket.receiveAll(untilReset: true)
            let answers = try StrictAnswer.all(in: octets)
            #expect(answers.first?.status == status)
            #expect(answers.count == expected || answers.count == expected + 1)
            #expect(answers.allSatisfy { $0.status < 200 || $0["server"] == ["Martlet"] })
        }
    }

    @Test("HEAD has the fields of GET under the same grammar", .rfc("9110-2.2-01", "9110-9.3.2-03"))
    func head() async throws {
        try await withServer(manyAnswers()) { server in
            for path in ["/text", "/page", "/none", "/cookie", "/stream", "/counted", "/nosuch", "/folder", "/thrown"] {
                let socket = try server.connect()
                try socket.send(get(path, "Connection: close").replacing("GET", with: "HEAD"))
                let answers = try StrictAnswer.all(in: socket.receiveAll(), to: "HEAD")
                #expect(answers.count == 1)
                // Of a stream nothing is made, so that its length stays unknown.
                #expect(answers.first?["content-length"].isEmpty == (path == "/stream" || path == "/none"), "\(path)")
            }
        }
    }

    @Test("an answer of a handler that says too much is put right", .rfc("9110-7.6.1-02", "9110-7.6.1-05"))
    func connectionFields() async throws {
        let handler = Immediate { _ in
            var response = Response.text("x")
            for (name, value) in [
                ("Keep-Alive", "timeout=5"), ("Proxy-Connection", "keep-alive"), ("Transfer-Encoding", "gzip"),
                ("Connection", "Cache-Control, X-Note"), ("Cache-Control", "no-cache"), ("X-Note", "1"),
                ("Upgrade", "echo"),
            ] { response.fields.append(HTTPField.Name(name)!, value) }
            return response
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(get())
            try socket.expect(
                "HTTP/1.1 200 OK\r\nDate: *\r\nContent-Type: text/plain; charset=utf-8\r\nCache-Control: no-cache\r\n"
                    + "X-Note: 1\r\nUpgrade: echo\r\nContent-Length: 1\r\nConnection: Upgrade\r\n\r\nx"
            )
        }
    }

    @Test("Date is the time at which the answer was made", .rfc("9110-6.6.1-01"))
    func date() async throws {
        try await withServer(echoPath) { server in
            let socket = try server.connect()
            for _ in 1...3 {
                let before = WallClock.seconds()
                try socket.send(get())
                let answer = try #require(WireAnswer(socket.receive(upTo: 4096)))
                let after = WallClock.seconds()
                let text = try #require(answer["Date"])
                let date = HTTPDate.parse(Array(text.utf8).span, now: after)
                #expect((before...after).contains(try #require(date)))
            }
        }
    }

    @Test(
        "Location is a URI reference, whatever a handler redirects to",
        .rfc("9110-10.2.2-01"),
        arguments: [
            ("/a", "/a"), ("/a b", "/a%20b"), ("/é", "/%C3%A9"), ("/100%", "/100%25"), ("/%zz%4", "/%25zz%254"),
            ("/a%20b?c=d&e=%C3%A9#f", "/a%20b?c=d&e=%C3%A9#f"), ("http://[::1]:80/~a", "http://[::1]:80/~a"),
            ("/\"<>\\^`{|}", "/%22%3C%3E%5C%5E%60%7B%7C%7D"), ("/\r\nX: y", "/%0D%0AX:%20y"), ("?page=2", "?page=2"),
        ]
    )
    func location(given: String, sent: String) {
        #expect(Response.redirect(to: given).fields[.location] == sent)
    }

    @Test(
        "Server is one product name, without a version; nil sends none",
        .rfc("9110-10.2.4-01", "9110-10.1.5-01", "9110-10.1.5-02")
    )
    func serverField() async throws {
        #expect(ServerConfiguration().serverName == "Martlet")
        for name in ["Martlet", nil] {
            try await withServer(echoPath, configure: { $0.serverName = name }) { server in
                let socket = try server.connect()
                try socket.send(get("/", "Connection: close"))
                #expect(try WireAnswer(socket.receiveAll())?["Server"] == name)
            }
        }
    }
}
