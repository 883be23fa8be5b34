import Glibc
import Martlet
import MartletWire
import TestSupport
import Testing

@Suite("Paths and queries on the wire (RFC 3986)", .timeLimit(.patient))
struct PathsOnTheWireTests {
    /// Answers with the segments, decoded, and the query.
    private static let segments = Immediate { request in
        .text("\(request.path.segments) \(request.query ?? "-")")
    }

    @Test(
        "a path is split, then decoded once, then rid of dots",
        .rfc(
            "3986-2.1-01",
            "3986-2.2-01",
            "3986-2.2-03",
            "3986-2.3-01",
            "3986-2.4-01",
            "3986-2.4-02",
            "3986-3.3-03",
            "3986-5.2.4-01",
            "3986-6.2.2.3-01"
        ),
        arguments: [
            ("/%7Euser/%7euser/~user", ["~user", "~user", "~user"]), ("/%41%4a%4A", ["AJJ"]),
            ("/a%2Fb/c%2fd", ["a/b", "c/d"]), ("/a%3Fb", ["a?b"]), ("/a%23b", ["a#b"]), ("/a%25b", ["a%b"]),
            ("/%252e%252e/x", ["%2e%2e", "x"]), ("/%252F", ["%2F"]), ("/a;b=c,d/e", ["a;b=c,d", "e"]),
            ("/!$&'()*+,;=:@", ["!$&'()*+,;=:@"]), ("/a+b", ["a+b"]), ("/%C3%A9", ["é"]),
            ("/a/./b/../c", ["a", "c"]), ("/../../a", ["a"]), ("/a/%2e/b/%2E%2e/c", ["a", "c"]), ("/.%2e/a", ["a"]),
            ("/..;/a", ["..;", "a"]), ("/...", ["..."]), ("http://a/b/../../../c", ["c"]), ("/a/..", []), ("/", []),
        ]
    )
    func paths(target: String, segments: [String]) async throws {
        try await withServer(Self.segments) { server in
            try server.expect(ok("\(segments) -"), to: get(target).utf8)
        }
    }

    @Test(
        "the first ? begins the query, in which / ? and dots are data",
        .rfc("3986-3.4-01", "3986-5.2.4-02", "3986-2.2-01"),
        arguments: [
            ("/a?b/../c", "b/../c"), ("/a?b?c=/d", "b?c=/d"), ("/a?", ""), ("/a?/../../etc", "/../../etc"),
            ("/x/../a?./%2e", "./%2e"), ("/a?%3F%2f", "%3F%2f"),
        ]
    )
    func queries(target: String, query: String) async throws {
        try await withServer(Self.segments) { server in
            try server.expect(ok("[\"a\"] \(query)"), to: get(target).utf8)
        }
    }

    @Test(
        "routes see encoded delimiters as data, and paths that are the same as the same",
        .rfc("3986-2.2-01", "3986-2.3-01", "3986-2.4-01", "3986-3.3-03", "3986-7.3-01", "3986-6.2.2.3-01")
    )
    func routes() async throws {
        let router = try Router {
            Route("/~user/:name") { request in .text("user's \(request.parameters["name"]!)") }
            Route("/admin/secret") { _ in .text("secret") }
            Route("/**") { request in .text("other \(request.path.segments)") }
        }
        try await withServer(router) { server in
            try server.expect(ok("user's a/b"), to: get("/%7euser/a%2Fb").utf8)
            try server.expect(ok("user's a?b"), to: get("/%7Euser/a%3fb").utf8)
            try server.expect(ok("user's a;b=c"), to: get("/~user/a;b=c").utf8)
            try server.expect(ok("other [\"~user/x\"]"), to: get("/~user%2Fx").utf8)
            // Whoever guards /admin sees each spelling that leads there, and no other.
            for spelling in ["/admin/secret", "/%61dmin/secret", "/x/../admin/secret", "/x/%2e%2e/admin/./secret"] {
                try server.expect(ok("secret"), to: get(spelling).utf8)
            }
            try server.expect(ok("other [\"admin/secret\"]"), to: get("/admin%2fsecret").utf8)
            try server.expect(ok("other [\"%61dmin\", \"secret\"]"), to: get("/%2561dmin/secret").utf8)
            try server.expect(ok("other [\"admin;x\", \"secret\"]"), to: get("/admin;x/secret").utf8)
        }
    }

    @Test(
        "a redirect to the path with or without its slash stays on this host, whatever the path says",
        .rfc("3986-3.3-02", "3986-2.1-02", "3986-2.2-02", "3986-2.5-01"),
        arguments: [
            ("//evil.com", "/evil.com/"), ("///evil.com", "/evil.com/"), ("/.//evil.com", "/evil.com/"),
            ("/x/..//evil.com?a=//b", "/evil.com/?a=//b"), ("/%2Fevil.com", "/%2Fevil.com/"),
            ("/%5cevil.com", "/%5Cevil.com/"), ("http://b//evil.com", "/evil.com/"), ("/%c3%a9%25", "/%C3%A9%25/"),
            ("/a%0d%0aX:y", "/a%0D%0AX%3Ay/"),
        ]
    )
    func redirect(target: String, location: String) async throws {
        let router = try Router { Route("/:name/") { _ in .text("x") } }
        try await withServer(router) { server in
            try server.expect(
                "HTTP/1.1 308 Permanent Redirect\r\nDate: *\r\nLocation: \(location)\r\nCache-Control: no-cache\r\n"
                    + "Content-Length: 0\r\n\r\n",
                to: get(target).utf8
            )
        }
    }

    @Test(
        "a password in a target is refused and not logged",
        .rfc("3986-3.2.1-01"),
        arguments: [
            ("GET http://me:secret@a/ HTTP/1.1", "GET http://me:*@a/ HTTP/1.1"),
            ("GET http://me:se:cr@et@a/p:q@r HTTP/1.1", "GET http://me:*@a/p:q@r HTTP/1.1"),
            ("GET http://:secret@a HTTP/1.1", "GET http://:*@a HTTP/1.1"),
            ("CONNECT me:secret@a:443 HTTP/1.1", "CONNECT me:*@a:443 HTTP/1.1"),
            ("GET http://me:secret@a/# HTTP/1.1", "GET http://me:*@a/# HTTP/1.1"),
            ("GET http://me:secret@a/ HTTP/2.0", "GET http://me:*@a/ HTTP/2.0"),
            ("GET http://me:secret@a/", "GET http://me:*@a/"),
            ("GET http://me@a/ HTTP/1.1", "GET http://me@a/ HTTP/1.1"),
            ("GET http://a:x/b@c HTTP/1.1", "GET http://a:x/b@c HTTP/1.1"),
        ],
        [AccessLogFormat.common, .json]
    )
    func password(lines: (String, String), format: AccessLogFormat) async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("log", "")
        let fd = unsafe open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        defer { close(fd) }
        try await withServer(shownRequest, configure: { $0.accessLog = AccessLogSettings(format: format, fd: fd) }) {
            server in
            let answer = try server.answer(to: lines.0 + "\r\nHost: a\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 4") || answer.hasPrefix("HTTP/1.1 5"))
            #expect(!answer.contains("se:cr") && !answer.contains("secret"))
            server.server.stop()
            await server.server.waitUntilStopped()
            #expect(!server.log.contains("secret"))
        }
        let log = try contents(ofFile: path)
        #expect(log.contains("\"\(lines.1)\""))
    }
}
