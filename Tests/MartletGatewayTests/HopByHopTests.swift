import Martlet
import MartletGateway
import TestSupport
import Testing

/// What is for one hop stays there; all else goes through as it came.
@Suite(.timeLimit(.minutes(2))) struct HopByHopTests {
    static let date = ForwardingTests.date

    @Test(
        "fields for the client's connection stay behind, those that Connection names too, and unknown ones go through in order",
        .rfc(
            "9110-7.6-01",
            "9110-7.6.1-03",
            "9110-7.6.1-04",
            "9110-5.1-03",
            "9110-5.3-02",
            "9110-10.1.1-11",
            "9110-10.1.3-01",
            "9110-11.6.2-01",
            "7616-3.6-03",
            "9112-7.4-01"
        )
    )
    func request() async throws {
        try await withFront { front in
            let (_, backend) = try front.exchange(
                "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-Secret,, x-other\r\nKeep-Alive: timeout=5\r\n"
                    + "Proxy-Connection: keep-alive\r\nTE: deflate\r\nUpgrade: h2c\r\nX-A: 1\r\nx-secret: s\r\nX-B:2\r\n"
                    + "X-Other: o\r\nX-A:  3 \r\nExpect: 100-continue\r\nReferer: http://a/\r\nAuthorization: Digest x\r\n"
                    + "If-Match: \"x\"\r\nRange: bytes=0-0\r\nCache-Control: foo, no-cache\r\n\r\n"
            )
            let kept =
                "X-A: 1\r\nX-B: 2\r\nX-A: 3\r\nReferer: http://a/\r\nAuthorization: Digest x\r\nIf-Match: \"x\"\r\n"
                + "Range: bytes=0-0\r\nCache-Control: foo, no-cache\r\n"
            try #expect(backend.receiveHead() == forwarded("GET /", kept) + "\r\n")
        }
    }

    @Test(
        "fields for the backend's connection stay behind, and what it says of its resource goes through",
        .rfc(
            "9110-7.6.1-03",
            "9110-7.7-05",
            "9110-10.2.1-04",
            "9110-11.6.1-04",
            "9110-11.6.3-01",
            "9111-5.2-01",
            "9110-12.5.5-01",
            "9110-5.3-02",
            "7616-3.6-03",
            "9110-7.7-03",
            "9111-5.2.2.6-01"
        )
    )
    func answer() async throws {
        try await withFront { front in
            let told =
                "Server: x\r\n\(Self.date)Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nAllow: GET\r\nETag: \"x\"\r\nVary: A\r\n"
                + "WWW-Authenticate: Digest r\r\nAuthentication-Info: n\r\nCache-Control: no-transform, foo\r\n"
                + "Content-Encoding: gzip\r\n"
            let answer = try front.answer(
                "HTTP/1.1 200 Fine\r\nConnection: close, X-Hop\r\nKeep-Alive: timeout=5\r\nX-Hop: 1\r\nUpgrade: h2c\r\n"
                    + told + "Content-Length: 2\r\n\r\nok"
            )
            #expect(
                answer
                    == "HTTP/1.1 200 Fine\r\n\(told)Via: 1.1 martlet\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
            )
        }
    }

    @Test(
        "any status goes through, with or without the fields that should go with it",
        .rfc("9110-15-03", "9110-7.6-04", "9110-14.4-07"),
        arguments: [
            ("299 Odd", ""), ("405 Method Not Allowed", ""), ("401 Unauthorized", ""), ("599 X", ""),
            ("206 Partial Content", "Content-Range: lines 1-2/3\r\n"),
        ]
    )
    func statuses(status: String, fields: String) async throws {
        try await withFront { front in
            let answer = try front.answer("HTTP/1.1 \(status)\r\n\(Self.date)\(fields)Content-Length: 0\r\n\r\n")
            #expect(
                answer
                    == "HTTP/1.1 \(status)\r\n\(Self.date)\(fields)Via: 1.1 martlet\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
        }
    }

    @Test("a 304 to the client's own condition stays a 304", .rfc("9110-13.2.1-03", "9110-13.2.1-04", "9110-15.4.5-04"))
    func notModified() async throws {
        try await withFront { front in
            let (client, backend) = try front.exchange(
                "GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"x\"\r\nIf-Unmodified-Since: never\r\n\r\n"
            )
            try #expect(backend.receiveHead().contains("If-None-Match: \"x\"\r\nIf-Unmodified-Since: never\r\n"))
            try backend.send("HTTP/1.1 304 Not Modified\r\n\(Self.date)ETag: \"x\"\r\nContent-Length: 5\r\n\r\n")
            try #expect(
                client.receiveHead()
                    == "HTTP/1.1 304 Not Modified\r\n\(Self.date)ETag: \"x\"\r\nVia: 1.1 martlet\r\n\r\n"
            )
        }
    }

    @Test("a Date that is none goes through as it came", .rfc("9110-6.6.1-06"))
    func invalidDate() async throws {
        try await withFront { front in
            let answer = try front.answer("HTTP/1.1 200 OK\r\nDate: today\r\nContent-Length: 0\r\n\r\n")
            #expect(
                answer
                    == "HTTP/1.1 200 OK\r\nDate: today\r\nVia: 1.1 martlet\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
        }
    }

    @Test("an answer without Date gets one", .rfc("9110-6.6.1-05"))
    func date() async throws {
        try await withFront { front in
            let answer = try front.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            #expect(answer.contains(" GMT\r\nVia: 1.1 martlet\r\n"))
            #expect(answer.contains("\r\nDate: "))
            #expect(!answer.contains("Server:"))
        }
    }

    @Test("a POST without content says so, a GET does not", .rfc("9110-8.6-11", "9110-8.6-12"))
    func noContent() async throws {
        try await withFront { front in
            let (_, post) = try front.exchange("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
            try #expect(post.receiveHead() == forwarded("POST /") + "Content-Length: 0\r\n\r\n")
            let (_, get) = try front.exchange("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
            try #expect(get.receiveHead() == forwarded("GET /") + "\r\n")
        }
    }

    @Test(
        "a request of HTTP/1.0 goes on as HTTP/1.1, with the backend's Host where it had none",
        .rfc("9110-6.2-05", "9110-6.2-06", "9110-7.2-01", "9112-2.3-03", "9112-9.3-06")
    )
    func oldClient() async throws {
        try await withFront { front in
            let (client, backend) = try front.exchange("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let head = try backend.receiveHead()
            #expect(head.hasPrefix("GET / HTTP/1.1\r\nHost: \(front.backend.address)\r\n"))
            #expect(head.contains("Via: 1.0 martlet\r\n"))
            try backend.send("HTTP/1.1 200 OK\r\n\(Self.date)Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")
            try #expect(client.receiveHead().contains("Connection: close\r\n"))
            try backend.send("0\r\n\r\n")
            try #expect(client.receiveText() == "ok")
        }
    }

    @Test(
        "an absolute target becomes a path, and Host follows it",
        .rfc("9112-3.2.2-03", "9112-3.2-07", "9112-3.2.4-02", "9112-3.2.1-01"),
        arguments: [
            ("GET http://b:81/x?y", "GET /x?y", "b:81"), ("GET http://b", "GET /", "b"),
            ("GET http://b?q", "GET /?q", "b"),
            ("OPTIONS http://b", "OPTIONS *", "b"), ("OPTIONS *", "OPTIONS *", "a"),
            ("OPTIONS http://b/", "OPTIONS /", "b"),
        ]
    )
    func absoluteForm(start: String, expected: String, host: String) async throws {
        try await withFront { front in
            let (_, backend) = try front.exchange("\(start) HTTP/1.1\r\nHost: a\r\n\r\n")
            try #expect(backend.receiveHead().hasPrefix("\(expected) HTTP/1.1\r\nHost: \(host)\r\nForwarded: "))
        }
    }

    @Test(
        "path and query go through octet for octet",
        .rfc("9110-7.7-02", "3986-7.2-01"),
        arguments: ["/a//b/./c/../d;x=%7e%2F%0D%0A?q=%0d&&+", "//", "/?", "/%41"]
    )
    func target(target: String) async throws {
        try await withFront { front in
            let (_, backend) = try front.exchange("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
            try #expect(backend.receiveHead().hasPrefix("GET \(target) HTTP/1.1\r\n"))
        }
    }

    @Test(
        "below a prefix, a backend with a path has that in its place, and one without has all",
        arguments: [
            ("", "/api/x%2Fy/?q", "/api/x%2Fy/?q"), ("/", "/api/x%2Fy/?q", "/x%2Fy/?q"),
            ("/base/", "/api//x", "/base//x"),
            ("/base", "/api/", "/base/"), ("/", "/api/?q", "/?q"),
        ]
    )
    func mounted(path: String, target: String, expected: String) async throws {
        try await withFront(path: path, handler: { gateway in try Router { Route("/api/**", gateway) } }) { front in
            let (_, backend) = try front.exchange("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
            try #expect(backend.receiveHead().hasPrefix("GET \(expected) HTTP/1.1\r\n"))
            // Where the path as it came and the path that was routed differ, servers may differ too.
            for odd in ["/x/../api/y", "/api/./y", "/%2e%2e/api/y"] {
                let client = try front.connect()
                try client.send("GET \(odd) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                try #expect(client.receiveText().hasPrefix("HTTP/1.1 400 "))
            }
        }
    }

    @Test("Host can be the backend's")
    func backendHost() async throws {
        var options = GatewayOptions()
        options.host = .backend
        try await withFront(options: options) { front in
            let (_, backend) = try front.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let head = try backend.receiveHead()
            #expect(head.hasPrefix("GET / HTTP/1.1\r\nHost: \(front.backend.address)\r\n"))
            #expect(head.contains("X-Forwarded-Host: a\r\n"))
        }
    }

    @Test(
        "Max-Forwards counts down on OPTIONS and TRACE, and at 0 the gateway answers",
        .rfc("9110-7.6.2-01", "9110-7.6.2-02", "9110-7.6.2-03", "9110-7.6.2-04", "9110-9.3.7-03", "9110-9.3.8-02")
    )
    func maxForwards() async throws {
        try await withFront { front in
            for (method, value, expected) in [
                ("OPTIONS", "3", "2"), ("TRACE", "1", "0"), ("OPTIONS", "99999999999999999999", "254"),
                ("GET", "0", "0"),
            ] {
                let (_, backend) = try front.exchange(
                    "\(method) / HTTP/1.1\r\nHost: a\r\nMax-Forwards: \(value)\r\n\r\n"
                )
                try #expect(backend.receiveHead().contains("\r\nMax-Forwards: \(expected)\r\n"))
            }
            let (_, backend) = try front.exchange("OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n")
            try #expect(!backend.receiveHead().contains("Max-Forwards"))
            for (request, status) in [
                ("OPTIONS / HTTP/1.1\r\nMax-Forwards: 0", 204), ("TRACE / HTTP/1.1\r\nMax-Forwards: 0", 501),
                ("OPTIONS / HTTP/1.1\r\nMax-Forwards: -1", 400), ("TRACE / HTTP/1.1\r\nContent-Length: 1", 400),
            ] {
                let client = try front.connect()
                try client.send("\(request)\r\nHost: a\r\nConnection: close\r\n\r\n")
                try #expect(client.receiveText().hasPrefix("HTTP/1.1 \(status) "))
            }
            #expect(!front.backend.hasConnection)
        }
    }

    @Test(
        "a request that goes round in circles is refused",
        .rfc("9110-7.6-02", "9110-7.6.3-01", "9110-7.6.3-07", "9110-7.6.3-08")
    )
    func loops() async throws {
        try await withFront { front in
            let seven = Array(repeating: "1.1 martlet", count: 7).joined(separator: ", ")
            let (_, backend) = try front.exchange("GET / HTTP/1.1\r\nHost: a\r\nVia: \(seven)\r\n\r\n")
            try #expect(backend.receiveHead().contains("\r\nVia: \(seven)\r\nForwarded: "))
            let client = try front.connect()
            try client.send(
                "GET / HTTP/1.1\r\nHost: a\r\nVia: 1.0 MARTLET (x)\r\nVia: \(seven)\r\nConnection: close\r\n\r\n"
            )
            try #expect(client.receiveText().hasPrefix("HTTP/1.1 508 Loop Detected\r\n"))
        }
    }
}
