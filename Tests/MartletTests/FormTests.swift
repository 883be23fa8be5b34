import Martlet
import TestSupport
import Testing

extension RunningServer {
    /// Posts content with these field lines on a connection of its own; the answer, closed behind.
    func post(_ fields: String..., content: String) throws -> WireAnswer {
        let lines = fields.map { $0 + "\r\n" }.joined()
        let head = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(lines)"
        let answer = try answer(to: head + "Content-Length: \(content.utf8.count)\r\n\r\n" + content)
        return try #require(WireAnswer(Array(answer.utf8)))
    }
}

private let urlEncoded = "Content-Type: application/x-www-form-urlencoded"
private let multipart = "Content-Type: multipart/form-data; boundary=b"

@Suite("Forms, text, cookies and negotiation", .timeLimit(.patient))
struct FormTests {
    /// Answers with a line for each field of a form of at most 100 octets and 3 fields.
    private static let fields = Waiting { request in
        let form = try await request.form(upTo: 200, fieldLimit: 3)
        #expect(form.count == Array(form).count)
        return .text(form.map { "\($0.name)=\($0.value)\n" }.joined())
    }

    @Test(
        "a form arrives, however it is encoded",
        .rfc("7578-5.3-01", "7578-4.3-01", "7578-5.2-01", "7578-4.6-01"),
        arguments: [
            (urlEncoded, "a=1&b=%26+%C3%BC&a=2", "a=1\nb=& ü\na=2\n"),
            (urlEncoded + "; charset=UTF-8", "a", "a=\n"),
            (urlEncoded, "", ""),
            (multipart, "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\ny\r\n--b--\r\n", "a=x\r\ny\n"),
            // An empty file input of a browser is no file.
            (
                multipart,
                "--b\r\nContent-Disposition: form-data; name=a; filename=\"\"\r\n"
                    + "Content-Type: application/octet-stream\r\n\r\n\r\n--b--\r\n", ""
            ),
            // 7578-4.6-01: the default charset.
            (
                multipart,
                "--b\r\nContent-Disposition: form-data; name=_charset_\r\n\r\niso-8859-1\r\n"
                    + "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nü\r\n--b--",
                "_charset_=iso-8859-1\na=Ã¼\n"
            ),
            (urlEncoded + "\r\nContent-Encoding: identity", "a=1", "a=1\n"),
        ]
    )
    func form(type: String, content: String, fields: String) async throws {
        try await withServer(Self.fields) { server in
            let answer = try server.post(type, content: content)
            #expect(answer.text == fields)
        }
    }

    @Test(
        "what is no form, too much or malformed is refused, with the reason",
        .rfc(
            "7578-8-01",
            "9110-12.5.3-07",
            "9110-12.5.3-08",
            "7578-4.2-01",
            "9110-8.4-03",
            "9110-15.5.16-01",
            "7578-4.7-01",
            "9110-8.3-02"
        ),
        arguments: [
            ("Content-Type: text/plain", "a=1", 415, "A form is read here: send"),
            ("X: y", "a=1", 415, "A form is read here: send"),
            ("Content-Type: x", "a=1", 400, "Content-Type is not one media type."),
            (urlEncoded + "\r\n" + urlEncoded, "a=1", 400, "Content-Type is not one media type."),
            (urlEncoded + "\r\nContent-Encoding: gzip", "a=1", 415, "Content with a Content-Encoding"),
            (urlEncoded, "a=%zz", 400, "A % in the form is not followed by two hex digits"),
            (urlEncoded, "a=%ff", 400, "The form holds text that is not UTF-8."),
            (urlEncoded, "a&b&c&d", 413, "The form has too many fields"),
            (urlEncoded, String(repeating: "a", count: 201), 413, "longer than the 200 octets"),
            (multipart, String(repeating: "a", count: 201), 413, "longer than the 200 octets"),
            (multipart, "--b\r\n\r\nx\r\n--b--", 400, "must have one Content-Disposition"),
            (multipart, "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--", 400, "form-data; name="),
            (multipart, "--b\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--b--", 400, "form-data; name="),
            (
                multipart, "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx", 400,
                "ends before its closing boundary"
            ),
            (
                multipart, "--b\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\nx\r\n--b--", 415,
                "No file is taken here"
            ),
            (
                multipart,
                "--b\r\nContent-Disposition: form-data; name=a\r\nContent-Type: text/plain; charset=x\r\n\r\nx\r\n--b--",
                415, "Text in this charset is not read here"
            ),
            (
                multipart,
                "--b\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\nx\r\n--b--",
                400, "Content-Transfer-Encoding"
            ),
            (
                multipart, "--b\r\nContent-Disposition: form-data; name=a\r\nContent-Type: x\r\n\r\nx\r\n--b--", 400,
                "no media type"
            ),
            ("Content-Type: multipart/form-data", "x", 400, "no valid boundary"),  // 7578-8-01
            ("Content-Type: multipart/form-data; boundary=\"\"", "x", 400, "no valid boundary"),
        ]
    )
    func refusals(type: String, content: String, status: Int, reason: String) async throws {
        try await withServer(Self.fields) { server in
            let answer = try server.post(type, content: content)
            #expect(answer.status == status)
            #expect(answer.text.contains(reason))
            // 9110-12.5.3-07, -08: Accept-Encoding where the coding was the cause, and only there.
            #expect(answer["Accept-Encoding"] == (type.contains("gzip") ? "identity" : nil))
        }
    }

    /// Reads content of at most 4 octets in the way that the path names.
    private static let short = Waiting { request in
        switch request.head.rawPath {
        case "/form": .text(try await request.form(upTo: 4).map { "\($0.name)=\($0.value)" }.joined())
        case "/text": .text(try await request.text(upTo: 4))
        case "/collect": .text(String(decoding: try await request.body.collect(upTo: 4), as: UTF8.self))
        default: .text("next")
        }
    }

