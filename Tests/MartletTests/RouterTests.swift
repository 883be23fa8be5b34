import HTTPTypes
import Martlet
import TestSupport
import Testing

/// Says which route was found, what the names stand for, and what is left of the path.
@Sendable private func tell(_ request: Request) -> Response {
    let names = ["name", "id", "rest", "tenant"].compactMap { name in
        request.parameters[name].map { " \(name)=\($0)" }
    }
    return .text("\(request.route ?? "none")\(names.joined()) at \(request.path)")
}

private struct Tell: Handler {
    func respond(to request: Request) async throws -> Response { tell(request) }
}

private struct Note: GET, PUT {
    func get(_ request: Request) -> Response { .text("get \(request.parameters["id"] ?? "")") }
    func put(_ request: Request) -> Response { .text("put \(request.parameters["id"] ?? "")") }
}

/// Writes its name around what it lets through.
private struct Mark: Middleware {
    let name: String

    init(_ name: String) {
        self.name = name
    }

    func respond(to request: Request, next: Next) async throws -> Response {
        var response = try await next(request)
        response.fields[.via] = response.fields[.via].map { "\(name) \($0)" } ?? name
        return response
    }
}

@Suite("The router")
struct RouterTests {
    private static let paths = [
        "/", "/a", "/a/b", "/a/:name", "/a/:name/c", "/a/b/d", "/files/**", "/files/special", "/dir/", "/both",
        "/both/",
        "/x/*/y", "/x/:id/z", "/deep/:id/**", "/deep/one/two/three", "/gr%C3%BCn", "/blau grün", "/a%2Fb", "/star/*",
    ]

    private static func router() throws -> Router {
        try Router {
            for path in paths { Route(path, tell) }
        }
    }

    @Test(
        "text goes before names, names before the rest, and what leads nowhere is left",
        arguments: [
            ("/", "/ at /"),
            ("/a", "/a at /a"),
            ("/a/b", "/a/b at /a/b"),
            ("/a/x", "/a/:name name=x at /a/x"),
            ("/a/B", "/a/:name name=B at /a/B"),
            ("/a/b/c", "/a/:name/c name=b at /a/b/c"),  // Back from /a/b, which has no c.
            ("/a/b/d", "/a/b/d at /a/b/d"),
            ("/a//b", "/a/b at /a/b"),
            ("/a/./x/../b", "/a/b at /a/b"),
            ("/files/", "/files/** at /"),
            ("/files/x/y", "/files/** at /x/y"),
            ("/files/x/", "/files/** at /x/"),
            ("/files/special", "/files/special at /files/special"),
            ("/files/special/x", "/files/** at /special/x"),
            ("/dir/", "/dir/ at /dir/"),
            ("/both", "/both at /both"),
            ("/both/", "/both/ at /both/"),
            ("/x/1/y", "/x/*/y at /x/1/y"),
            ("/x/1/z", "/x/:id/z id=1 at /x/1/z"),
            ("/deep/one/two", "/deep/:id/** id=one at /two"),
            ("/deep/one/two/three", "/deep/one/two/three at /deep/one/two/three"),
            ("/deep/one/two/four", "/deep/:id/** id=one at /two/four"),
            ("/deep/one/", "/deep/:id/** id=one at /"),
            ("/star/anything", "/star/* at /star/anything"),
            ("/gr%c3%bcn", "/gr%C3%BCn at /grün"),
            ("/blau%20gr%C3%BCn", "/blau grün at /blau grün"),
            ("http://a/a/b?x=/a", "/a/b at /a/b"),
        ]
    )
    func precedence(target: String, text: String) async throws {
        let response = try await directAnswer(of: try Self.router(), target)
        #expect(response.status == .ok)
        #expect(response.text == text)
    }

    @Test(
        "parameters are decoded once, and an encoded slash is part of its segment",
        .rfc("3986-2.4-01", "3986-2.2-01"),
        arguments: [
            ("/a/x%20y", "/a/:name name=x y at /a/x y"),
            ("/a/%252F", "/a/:name name=%2F at /a/%2F"),
            ("/a/%2Fetc%2Fpasswd", "/a/:name name=/etc/passwd at /a//etc/passwd"),
            ("/a/b%2Fd", "/a/:name name=b/d at /a/b/d"),
            ("/a%2Fb", "/a%2Fb at /a/b"),
            ("/a/%FF", "/a/:name name=\u{FFFD} at /a/\u{FFFD}"),
            ("/a/%C3%A9", "/a/:name name=é at /a/é"),
        ]
    )
    func parameters(target: String, text: String) async throws {
        #expect(try await directAnswer(of: try Self.router(), target).text == text)
    }

