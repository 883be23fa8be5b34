import Martlet
import MartletWire
import TestSupport
import Testing

@Suite("Targets and Host on the wire (RFC 9112 §3.2, §3.3)", .timeLimit(.patient))
struct TargetOnTheWireTests {
    @Test("HTTP/1.1 without Host is refused, in every form of target", .rfc("9112-3.2-04"))
    func missingHost() async throws {
        try await withServer(shownRequest) { server in
            for target in ["/", "http://a/", "/?x"] {
                try server.expectRefusal(.missingHost, to: "GET \(target) HTTP/1.1\r\nX: y\r\n\r\n".utf8)
            }
            try server.expectRefusal(.missingHost, to: "OPTIONS * HTTP/1.1\r\n\r\n".utf8)
        }
    }

    @Test(
        "a second Host is refused, equal or not, in any version and case",
        .rfc("9112-3.2-05", "9112-11.2-01"),
        arguments: ["1.0", "1.1"],
        [
            "Host: a\r\nHost: a", "Host: a\r\nHost: b", "Host: a\r\nX: y\r\nhOST: a", "Host:\r\nHost:",
            "Host: a\r\nHost:",
        ]
    )
    func secondHost(version: String, lines: String) async throws {
        try await withServer(shownRequest) { server in
            try server.expectRefusal(.repeatedHost, to: "GET / HTTP/\(version)\r\n\(lines)\r\n\r\n".utf8)
            try server.expectRefusal(.repeatedHost, to: "GET http://a/ HTTP/\(version)\r\n\(lines)\r\n\r\n".utf8)
        }
    }

    @Test(
        "an invalid Host is refused, also beside an absolute-form target",
        .rfc("9112-3.2-06", "3986-3.2.2-01"),
        arguments: [
            "user@a", "user:pw@a", "a/", "a/b", "a b", "a:b", "a:80x", "a:-1", "a:65536", "a:80:80", ":80", ":", "a, b",
            "a,b", "http://a", "[::1", "::1", "[::1%25lo]", "[fe80::1%lo]", "[1]", "[a]", "a[b]", "a?b", "a\\b", "a%zz",
            "é", "<a>", "\"a\"", "[v1.a]", "a\tb",
        ]
    )
    func invalidHost(host: String) async throws {
        try await withServer(shownRequest) { server in
            try server.expectRefusal(.invalidHost, to: "GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n".utf8)
            try server.expectRefusal(.invalidHost, to: "GET http://a/ HTTP/1.1\r\nHost: \(host)\r\n\r\n".utf8)
        }
    }

    @Test(
        "the authority comes from Host; none where Host is missing or empty",
        .rfc("9112-3.3-02", "9112-3.3-04", "3986-3.2.3-02", "3986-3.2.2-02", "3986-3.2.2-03"),
        arguments: [
            ("1.1", "Host: a", "a"), ("1.1", "Host: A.Example:8080", "a.example:8080"), ("1.1", "Host: a:", "a"),
            ("1.1", "Host: 127.0.0.1", "127.0.0.1"), ("1.1", "Host: [2001:DB8::1]:80", "[2001:db8::1]:80"),
            // No dotted quad, so a registered name.
            ("1.1", "Host: 999.1.1.1", "999.1.1.1"), ("1.1", "Host: 1.2.3", "1.2.3"), ("1.1", "Host:  \t a \t ", "a"),
            ("1.1", "Host:", "-"), ("1.0", "X: y", "-"), ("1.0", "Host:", "-"), ("1.0", "Host: a", "a"),
        ]
    )
    func authority(version: String, line: String, authority: String) async throws {
        try await withServer(shownRequest) { server in
            let request = "GET / HTTP/\(version)\r\n\(line)\r\n\r\n"
            let closes = version == "1.0"
            try server.expect(
                ok("GET \(authority) / 0:", connection: closes ? "close" : nil),
                closes: closes,
                to: request.utf8
            )
        }
    }

    @Test("what no host names is what a router has for any host", .rfc("9112-3.3-04"))
    func noAuthority() async throws {
        let router = try Router {
            Group(host: "a") { Route("/") { _ in .text("a's") } }
            Route("/") { _ in .text("any's") }
        }
        try await withServer(router) { server in
            try server.expect(ok("a's"), to: get().utf8)
            try server.expect(ok("any's"), to: "GET / HTTP/1.1\r\nHost:\r\n\r\n".utf8)
            try server.expect(ok("any's", connection: "close"), closes: true, to: "GET / HTTP/1.0\r\n\r\n".utf8)
        }
    }

