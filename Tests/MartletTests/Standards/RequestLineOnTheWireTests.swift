import HTTPTypes
import Martlet
import MartletWire
import TestSupport
import Testing

@Suite("Request lines on the wire (RFC 9112 §2, §3)", .timeLimit(.patient))
struct RequestLineOnTheWireTests {
    @Test(
        "lines end with CRLF: a bare LF, a bare CR and a NUL are refused wherever they stand",
        .rfc("9112-2.2-02", "9112-2.2-04", "9112-2.2-09", "9112-3.2-01", "9112-11.2-01"),
        arguments: [
            ("GET / HTTP/1.1\nHost: a\r\n\r\n", .bareLineFeed),
            ("GET / HTTP/1.1\r\nHost: a\n\r\n", .bareLineFeed),
            ("GET / HTTP/1.1\r\nHost: a\r\n\n", .bareLineFeed),
            ("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .bareLineFeed),
            ("GE\rT / HTTP/1.1\r\nHost: a\r\n\r\n", .bareCarriageReturn),
            ("GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", .bareCarriageReturn),
            ("GET / HTTP/1.1\rHost: a\r\n\r\n", .bareCarriageReturn),
            ("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", .bareCarriageReturn),
            ("GET / HTTP/1.1\r\nHo\rst: a\r\n\r\n", .bareCarriageReturn),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: y\rContent-Length: 9\r\n\r\n", .bareCarriageReturn),
            ("GET / HTTP/1.1\r\nHost: a\r\n\rX", .bareCarriageReturn),
            ("\r\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", .bareCarriageReturn),
            ("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", .controlCharacter),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", .controlCharacter),
            ("GET / HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n", .controlCharacter),
        ] as [(String, RequestError)]
    )
    func lineEnds(request: String, error: RequestError) async throws {
        try await withServer(shownRequest) { server in try server.expectRefusal(error, to: request.utf8) }
    }

    @Test("octets are parsed, not text: none above 127 can swallow or forge a line end", .rfc("9112-2.2-01"))
    func octets() async throws {
        // What begins a sequence of UTF-8 or of Shift JIS, and U+560D U+560A, whose low octets are CR and LF.
        let values: [[UInt8]] = [[0xC2], [0xE5], [0xF0, 0x9F], [0x81], Array("\u{560D}\u{560A}".utf8), [0xC0, 0x8A]]
        let handler = Immediate { request in
            let fields = request.fields
            var first: [UInt8] = []
            if let value = fields.first(.init("X")!) {
                for index in value.indices { first.append(value[index]) }
            }
            return .text("\(first) \(fields[.init("Y")!] ?? "-") \(fields.count)")
        }
        try await withServer(handler) { server in
            for value in values {
                let request = Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8) + value + "\r\nY: z\r\n\r\n".utf8
                try server.expect(ok("\(value) z 3"), to: request)
            }
        }
    }

    @Test("a status line where a request should be is refused", .rfc("9112-2.1-01"))
    func statusLine() async throws {
        try await withServer(shownRequest) { server in
            try server.expectRefusal(.invalidMethod, to: "HTTP/1.1 200 OK\r\nHost: a\r\n\r\n".utf8)
        }
    }

    @Test("empty lines before the request line are skipped, up to eight", .rfc("9112-2.2-05"), arguments: [1, 2, 8])
    func emptyLines(count: Int) async throws {
        try await withServer(shownRequest) { server in
            let lines = String(repeating: "\r\n", count: count)
            try server.expect(ok("GET a / 0:"), to: (lines + get()).utf8)
            // As old clients send one behind their content.
            let post = "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
            try server.expect(ok("POST a /p 2:hi") + ok("GET a / 0:"), to: (post + lines + get()).utf8)
        }
    }

    @Test(
        "a line that begins with white space right after the request line is refused",
        .rfc("9112-2.2-08"),
        arguments: [" Host: a", "\tHost: a", " ", "  Content-Length: 5"]
    )
    func whitespaceLed(line: String) async throws {
        try await withServer(shownRequest) { server in
            try server.expectRefusal(.foldedLine, to: "GET / HTTP/1.1\r\n\(line)\r\nHost: a\r\n\r\n".utf8)
        }
    }