    @Test(
        "what no route is for is a 404",
        arguments: ["/nosuch", "/a/b/c/d", "/a/x/d", "/x/1", "/x/1/2", "/filesx/a", "/both/x", "/star", "/A"]
    )
    func notFound(target: String) async throws {
        let response = try await directAnswer(of: try Self.router(), target)
        #expect(response.status == .notFound)
    }

    @Test(
        "where only the path with or without its last slash has routes, the other leads to it",
        arguments: [
            ("/a/", "/a"), ("/a/b/", "/a/b"), ("/a/x/?q=1&r=%20", "/a/x?q=1&r=%20"), ("/files", "/files/"),
            ("/files?", "/files/?"), ("/dir", "/dir/"), ("/deep/one", "/deep/one/"), ("//a//b//", "/a/b"),
            ("/a/%2F%2Fevil.com/", "/a/%2F%2Fevil.com"), ("//dir", "/dir/"), ("/a/x%20y%0D%0A/", "/a/x%20y%0D%0A"),
            ("/blau%20gr%C3%BCn/", "/blau%20gr%C3%BCn"),
        ]
    )
    func slash(target: String, location: String) async throws {
        for method in [HTTPRequest.Method.get, .post] {
            let response = try await directAnswer(of: try Self.router(), method, target)
            #expect(response.status == .permanentRedirect)
            #expect(response.fields[.location] == location)
            #expect(response.fields[.cacheControl] == "no-cache")
        }
    }

    @Test(
        "the other slash of a place goes before routes that fit less",
        arguments: [
            ("/a/", "308 /a"), ("/a", "200"), ("/files", "308 /files/"), ("/files/", "200"), ("/x/", "200"),
            ("/x", "308 /x/"),
            ("/a/b", "200"), ("/", "200"),
        ]
    )
    func slashBesideOthers(target: String, expected: String) async throws {
        let router = try Router {
            Route("/a", tell)
            Route("/files/**", tell)
            Route("/:name/", tell)
            Route("/**", tell)
        }
        let response = try await directAnswer(of: router, target)
        #expect("\(response.status.code)" + (response.fields[.location].map { " \($0)" } ?? "") == expected)
    }

    @Test("a thousand routes beside each other are told apart, and one that is not among them is not found")
    func many() async throws {
        let router = try Router {
            for number in 0..<1_000 { Route("/r\(number)/x", tell) }
        }
        for number in stride(from: 0, to: 1_000, by: 7) {
            #expect(try await directAnswer(of: router, "/r\(number)/x").text == "/r\(number)/x at /r\(number)/x")
        }
        for target in ["/r1000/x", "/r/x", "/q1/x", "/r01/x"] {
            #expect(try await directAnswer(of: router, target).status == .notFound)
        }
    }

    @Test("a path made to go back at every segment costs no more than the routes there are")
    func backtracking() async throws {
        // A tree of 2^12 ways on which only the last segment decides.
        var paths = [""]
        for _ in 0..<12 { paths = paths.flatMap { [$0 + "/a", $0 + "/:n\($0.utf8.count)"] } }
        let router = try Router {
            for path in paths { Route(path + "/end", tell) }
        }
        let target = String(repeating: "/a", count: 12) + "/nosuch"
        let start = ContinuousClock.now
        for _ in 0..<10 { #expect(try await directAnswer(of: router, target).status == .notFound) }
        #expect(ContinuousClock.now - start < .seconds(5))
    }
}

@Suite("Routes of one path")
struct RouteMethodTests {
    private static func router() throws -> Router {
        try Router {
            Route("/notes/:id", Note())
            Route(.post, "/notes/:id") { request in .text("post \(request.parameters["id"]!)") }
            Route([.delete, .query], "/notes/:key") { request async in
                .text("\(request.method) \(request.parameters["key"]!)")
            }
            Route("/notes/new") { _ in .text("new") }
            Route("/any", Tell())
            Route(.put, "/any") { _ in .text("put") }
            Route(.post, "/inbox") { _ in .text("posted") }
            Route(HTTPRequest.Method("PROPFIND")!, "/dav") { _ in .text("found") }
            Route([], "/all") { request in .text("all \(request.method)") }
        }
    }

