import HTTPTypes
import Martlet
import MartletWire
import TestSupport
import Testing

/// What the routes made of a request; any method.
private func shown(_ request: Request) -> Response {
    .text("\(request.method.rawValue) \(request.path.description) \(request.query ?? "-")")
}

private func routes() throws -> Router {
    try Router {
        Group(host: "named.example") {
            Route([], "/~user/:name") { request in .text("named \(request.parameters["name"] ?? "-")") }
        }
        Route([], "/**") { request in shown(request) }
    }
}

@Suite("Identifiers and targets (RFC 9110 §4, §7)", .timeLimit(.patient))
struct TargetRulesTests {
    @Test(
        "spellings that normalisation makes equal reach the same resource",
        .rfc("9110-4.2.3-01", "9110-4.2.3-02", "9110-4.3.1-01"),
        arguments: [
            ("/~user/x%2Dy", "named.example"), ("/%7Euser/x-y", "NAMED.example"),
            ("/%7euser/%78-y", "Named.Example:80"),
            ("/a/../~user/./x-y", "named.example:"), ("http://NAMED.EXAMPLE:80/~user/x-y", "other.example"),
            ("HTTP://named.example:/%7Euser/x-y", "other.example"), ("//~user//x-y", "named.example."),
        ]
    )
    func normalised(target: String, host: String) async throws {
        try await withServer(routes()) { server in
            let way = try EveryWay("GET \(target) HTTP/1.1\r\nHost: \(host)\r\n\r\n".utf8, at: server.address)
            #expect(way.answer == ok("named x-y"))
            #expect(way.difference == nil)
        }
    }

    @Test("paths and queries keep their case, an empty path is /", .rfc("9110-4.2.3-02"))
    func exact() async throws {
        try await withServer(routes()) { server in
            for (target, text) in [
                ("/~USER/x", "GET /~USER/x -"), ("/~user/X", "GET /~user/X -"), ("http://a", "GET / -"),
                ("/", "GET / -"),
                ("http://a?Q=%7e", "GET / Q=%7e"),
            ] {
                try #expect(server.answer(to: get(target, "Connection: close")) == ok(text, connection: "close"))
            }
        }
    }

    /// The names of traps: OPTIONS *, CONNECT, authority-form.
    @Test(
        "authority-form is for CONNECT and * for OPTIONS, nothing else",
        .rfc("9110-7.1-01", "9110-9.3.6-01"),
        arguments: [
            "GET *", "POST *", "HEAD *", "options *", "GET a:80", "POST a:80", "OPTIONS a:80", "CONNECT /", "CONNECT *",
            "CONNECT a", "CONNECT a:", "CONNECT a:x", "CONNECT a:65536", "CONNECT http://a:80/", "CONNECT u@a:80",
            "CONNECT :80",
        ]
    )
    func forms(line: String) async throws {
        try await withServer(routes()) { server in
            let way = try EveryWay("\(line) HTTP/1.1\r\nHost: a\r\n\r\n".utf8, at: server.address)
            #expect(way.answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
            #expect(way.closes)
            #expect(way.difference == nil)
        }
    }

    @Test("OPTIONS * is about the server as a whole", .rfc("9110-9.3.7-02", "9110-9.3.7-01"))
    func asterisk() async throws {
        let router = try Router {
            Route("/a") { _ in .text("a") }
            Route(.put, "/b") { _ in .text("b") }
        }
        try await withServer(router) { server in
            let way = try EveryWay("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n".utf8, at: server.address)
            #expect(way.answer == "HTTP/1.1 204 No Content\r\nDate: *\r\nAllow: GET, HEAD, PUT, OPTIONS\r\n\r\n")
            #expect(way.difference == nil)
        }
    }

    @Test("CONNECT opens no tunnel, whatever the handler would say", .rfc("9110-9.3.6-02", "9110-9.3.6-05"))
    func connect() async throws {
        try await withServer(routes()) { server in
            let way = try EveryWay("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n".utf8, at: server.address)
            #expect(way.answer.hasPrefix("HTTP/1.1 501 Not Implemented\r\n"))
            #expect(way.closes)
            #expect(way.difference == nil)
        }
    }