    @Test(
        "the version is HTTP/ in capitals, a digit, a dot and a digit",
        .rfc("9112-2.3-01", "9112-2.3-02"),
        arguments: [
            ("http/1.1", 400, .invalidVersion), ("Http/1.1", 400, .invalidVersion), ("HTTP/1.10", 400, .invalidVersion),
            ("HTTP/01.1", 400, .invalidVersion), ("HTTP/1", 400, .invalidVersion), ("HTTP/1.", 400, .invalidVersion),
            ("HTTP/.1", 400, .invalidVersion), ("HTTP/1.x", 400, .invalidVersion), ("HTTP/1,1", 400, .invalidVersion),
            ("HTTP 1.1", 400, .malformedRequestLine), ("HTTP/+1.1", 400, .invalidVersion),
            ("HTTPS/1.1", 400, .invalidVersion), ("HTTP/2.0", 505, .unsupportedVersion),
            ("HTTP/0.9", 505, .unsupportedVersion), ("HTTP/3.1", 505, .unsupportedVersion),
        ] as [(String, Int, RequestError)]
    )
    func version(version: String, status: Int, error: RequestError) async throws {
        try await withServer(shownRequest) { server in
            try server.expectRefusal(error, status: status, to: "GET / \(version)\r\nHost: a\r\n\r\n".utf8)
        }
    }

    @Test(
        "each answer says HTTP/1.1, also to HTTP/1.0 and to minor versions to come",
        .rfc("9112-2.3-05", "9112-4-01"),
        arguments: [("1.0", "close"), ("1.1", nil), ("1.2", nil), ("1.9", nil)] as [(String, String?)]
    )
    func ownVersion(version: String, connection: String?) async throws {
        try await withServer(shownRequest) { server in
            let request = "GET / HTTP/\(version)\r\nHost: a\r\nUser-Agent: old/1.0\r\n\r\n"
            try server.expect(ok("GET a / 0:", connection: connection), closes: connection != nil, to: request.utf8)
        }
    }

    @Test(
        "exactly one space stands between method, target and version; nothing is corrected",
        .rfc("9112-3-01", "9112-3.2-02", "9112-3.2-03", "9112-2.2-09"),
        arguments: [
            ("GET  / HTTP/1.1", .malformedRequestLine), ("GET /  HTTP/1.1", .malformedRequestLine),
            ("GET\t/ HTTP/1.1", .controlCharacter), ("GET /\tHTTP/1.1", .controlCharacter),
            (" GET / HTTP/1.1", .invalidMethod), ("GET / HTTP/1.1 ", .malformedRequestLine),
            ("GET /\u{0B}HTTP/1.1", .controlCharacter), ("GET /\u{0C} HTTP/1.1", .controlCharacter),
            ("GET /a b HTTP/1.1", .malformedRequestLine), ("GET / HTTP/1.1 x", .malformedRequestLine),
            ("GET", .malformedRequestLine), ("GET ", .malformedRequestLine), ("/ HTTP/1.1", .invalidMethod),
        ] as [(String, RequestError)]
    )
    func spaces(line: String, error: RequestError) async throws {
        try await withServer(shownRequest) { server in
            try server.expectRefusal(error, to: "\(line)\r\nHost: a\r\n\r\n".utf8)
        }
    }

    @Test(
        "HTTP/0.9 is refused",
        .rfc("9112-C.1-01"),
        arguments: ["GET /\r\n", "GET /\r\n\r\n", "GET / \r\n\r\n"]
    )
    func simpleRequest(request: String) async throws {
        try await withServer(shownRequest) { server in try server.expectRefusal(.missingVersion, to: request.utf8) }
    }