    @Test(
        "methods from several routes are one resource",
        arguments: [
            ("GET", "/notes/1", 200, "get 1"), ("HEAD", "/notes/1", 200, "get 1"), ("PUT", "/notes/1", 200, "put 1"),
            ("POST", "/notes/1", 200, "post 1"), ("DELETE", "/notes/1", 200, "DELETE 1"),
            ("QUERY", "/notes/1", 200, "QUERY 1"), ("GET", "/notes/new", 200, "new"),
            ("HEAD", "/notes/new", 200, "new"),
            ("GET", "/any", 200, "/any at /any"), ("BREW", "/any", 200, "/any at /any"), ("PUT", "/any", 200, "put"),
            ("OPTIONS", "/any", 200, "/any at /any"), ("PROPFIND", "/dav", 200, "found"),
            ("BREW", "/all", 200, "all BREW"),
        ]
    )
    func merged(method: String, target: String, status: Int, text: String) async throws {
        let method = try #require(HTTPRequest.Method(method))
        let response = try await directAnswer(of: try Self.router(), method, target)
        #expect(response.status.code == status)
        #expect(response.text == text)
    }

    @Test(
        "Allow, 405, OPTIONS and 501 follow from all of them",
        .rfc("9110-15.5.6-01", "9110-9.1-01", "9110-9.1-02", "9110-9.1-03"),
        arguments: [
            ("PATCH", "/notes/1", 405, "GET, HEAD, PUT, POST, DELETE, QUERY, OPTIONS"),
            ("OPTIONS", "/notes/1", 204, "GET, HEAD, PUT, POST, DELETE, QUERY, OPTIONS"),
            ("PUT", "/notes/new", 405, "GET, HEAD, OPTIONS"),  // The path decides first, then the method.
            ("GET", "/inbox", 405, "POST, OPTIONS"), ("HEAD", "/inbox", 405, "POST, OPTIONS"),
            ("OPTIONS", "/dav", 204, "PROPFIND, OPTIONS"), ("BREW", "/notes/1", 501, nil),
            ("BREW", "/nosuch", 404, nil),
            ("OPTIONS", "/nosuch", 404, nil),
        ] as [(String, String, Int, String?)]
    )
    func refused(method: String, target: String, status: Int, allow: String?) async throws {
        let method = try #require(HTTPRequest.Method(method))
        let response = try await directAnswer(of: try Self.router(), method, target)
        #expect(response.status.code == status)
        #expect(response.fields[.allow] == allow)
    }

    @Test("OPTIONS * names the methods of all routes", .rfc("9110-9.3.7-01"))
    func wholeServer() async throws {
        let notes = try Router {
            Route("/notes", Note())
            Group(host: "b") { Route(HTTPRequest.Method("LINK")!, "/") { _ in .text("") } }
        }
        let response = try await directAnswer(of: notes, .options, "*")
        #expect(response.status == .noContent)
        #expect(response.fields[.allow] == "GET, HEAD, PUT, LINK, OPTIONS")
        #expect(
            try await directAnswer(of: try Self.router(), .options, "*").fields[.allow]
                == "GET, HEAD, POST, PUT, PATCH, DELETE, QUERY, OPTIONS, PROPFIND"
        )
    }

    @Test("a parameter as a number: what is none is not found, what is no text is a bad request")
    func typed() async throws {
        let router = try Router {
            Route("/square/:n") { request in
                let n: Int = try request.parameters.require("n")
                return .text("\(n.multipliedReportingOverflow(by: n).partialValue)")
            }
            Route("/text/:n") { request in .text(try request.parameters.require("n", as: String.self)) }
            Route("/wrong/:n") { request in .text(try request.parameters.require("m")) }
        }
        for (target, status, text) in [
            ("/square/12", 200, "144"), ("/square/x", 404, nil), ("/square/99999999999999999999", 404, nil),
            ("/square/1%20", 404, nil), ("/text/%C3%A9", 200, "é"), ("/text/%FF", 400, nil), ("/square/%FF", 400, nil),
            ("/wrong/1", 500, nil),
        ] as [(String, Int, String?)] {
            let response = try await directAnswer(of: router, target)
            #expect(response.status.code == status, "\(target)")
            if let text { #expect(response.text == text) }
        }
    }
}

@Suite("Groups, hosts and mounts")
struct RouteGroupTests {
    private static func router() throws -> Router {
        let inner = try Router(middleware: [Mark("inner")]) {
            Route("/", tell)
            Route("/:name", tell)
            Route("/files/**", tell)
        }
        let isAdmin = true
        return try Router(middleware: [Mark("all")]) {
            Route("/", tell)
            Group("/api", middleware: [Mark("api"), Mark("second")]) {
                Route("", tell)
                Route("/notes", tell)
                Group("/:tenant", middleware: [Mark("tenant")]) {
                    Route("/notes/:id", tell)
                    Route("/m/**", inner)
                }
            }
            Group(middleware: [Mark("only")]) { Route("/only", Note()) }
            Group(host: "Example.com") { Route("/", tell) }
            Group(host: "*.example.com", middleware: [Mark("host")]) { Route("/star", tell) }
            Group(host: ":tenant.example.com") { Route("/tenant", tell) }
            Group(host: "api.example.com") { Group("/v1") { Route("/", tell) } }
            Group(host: "[::1]") { Route("/v6", tell) }
            if isAdmin { Route("/admin", tell) } else { Route("/no", tell) }
            if !isAdmin { Route("/never", tell) }
            for name in ["one", "two"] { Route("/\(name)", tell) }
            switch isAdmin {
            case true: Route("/case", tell)
            case false: Route("/other", tell)
            }
        }
    }