    @Test(
        "an https target in the clear is refused, so is any scheme that this server does not serve",
        .rfc("9110-7.4-01", "9110-4.2.2-03"),
        arguments: ["https://a/", "HTTPS://a:443/x", "https://a:80/", "ftp://a/", "ws://a/"]
    )
    func scheme(target: String) async throws {
        try await withServer(routes()) { server in
            let way = try EveryWay(get(target).utf8, at: server.address)
            #expect(
                way.answer
                    == refusal(
                        "421 Misdirected Request",
                        "This is a plain HTTP connection: only http URLs are served over it."
                    )
            )
            #expect(way.difference == nil)
        }
    }

    @Test(
        "a host that is empty or has a user in it is refused",
        .rfc("9110-4.2.1-02", "9110-4.2.2-02", "9110-4.2.4-02"),
        arguments: [
            "http:///x", "http://", "http://:80/", "https:///x", "https://:443/x", "http://user@a/",
            "http://user:pw@a/",
            "http://@a/", "https://user@a/",
        ]
    )
    func authority(target: String) async throws {
        try await withServer(routes()) { server in
            let way = try EveryWay(get(target).utf8, at: server.address)
            #expect(way.answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
            #expect(way.closes)
            #expect(way.difference == nil)
        }
    }

    /// Traps: duplicate or invalid Host; absolute-form overriding Host.
    @Test(
        "there is one Host, and it is valid, also where the target says more",
        .rfc("9110-4.2.4-02"),
        arguments: ["user@a", "a, b", "a b", "a/b", "a:b", "a:80:80", "[::1", "::1", "a:65536", "a\r\nHost: a"]
    )
    func host(value: String) async throws {
        try await withServer(routes()) { server in
            for target in ["/", "http://c/"] {
                let way = try EveryWay("GET \(target) HTTP/1.1\r\nHost: \(value)\r\n\r\n".utf8, at: server.address)
                #expect(way.answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
                #expect(way.closes)
                #expect(way.difference == nil)
            }
        }
    }

    /// Trap: 8,000-octet targets.
    @Test("a target of 8,000 octets works, in the path, the query and in Referer", .rfc("9110-4.1-01"))
    func long() async throws {
        let long = String(repeating: "x", count: 7999)
        try await withServer(routes()) { server in
            for (request, text) in [
                (get("/" + long, "Connection: close"), "GET /\(long) -"),
                (get("/?" + long, "Connection: close"), "GET / \(long)"),
                (get("/a", "Referer: http://a/" + long, "Connection: close"), "GET /a -"),
            ] { try #expect(server.answer(to: request) == ok(text, connection: "close")) }
            try #expect(
                server.answer(to: get("http://a/" + long, "Connection: close"))
                    == ok("GET /\(long) -", connection: "close")
            )
        }
        try await withServer(Immediate { _ in .redirect(to: "/" + long) }) { server in
            try #expect(server.answer(to: get("/", "Connection: close")).contains("\r\nLocation: /\(long)\r\n"))
        }
    }

    @Test("http and https are two origins where an origin is asked for", .rfc("9110-4.2.2-03", "9110-4.3.1-01"))
    func origins() async throws {
        let router = try Router(middleware: [CORS(.only(["https://app.example"]))]) { Route("/") { _ in .text("x") } }
        for (origin, isAllowed) in [
            ("https://app.example", true), ("http://app.example", false), ("https://app.example:80", false),
        ] {
            let request = try Request(.get, "/", fields: Fields(lines: ["Origin: \(origin)"]))
            let allowed = try await router.respond(to: request).fields[HTTPField.Name("Access-Control-Allow-Origin")!]
            #expect((allowed == origin) == isAllowed)
        }
    }

    @Test(
        "an Upgrade that nobody here speaks is no reason not to answer",
        .rfc("9110-7.8-01", "9110-7.8-05"),
        arguments: ["h2c", "TLS/1.0", "IRC/6.9, RTA/x11", "websocket"]
    )
    func unknownUpgrade(protocols: String) async throws {
        try await withServer(routes()) { server in
            let request = get(
                "/a",
                "Connection: Upgrade, HTTP2-Settings",
                "Upgrade: \(protocols)",
                "HTTP2-Settings: AAMAAABk"
            )
            let way = try EveryWay(request.utf8, at: server.address)
            #expect(way.answer == ok("GET /a -"))
            #expect(!way.closes)
            #expect(way.difference == nil)
        }
    }

    @Test(
        "the new protocol begins behind the content, and answers the request itself",
        .rfc("9110-7.8-10", "9110-7.8-14")
    )
    func newProtocol() async throws {
        let handler = Waiting { request in
            let content = String(decoding: try await request.body.collect(upTo: 100), as: UTF8.self)
            let path = request.head.rawPath
            return .upgrade(to: "echo") { stream in
                try await stream.write(Array("\(path) \(content)|".utf8))
                while let octets = try await stream.read() { try await stream.write(octets) }
            }
        }
        let fields = "Host: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n"
        for content in [
            "Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        ] {
            try await withServer(handler) { server in
                let octets = Array("POST /asked HTTP/1.1\r\n\(fields)\(content)NEW".utf8)
                for pieces in [[octets], octets.map { [$0] }] {
                    let socket = try server.connect()
                    for piece in pieces { try socket.send(piece) }
                    try socket.expect(
                        "HTTP/1.1 101 Switching Protocols\r\nDate: *\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n"
                            + "/asked hello|NEW"
                    )
                }
            }
        }
    }
}