    @Test(
        "content that came with its head: no 100 for it, though the client expects one",
        .rfc("9110-10.1.1-04"),
        arguments: ["/form", "/text", "/collect"]
    )
    func noContinue(path: String) async throws {
        try await withServer(Self.short) { server in
            let socket = try server.connect()
            let head = "POST \(path) HTTP/1.1\r\nHost: a\r\n\(urlEncoded)\r\nExpect: 100-continue\r\n"
            try socket.send(head + "Content-Length: 4\r\n\r\na=12" + get("/next"))
            try socket.expect(ok("a=12") + ok("next"))
            // Where it has to be asked for, it is.
            try socket.send(head + "Content-Length: 4\r\n\r\n")
            try socket.expect("HTTP/1.1 100 Continue\r\n\r\n")
            try socket.send("a=34")
            try socket.expect(ok("a=34"))
        }
    }

    @Test(
        "content that is there already and one octet too long is a 413, and the next request is served",
        .rfc("9110-15.5.14-01"),
        arguments: ["/form", "/text", "/collect"],
        ["Content-Length: 5\r\n\r\na=123", "Transfer-Encoding: chunked\r\n\r\n5\r\na=123\r\n0\r\n\r\n"]
    )
    func tooLongAlready(path: String, content: String) async throws {
        try await withServer(Self.short) { server in
            let socket = try server.connect()
            try socket.send("POST \(path) HTTP/1.1\r\nHost: a\r\n\(urlEncoded)\r\n" + content + get("/next"))
            let text = "413 Content Too Large\nThe content is longer than the 4 octets allowed here.\n"
            try socket.expect(MartletTests.answer("413 Content Too Large", text, error: true) + ok("next"))
        }
    }

    @Test("a field that must be there and is not is a 400 that names it")
    func required() async throws {
        let handler = Waiting { request in .text(try await request.form().required("name")) }
        try await withServer(handler) { server in
            try #expect(server.post(urlEncoded, content: "name=").text == "")
            let answer = try server.post(urlEncoded, content: "nam=x")
            #expect(answer.status == 400 && answer.text.contains("The form has no field \"name\"."))
        }
    }

    @Test(
        "text is read in its charset",
        arguments: [
            ("X: y", "grüße", 200, "grüße"), ("Content-Type: text/plain; charset=UTF-8", "ü", 200, "ü"),
            ("Content-Type: text/plain; charset=iso-8859-1", "ü", 200, "Ã¼"),
            ("Content-Type: text/plain; charset=us-ascii", "ü", 400, "not text in its charset"),
            ("Content-Type: text/plain; charset=koi8-r", "x", 415, "send UTF-8"),
            ("Content-Encoding: br", "x", 415, "Content-Encoding"),
            ("X: y", "01234567890", 413, "longer than the 10 octets"),
        ]
    )
    func text(field: String, content: String, status: Int, text: String) async throws {
        try await withServer(Waiting { request in .text(try await request.text(upTo: 10)) }) { server in
            let answer = try server.post(field, content: content)
            #expect(answer.status == status)
            #expect(answer.text.contains(text))
        }
    }

    @Test("cookies and the query are read, cookies set")
    func cookies() async throws {
        let handler = Immediate { request in
            var response = Response.text("\(request.cookies["id"] ?? "-") \(request.queryItems["page"] ?? "-")")
            response.setCookie(try SetCookie("a", "1"))
            response.setCookie(try SetCookie("__Host-b", "2", secure: true))
            return response
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            let cookies =
                "Set-Cookie: a=1; Path=/; HttpOnly; SameSite=Lax\r\n"
                + "Set-Cookie: __Host-b=2; Path=/; Secure; HttpOnly; SameSite=Lax\r\n"
            let answer = { (text: String) in
                "HTTP/1.1 200 OK\r\nDate: *\r\nContent-Type: text/plain; charset=utf-8\r\n" + cookies
                    + "Content-Length: \(text.utf8.count)\r\n\r\n" + text
            }
            try socket.send(get("/?x=1&page=2+3", "Cookie: a=b; id=7"))
            try socket.expect(answer("7 2 3"))
            // Two Cookie lines are read as one.
            try socket.send(get("/", "Cookie: a=b", "Cookie: id=8"))
            try socket.expect(answer("8 -"))
            try socket.send(get())
            try socket.expect(answer("- -"))
        }
    }

    @Test(
        "the answer's type and language are what the client wants most",
        arguments: [
            ([], "application/json", "en", true), (["Accept: text/html"], "text/html; charset=utf-8", "en", false),
            (["Accept: text/html;q=0.5", "Accept: application/json;q=0.4"], "text/html; charset=utf-8", "en", false),
            (["Accept: image/png", "Accept-Language: de-CH, en;q=0.5"], "-", "de", false),
            (["Accept: */*", "Accept-Language: fr"], "application/json", "-", true),
        ] as [([String], String, String, Bool)]
    )
    func negotiation(fields: [String], type: String, language: String, acceptsText: Bool) async throws {
        let handler = Immediate { request in
            let type = request.preferredType(of: [.json, .html])?.description ?? "-"
            let language = request.preferredLanguage(of: ["en", "de"]) ?? "-"
            return .text("\(type) \(language) \(request.accepts(.plainText))")
        }
        try await withServer(handler) { server in
            let lines = fields.map { $0 + "\r\n" }.joined()
            let answer = try server.answer(to: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(lines)\r\n")
            #expect(answer == ok("\(type) \(language) \(acceptsText)", connection: "close"))
        }
    }
}