    @Test(
        "groups have a prefix and middleware, the outermost first",
        arguments: [
            ("/", "/ at /", "all"),
            ("/api", "/api at /api", "all api second"),
            ("/api/notes", "/api/notes at /api/notes", "all api second"),
            ("/api/x/notes/7", "/api/:tenant/notes/:id id=7 tenant=x at /api/x/notes/7", "all api second tenant"),
            ("/api/x/m/", "/api/:tenant/m/ tenant=x at /api/x/m/", "all api second tenant inner"),
            ("/api/x/m/y", "/api/:tenant/m/:name name=y tenant=x at /api/x/m/y", "all api second tenant inner"),
            ("/api/x/m/files/a/b", "/api/:tenant/m/files/** tenant=x at /a/b", "all api second tenant inner"),
            ("/only", "get ", "all only"), ("/admin", "/admin at /admin", "all"), ("/two", "/two at /two", "all"),
            ("/case", "/case at /case", "all"),
        ]
    )
    func groups(target: String, text: String, via: String) async throws {
        let response = try await directAnswer(of: try Self.router(), target)
        #expect(response.text == text)
        #expect(response.fields[.via] == via)
    }

    @Test("404 and OPTIONS * go through the router's middleware, 405, OPTIONS, 501 and redirects through their route's")
    func ownAnswers() async throws {
        let router = try Self.router()
        for (method, target, status, via) in [
            ("GET", "/nosuch", 404, "all"), ("OPTIONS", "*", 204, "all"),
            ("GET", "/api/x/m", 308, "all api second tenant inner"),
            ("POST", "/only", 405, "all only"), ("OPTIONS", "/only", 204, "all only"),
            ("BREW", "/only", 501, "all only"),
            ("GET", "/only/", 308, "all only"), ("GET", "/never", 404, "all"), ("GET", "/no", 404, "all"),
        ] {
            let response = try await directAnswer(of: router, try #require(HTTPRequest.Method(method)), target)
            #expect(response.status.code == status, "\(method) \(target)")
            #expect(response.fields[.via] == via, "\(method) \(target)")
        }
    }

    @Test(
        "a group for a host has its requests to itself; others are for the rest",
        arguments: [
            ("example.com", "/", "example.com"), ("EXAMPLE.com.:8000", "/", "example.com"),
            ("example.com", "/api", nil), ("example.org", "/api", "/api at"), ("localhost", "/star", nil),
            ("a.example.com", "/star", "*.example.com/star at"),
            ("Acme.Example.COM", "/tenant", ":tenant.example.com/tenant tenant=acme at"),
            ("acme.example.com", "/api", nil), ("a.b.example.com", "/star", nil),
            ("a.b.example.com", "/admin", "/admin"),
            (".example.com", "/admin", "/admin"), ("xexample.com", "/admin", "/admin"),
            ("api.example.com", "/v1/", "api.example.com/v1/ at"), ("api.example.com", "/star", nil),
            ("[::1]:8000", "/v6", "[::1]/v6"),
        ] as [(String, String, String?)]
    )
    func hosts(host: String, target: String, text: String?) async throws {
        let response = try await directAnswer(of: try Self.router(), target, host: host)
        guard let text else {
            #expect(response.status == .notFound)
            return
        }
        #expect(response.status == .ok)
        #expect(response.text.lowercased().hasPrefix(text.lowercased()), "\(response.text)")
    }

    @Test("the authority of an absolute-form target goes before Host", .rfc("9112-3.2.2-01"))
    func absoluteForm() async throws {
        let response = try await directAnswer(of: try Self.router(), "http://api.example.com/v1/", host: "example.org")
        #expect(response.text == "api.example.com/v1/ at /v1/")
    }

    @Test("a router that another handler calls goes on where the mount ends")
    func called() async throws {
        struct Through: Handler {
            let handler: any Handler
            func respond(to request: Request) async throws -> Response { try await handler.respond(to: request) }
        }
        let inner = try Router {
            Route("/:name", tell)
            Route("/deep/:id/**", tell)
        }
        let outer = try Router { Route("/:tenant/in/**", Through(handler: inner)) }
        #expect(try await directAnswer(of: outer, "/t/in/x").text == "/:name name=x at /x")
        #expect(try await directAnswer(of: outer, "/t/in/deep/7/a/b/").text == "/deep/:id/** id=7 at /a/b/")
        #expect(try await directAnswer(of: outer, "/t/in/x/").fields[.location] == "/t/in/x")
        #expect(try await directAnswer(of: outer, "/t/in/x/y").status == .notFound)
    }
}

@Suite("Routes that cannot be are refused when the router is made, and the server with it")
struct RoutingErrorTests {
    @Test("two routes that answer the same are both named")
    func conflicts() throws {
        for (error, routes) in [
            (.conflict("GET /a", "GET /a"), [Route("/a", tell), Route("/a", tell)]),
            (.conflict("GET /a/:x", "GET /a/:y"), [Route("/a/:x", tell), Route("/a/:y", tell)]),
            (.conflict("GET /a/:x", "GET /a/*"), [Route("/a/:x", tell), Route("/a/*", tell)]),
            (.conflict("GET /a/:x/b", "GET /a/:y/b"), [Route("/a/:x/b", tell), Route("/a/:y/b", tell)]),
            (.conflict("PUT /n", "PUT /n"), [Route(.put, "/n", tell), Route("/n", Note())]),
            (.conflict("POST /n", "POST /n"), [Route([.post, .post], "/n", tell)]),
            (
                .conflict("Any method of /f/**", "Any method of /f/**"),
                [Route("/f/**", Tell()), Route("/f/**", Tell())]
            ),
            (.conflict("GET /a%20b", "GET /a b"), [Route("/a%20b", tell), Route("/a b", tell)]),
        ] as [(RoutingError, [Route])] {
            #expect(throws: error) {
                try Router {
                    for route in routes { route }
                }
            }
            #expect(throws: error) {
                try Server(port: 0) {
                    for route in routes { route }
                }
            }
        }
        #expect(
            RoutingError.conflict("GET /a/:x", "GET /a/:y").description
                == "GET /a/:x and GET /a/:y answer the same requests: remove one of the routes, or change its path"
        )
    }

    @Test("routes that differ by host, method, slash or segments are no conflict")
    func noConflict() throws {
        _ = try Router {
            Route("/a", tell)
            Route("/a/", tell)
            Route("/a/**", tell)
            Route(.post, "/a", tell)
            Group(host: "b") { Route("/a", tell) }
            Route("/:x/b", tell)
            Route("/:y/c", tell)
            Route(.put, "/:z/b", tell)
        }
    }

    @Test(
        "a path that could never be meant is refused with the reason",
        arguments: [
            ("", "it does not begin with \"/\""), ("a", "it does not begin with \"/\""),
            ("/a//b", "it has an empty segment"), ("//", "it has an empty segment"),
            ("/**/a", "\"**\" stands before the end"), ("/a/**/", "\"**\" stands before the end"),
            ("/a*", "\"a*\" is neither text, nor \":name\", \"*\" or \"**\""),
            ("/{id}", "\"{id}\" is neither text, nor \":name\", \"*\" or \"**\""),
            ("/<id>", "\"<id>\" is neither text, nor \":name\", \"*\" or \"**\""),
            ("/a?b", "\"a?b\" is neither text, nor \":name\", \"*\" or \"**\""),
            ("/:", "\":\" has no name of letters, digits, \"_\" and \"-\""),
            ("/:a.b", "\":a.b\" has no name of letters, digits, \"_\" and \"-\""),
            ("/:a/:a", "it has two \":a\""), ("/%4", "\"%4\" is not percent-encoded correctly"),
            ("/%00", "\"%00\" is not percent-encoded correctly"), ("/a/..", "no request has the segment \"..\""),
            ("/./a", "no request has the segment \".\""),
        ]
    )
    func paths(path: String, reason: String) {
        #expect(throws: RoutingError.invalidPath(path, reason: reason)) { try Router { Route(path, tell) } }
    }

    @Test("groups, hosts and mounts that are written wrongly are refused")
    func groups() throws {
        let inner = try Router { Route("/", tell) }
        #expect(throws: RoutingError.invalidPath("x", reason: "it does not begin with \"/\"")) {
            try Router { Group("/a") { Route("x", tell) } }
        }
        #expect(throws: RoutingError.invalidPath("/a//x", reason: "it has an empty segment")) {
            try Router { Group("/a/") { Route("/x", tell) } }
        }
        #expect(throws: RoutingError.notMounted("/a/x")) { try Router { Group("/a") { Route("/x", inner) } } }
        #expect(throws: RoutingError.nestedHost("b", in: "a")) {
            try Router { Group(host: "a") { Group(host: "b") { Route("/", tell) } } }
        }
        #expect(throws: RoutingError.invalidPath("/:id", reason: "it has two \":id\"")) {
            try Router { Group(host: ":id.example.com") { Route("/:id", tell) } }
        }
        for host in ["", "a:80", "a b", "*", "*.", ":.a", "a.*.b", "*x.b", "::1", "http://a", "a/b"] {
            #expect(throws: RoutingError.invalidHost(host), "\(host)") {
                try Router { Group(host: host) { Route("/", tell) } }
            }
        }
    }

    @Test("what the routes themselves throw comes through")
    func thrown() {
        struct Missing: Error {}
        func handler() throws -> Tell { throw Missing() }
        #expect(throws: Missing.self) {
            try Router { try Group("/a") { try Route("/x", handler()) } }
        }
    }
}