    @Test(
        "absolute-form is taken with every method, and its authority goes before Host",
        .rfc("9112-3.2.2-01", "9112-3.2.2-02"),
        arguments: ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"]
    )
    func absoluteForm(method: String) async throws {
        try await withServer(shownRequest) { server in
            let request = "\(method) http://B:81/p?q HTTP/1.1\r\nHost: a\r\n\r\n"
            try server.expect(ok("\(method) b:81 /p?q 0:"), to: request.utf8)
        }
    }

    @Test("HEAD takes absolute-form too, and routing goes by its authority", .rfc("9112-3.2.2-01", "9112-3.2.2-02"))
    func absoluteFormRouted() async throws {
        let router = try Router {
            Group(host: "a") { Route("/") { _ in .text("a's") } }
            Group(host: "b") { Route("/") { _ in .text("of b") } }
        }
        try await withServer(router) { server in
            try server.expect(ok("of b"), to: "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            let head = String(ok("of b").dropLast(4))
            try server.expect(head, to: "HEAD http://b HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            try server.expect(ok("a's"), to: "GET HTTP://A HTTP/1.1\r\nHost: b\r\n\r\n".utf8)
        }
    }

    @Test(
        "the scheme is in any case, an empty path is /, a port that is empty is none",
        .rfc("3986-3.1-01", "3986-6.2.3-01", "3986-3.2.3-02", "9112-3.3-03"),
        arguments: [
            ("HTTP://b", "b /"), ("hTtP://b/", "b /"), ("http://b?q", "b /?q"), ("http://b:/p", "b /p"),
            ("http://b:80/p", "b:80 /p"), ("http://b//p", "b //p"),
        ]
    )
    func normalForms(target: String, shown: String) async throws {
        try await withServer(shownRequest) { server in
            try server.expect(ok("GET \(shown) 0:"), to: get(target).utf8)
        }
    }

    @Test(
        "user information in a target is refused",
        .rfc("9112-3.2-02"),
        arguments: [
            "http://user@a/", "http://user:secret@a/", "http://@a/", "http:///p", "http://a:x/", "http://a:65536/",
        ]
    )
    func targetAuthority(target: String) async throws {
        try await withServer(shownRequest) { server in
            try server.expectRefusal(.invalidTargetAuthority, to: get(target).utf8)
        }
    }

    @Test(
        "authority-form is host:port, both required, and goes with CONNECT only",
        .rfc("9112-3.2.3-01"),
        arguments: [
            "CONNECT a", "CONNECT a:", "CONNECT :80", "CONNECT /", "CONNECT http://a:80/", "CONNECT *", "GET a:80",
        ]
    )
    func authorityForm(start: String) async throws {
        try await withServer(shownRequest) { server in
            try server.expectRefusal(.invalidConnectTarget, to: "\(start) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        }
    }

    @Test(
        "CONNECT opens no tunnel: 501, never a 2xx, no Transfer-Encoding, and what follows is not looked at",
        .rfc("9112-6.1-08", "9112-3.2.3-01")
    )
    func connect() async throws {
        try await withServer(shownRequest) { server in
            try server.expect(
                refusal("501 Not Implemented", "This server is no proxy: it opens no tunnels."),
                closes: true,
                to: "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n".utf8
            )
        }
    }

    @Test("OPTIONS * is taken and has no path; no other method goes with *", .rfc("9112-3.2.4-01", "9112-3.3-03"))
    func asterisk() async throws {
        try await withServer(shownRequest) { server in
            try server.expect(ok("OPTIONS a  0:"), to: "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            for method in ["GET", "PUT", "POST", "options"] {
                try server.expectRefusal(.asteriskWithoutOptions, to: "\(method) * HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            }
        }
    }

    @Test(
        "no field of a client changes scheme or authority",
        .rfc("9112-3.3-01"),
        arguments: [
            "X-Forwarded-Proto: https", "X-Forwarded-Host: evil", "Forwarded: proto=https;host=evil", "X-Host: evil",
            "X-Original-URL: /evil", "X-Rewrite-URL: /evil", "Front-End-Https: on",
        ]
    )
    func untrusted(field: String) async throws {
        let router = try Router {
            Route("/p/") { request in
                .text(
                    "\(request.head.scheme ?? "-") \(request.head.authority?.description ?? "-") \(request.head.rawPath)"
                )
            }
        }
        try await withServer(router) { server in
            try server.expect(ok("- a /p/"), to: get("/p/", field).utf8)
            let redirect =
                "HTTP/1.1 308 Permanent Redirect\r\nDate: *\r\nLocation: /p/\r\nCache-Control: no-cache\r\n"
                + "Content-Length: 0\r\n\r\n"
            try server.expect(redirect, to: get("/p", field).utf8)
        }
    }
}