    @Test(
        "a method is a token, its case counts, and one nobody knows reaches the handler",
        .rfc("9112-3.1-01"),
        arguments: ["GET", "get", "BREW", "M-SEARCH", "!#$%&'*+-.^_`|~09aZ", String(repeating: "X", count: 32)]
    )
    func method(name: String) async throws {
        try await withServer(shownRequest) { server in
            try server.expect(ok("\(name) a / 0:"), to: "\(name) / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        }
    }

    @Test(
        "what is no token is no method",
        .rfc("9112-3.1-01", "9112-3.2-02"),
        arguments: ["G(T", "G\"T", "GET,", "GÉT", "G@T", "G{}", "[GET]", "G/T", "G:T", "G;T", "G\\T"]
    )
    func noMethod(name: String) async throws {
        try await withServer(shownRequest) { server in
            try server.expectRefusal(.invalidMethod, to: "\(name) / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        }
    }

    @Test("a method longer than any is 501, a target longer than the limit 414", .rfc("9112-3-02", "9112-3-03"))
    func tooLong() async throws {
        try await withServer(shownRequest, configure: { $0.limits.requestLine = 100 }) { server in
            let method = String(repeating: "A", count: 33)
            try server.expectRefusal(.methodTooLong, status: 501, to: "\(method) / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            let longest = "/" + String(repeating: "x", count: 86)
            try server.expect(ok("GET a \(longest) 0:"), to: get(longest).utf8)
            try server.expectRefusal(.requestLineTooLong, status: 414, to: get(longest + "x").utf8)
        }
    }

    @Test("by default a request line of 8,192 octets is taken, one of 8,193 is 414", .rfc("9112-3-04", "9112-3-03"))
    func longTarget() async throws {
        try await withServer(shownRequest) { server in
            let longest = "/" + String(repeating: "x", count: 8178)
            try #expect(
                server.answer(to: get(longest, "Connection: close")) == ok("GET a \(longest) 0:", connection: "close")
            )
            try #expect(
                server.answer(to: get(longest + "x"))
                    == refusal("414 URI Too Long", RequestError.requestLineTooLong.reason)
            )
        }
    }

    @Test(
        "a target has visible ASCII only, and no fragment",
        .rfc("9112-3.2-01", "9112-3.2-02", "9112-3.2-03", "3986-3.5-01", "3986-2.1-03", "3986-3.3-01", "3986-7.3-02"),
        arguments: [
            ("/é", .invalidTargetOctet), ("/?é", .invalidTargetOctet), ("/\u{7F}", .controlCharacter),
            ("/\u{1}", .controlCharacter), ("/#", .fragmentInTarget), ("/a#b", .fragmentInTarget),
            ("/?a#b", .fragmentInTarget), ("http://a/#b", .fragmentInTarget), ("/%", .invalidPercentEncoding),
            ("/%4", .invalidPercentEncoding), ("/%zz", .invalidPercentEncoding), ("/%4g/", .invalidPercentEncoding),
            ("/%u0041", .invalidPercentEncoding), ("/%00", .encodedNUL), ("/a%00.html", .encodedNUL),
            ("/\"", .invalidPathOctet), ("/<", .invalidPathOctet), ("/>", .invalidPathOctet),
            ("/\\", .invalidPathOctet), ("/^", .invalidPathOctet), ("/`", .invalidPathOctet), ("/{", .invalidPathOctet),
            ("/}", .invalidPathOctet), ("/|", .invalidPathOctet), ("a", .invalidTarget), ("?a", .invalidTarget),
            ("*a", .invalidTarget), ("http:/a", .invalidTarget), ("http:a", .invalidTarget),
            ("://a/", .invalidTarget), ("1http://a/", .invalidTarget),
        ] as [(String, RequestError)]
    )
    func target(target: String, error: RequestError) async throws {
        try await withServer(shownRequest) { server in try server.expectRefusal(error, to: get(target).utf8) }
    }

    @Test("clients of HTTP/2 and of TLS are refused in words", .rfc("9112-2.2-09"))
    func otherProtocols() async throws {
        try await withServer(shownRequest) { server in
            try server.expectRefusal(.http2Preface, status: 505, to: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
            let hello: [UInt8] = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03]
            try server.expectRefusal(.tlsClientHello, to: hello)
        }
    }
}