@Suite("The router behind a connection")
struct RoutedServerTests {
    @Test("routes, HEAD, redirects and 404 as they are on the wire")
    func wire() async throws {
        let router = try Router {
            Route("/hello/:name") { request in .text("Hello, \(request.parameters["name"]!)") }
            Route(.post, "/echo") { request in
                .content(try await request.body.collect(upTo: 100), type: "text/plain; charset=utf-8")
            }
        }
        try await withServer(router) { server in
            let socket = try server.connect()
            try socket.send(get("/hello/Ada%20L"))
            try socket.expect(ok("Hello, Ada L"))
            try socket.send("HEAD /hello/Ada HTTP/1.1\r\nHost: a\r\n\r\n")
            try socket.expect(
                "HTTP/1.1 200 OK\r\nDate: *\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 10\r\n\r\n"
            )
            try socket.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
            try socket.expect(ok("hi"))
            try socket.send(get("/echo/?a=b"))
            try socket.expect(
                "HTTP/1.1 308 Permanent Redirect\r\nDate: *\r\nLocation: /echo?a=b\r\nCache-Control: no-cache\r\n"
                    + "Content-Length: 0\r\n\r\n"
            )
            try socket.send(get("/nosuch"))
            try socket.expect(
                answer("404 Not Found", "404 Not Found\nThere is nothing at this address.\n", error: true)
            )
            try socket.send("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
            try socket.expect("HTTP/1.1 204 No Content\r\nDate: *\r\nAllow: GET, HEAD, POST, OPTIONS\r\n\r\n")
        }
    }

    @Test("without a router there is no route and no parameter")
    func withoutRouter() async throws {
        let handler = Immediate { request in
            let value: Int? = try? request.parameters.require("id")
            return .text("\(request.route ?? "none") \(request.parameters["id"] ?? "none") \(value ?? 0)")
        }
        #expect(try await directAnswer(of: handler, "/id/1").text == "none none 0")
    }

    @Test("a server is made of its routes, and waits for nothing with a function that never does")
    func server() async throws {
        let server = try Server(port: 0, threads: 1) {
            Route("/") { _ in .text("one") }
            Group("/sub") { Route("/two") { _ async in .text("two") } }
        }
        try server.start()
        for (target, text) in [("/", "one"), ("/sub/two", "two")] {
            let socket = try TestSocket.connect(to: try #require(server.addresses.first))
            try socket.send(get(target, "Connection: close"))
            #expect(WireAnswer(try socket.receiveAll())?.text == text)
        }
        server.stop(grace: .zero)
        await server.waitUntilStopped()
    }
}
