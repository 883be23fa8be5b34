import HTTPTypes
import MartletWire
import TestSupport
import Testing

@Suite struct RequestLineTests {
    private func line(_ line: String) -> HeadOutcome {
        outcome("\(line)\r\nHost: a\r\n\r\n")
    }

    @Test(
        "known and unknown methods are taken as they are",
        .rfc("9112-3.1-01", "9110-9.1-04"),
        arguments: [
            "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "QUERY", "PROPFIND", "get", "Get", "G",
            "!#$%&'*+-.^_`|~1", "GETX", "UPDATEREDIRECTREF", "ABCDEFGHIJKLMNOPQRSTUVWXYZ123456",
        ]
    )
    func methods(method: String) throws {
        let summary = try #require(line("\(method) / HTTP/1.1").summary)
        #expect(summary.method == method)
    }

    @Test("of all octets just those of tokens may stand in a method", .rfc("9112-3.1-01"))
    func methodOctets() {
        let tokens = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        for octet in UInt8.min...UInt8.max where octet != 0x20 {
            let bytes = Array("GE".utf8) + [octet] + Array("T / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            let expected: RequestError? =
                switch octet {
                case 0x0A: .bareLineFeed
                case 0x0D: .bareCarriageReturn
                case 0x00..<0x20, 0x7F: .controlCharacter
                default: tokens.contains(octet) ? nil : .invalidMethod
                }
            #expect(parsePieces(bytes, cuts: [], limits: HeadLimits()).error == expected, "octet \(octet)")
        }
    }

    @Test(
        "request lines that are none are refused",
        .rfc("9112-2.1-01", "9112-3-01", "9112-3.2-02", "9112-3.2-03", "9112-C.1-01"),
        arguments: [
            (" GET / HTTP/1.1", .invalidMethod), ("GET  / HTTP/1.1", .malformedRequestLine),
            ("GET /  HTTP/1.1", .malformedRequestLine), ("GET / HTTP/1.1 ", .malformedRequestLine),
            ("GET / x HTTP/1.1", .malformedRequestLine), ("GET /a b HTTP/1.1", .malformedRequestLine),
            ("GET", .malformedRequestLine), ("GET ", .malformedRequestLine), ("GET /", .missingVersion),
            ("GET / ", .missingVersion), ("GET\t/ HTTP/1.1", .controlCharacter), ("GET /\tHTTP/1.1", .controlCharacter),
            ("GET / HTTP/1.1\t", .controlCharacter), ("GET /\u{B}HTTP/1.1", .controlCharacter),
            ("HTTP/1.1 200 OK", .invalidMethod), ("G@T / HTTP/1.1", .invalidMethod), ("Host: a", .invalidMethod),
            ("\u{E9} / HTTP/1.1", .invalidMethod),
        ] as [(String, RequestError)]
    )
    func malformed(text: String, error: RequestError) {
        #expect(line(text) == .refused(error))
    }

    @Test(
        "HTTP/1.0 is itself, every other 1.x is 1.1",
        .rfc("9110-6.2-04"),
        arguments: [("1.0", .http1_0), ("1.1", .http1_1), ("1.2", .http1_1), ("1.9", .http1_1)]
            as [(String, HTTPVersion)]
    )
    func versions(text: String, version: HTTPVersion) throws {
        #expect(try #require(line("GET / HTTP/\(text)").summary).version == version)
        #expect(HTTPVersion.http1_0 < .http1_1)
    }

    @Test(
        "versions that are none, or not ours",
        .rfc("9112-2.3-01", "9112-2.3-02", "9110-6.2-03"),
        arguments: [
            ("http/1.1", .invalidVersion), ("Http/1.1", .invalidVersion), ("HTTP/1", .invalidVersion),
            ("HTTP/1.", .invalidVersion), ("HTTP/.1", .invalidVersion), ("HTTP/11", .invalidVersion),
            ("HTTP/1.10", .invalidVersion), ("HTTP/01.1", .invalidVersion), ("HTTP/1.x", .invalidVersion),
            ("HTTP/x.1", .invalidVersion), ("HTTP/1,1", .invalidVersion), ("HTTP 1.1", .malformedRequestLine),
            ("HTPT/1.1", .invalidVersion), ("HTTP/1.1.1", .invalidVersion), ("ICY/1.1", .invalidVersion),
            ("HTTP/0.9", .unsupportedVersion), ("HTTP/2.0", .unsupportedVersion), ("HTTP/3.0", .unsupportedVersion),
            ("HTTP/9.9", .unsupportedVersion),
        ] as [(String, RequestError)]
    )
    func badVersions(text: String, error: RequestError) {
        #expect(line("GET / \(text)") == .refused(error))
        #expect(error.status.code == (error == .unsupportedVersion ? 505 : 400))
    }

    @Test("clients of other protocols are told so")
    func otherProtocols() {
        let hello: [UInt8] = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03]
        #expect(outcome(hello) == .refused(.tlsClientHello))
        #expect(outcome("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == .refused(.http2Preface))
        #expect(RequestError.tlsClientHello.status == .badRequest)
        #expect(RequestError.http2Preface.status == .httpVersionNotSupported)
        #expect(outcome("PRI * HTTP/1.1\r\nHost: a\r\n\r\n") == .refused(.asteriskWithoutOptions))
    }

    @Test(
        "origin-form",
        .rfc("3986-3.4-01", "3986-5.2.4-02", "3986-2.2-01"),
        arguments: [
            ("/", "", nil), ("/a/b", "a/b", nil), ("/?", "", ""), ("/a?b=c&d", "a", "b=c&d"),
            ("/a?b?c/../d", "a", "b?c/../d"),
            ("//a/b", "a/b", nil), ("/?|{}^`\"<>\\[]%zz", "", "|{}^`\"<>\\[]%zz"), ("/*", "*", nil),
            ("/http://b/", "http:/b", nil), ("/a/../b?x", "b", "x"), ("/%3Fa?b", "?a", "b"),
        ]
    )
    func originForm(target: String, path: String, query: String?) throws {
        let summary = try #require(line("GET \(target) HTTP/1.1").summary)
        #expect(summary.form == .origin)
        #expect(summary.target == target)
        #expect(summary.path == path)
        #expect(summary.query == query)
        #expect(summary.scheme == nil)
        #expect(summary.authority == "a")
    }

    @Test(
        "absolute-form is taken with any method, and its authority wins over Host",
        .rfc("9112-3.2.2-01", "9112-3.2.2-02", "3986-3.1-01", "3986-6.2.3-01"),
        arguments: [
            ("http://b/", "http", "b", "", nil), ("http://b", "http", "b", "", nil),
            ("http://b?q", "http", "b", "", "q"),
            ("HTTP://B:80/x/../y?q=/", "http", "b:80", "y", "q=/"),
            ("https://[::1]:8443/a", "https", "[::1]:8443", "a", nil),
            ("http://b:/a", "http", "b", "a", nil), ("ftp://b/a", "ftp", "b", "a", nil),
            ("a+b-c.1://b/", "a+b-c.1", "b", "", nil),
            ("http://b/http://c/", "http", "b", "http:/c", nil), ("http://b/a@c", "http", "b", "a@c", nil),
        ] as [(String, String, String, String, String?)]
    )
    func absoluteForm(target: String, scheme: String, authority: String, path: String, query: String?) throws {
        for method in ["GET", "POST", "DELETE", "OPTIONS", "FOO"] {
            let summary = try #require(line("\(method) \(target) HTTP/1.1").summary)
            #expect(summary.form == .absolute)
            #expect(summary.target == target)
            #expect(summary.scheme == scheme)
            #expect(summary.authority == authority)
            #expect(summary.path == path)
            #expect(summary.query == query)
        }
    }

    @Test("absolute-form without path has the raw path /", .rfc("3986-6.2.3-01"))
    func emptyPath() throws {
        for target in ["http://b", "http://b?q", "http://b/", "http://b/?q"] {
            var parser = RequestParser()
            var head = RequestHead()
            let bytes = Array("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            #expect(try parser.parse(bytes: bytes, into: &head) == bytes.count)
            #expect(head.rawPath == "/")
            #expect(octets(of: head.rawPathBytes) == [0x2F])
            #expect(head.path.hasTrailingSlash)
        }
    }

    @Test(
        "authority-form goes with CONNECT, asterisk-form with OPTIONS",
        .rfc("9112-3.2.3-01", "9112-3.2.4-01", "9112-3.3-03")
    )
    func otherForms() throws {
        let connect = try #require(line("CONNECT b:443 HTTP/1.1").summary)
        #expect(connect.form == .authority)
        #expect(connect.authority == "b:443")
        #expect(connect.path == "")
        #expect(connect.query == nil)
        let options = try #require(line("OPTIONS * HTTP/1.1").summary)
        #expect(options.form == .asterisk)
        #expect(options.target == "*")
        #expect(options.authority == "a")
        #expect(options.path == "")
    }

    @Test(
        "targets that are none are refused",
        .rfc(
            "9112-3.2-01",
            "9110-4.2.1-02",
            "9110-4.2.2-02",
            "9110-4.2.4-02",
            "9110-9.3.6-01",
            "3986-3.5-01",
            "9110-7.1-01"
        ),
        arguments: [
            ("GET *", .asteriskWithoutOptions), ("OPTIONS **", .invalidTarget), ("GET a", .invalidTarget),
            ("GET a/b", .invalidTarget), ("GET ?a", .invalidTarget), ("GET a:80", .invalidConnectTarget),
            ("OPTIONS a:80", .invalidConnectTarget), ("CONNECT a", .invalidConnectTarget),
            ("CONNECT a:", .invalidConnectTarget), ("CONNECT :80", .invalidConnectTarget),
            ("CONNECT /", .invalidConnectTarget),
            ("CONNECT *", .invalidConnectTarget), ("CONNECT http://a:80/", .invalidConnectTarget),
            ("CONNECT a:80/", .invalidConnectTarget), ("CONNECT a:80?b", .invalidConnectTarget),
            ("CONNECT u@a:80", .invalidConnectTarget), ("CONNECT a:65536", .invalidConnectTarget),
            ("GET http:/a", .invalidTarget), ("GET http:", .invalidTarget), ("GET urn:a", .invalidTarget),
            ("GET ://a/", .invalidTarget), ("GET 1a://b/", .invalidTarget), ("GET a_b://c/", .invalidTarget),
            ("GET http://", .invalidTargetAuthority), ("GET http:///x", .invalidTargetAuthority),
            ("GET https://?x", .invalidTargetAuthority), ("GET http://:80/", .invalidTargetAuthority),
            ("GET http://user@b/", .invalidTargetAuthority), ("GET http://user:pw@b/", .invalidTargetAuthority),
            ("GET http://b:x/", .invalidTargetAuthority), ("GET http://b:65536/", .invalidTargetAuthority),
            ("GET http://[::1/", .invalidTargetAuthority), ("GET http://a,b/", .invalidTargetAuthority),
            ("GET http://a\\b/", .invalidTargetAuthority),
            ("GET /#a", .fragmentInTarget), ("GET /?a#b", .fragmentInTarget), ("GET http://b/#", .fragmentInTarget),
            ("GET /\u{E9}", .invalidTargetOctet), ("GET /?\u{E9}", .invalidTargetOctet),
            ("GET /%00", .encodedNUL), ("GET /%", .invalidPercentEncoding),
            ("GET http://b/%4", .invalidPercentEncoding),
            ("GET /|", .invalidPathOctet), ("GET http://b/\"", .invalidPathOctet),
        ] as [(String, RequestError)]
    )
    func badTargets(text: String, error: RequestError) {
        #expect(line("\(text) HTTP/1.1") == .refused(error))
        #expect(error.status == .badRequest)
    }

    @Test("of all octets just visible ASCII without # may stand in a query", .rfc("9112-3.2-01"))
    func queryOctets() {
        for octet in UInt8.min...UInt8.max {
            let bytes = Array("GET /?a".utf8) + [octet] + Array("b HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            let expected: RequestError? =
                switch octet {
                case 0x0A: .bareLineFeed
                case 0x0D: .bareCarriageReturn
                case 0x20: .malformedRequestLine
                case 0x00..<0x20, 0x7F: .controlCharacter
                case 0x23: .fragmentInTarget
                case 0x80...: .invalidTargetOctet
                default: nil
                }
            #expect(parsePieces(bytes, cuts: [], limits: HeadLimits()).error == expected, "octet \(octet)")
        }
    }

    @Test("the request line is there for the log, also of a head refused later")
    func logged() {
        for text in ["GET /a?b HTTP/1.1", "GET / HTTP/9.9", "GET /| HTTP/1.1"] {
            var parser = RequestParser()
            var head = RequestHead()
            let bytes = Array("\(text)\r\nHost: a\r\nUser-Agent: x\r\nBad Line\r\n\r\n".utf8)
            #expect(throws: RequestError.self) { try parser.parse(bytes: bytes, into: &head) }
            #expect(octets(of: head.requestLineBytes) == Array(text.utf8))
        }
    }

    @Test("a target's query, its end and what it may not hold are found at each place", arguments: 1...20)
    func targetOctets(count: Int) {
        for place in 0..<count {
            for octet: UInt8 in [0x21, 0x23, 0x3F, 0x40, 0x7E, 0x80, 0xA0, 0xA3, 0xBF, 0xFF] {
                var target = [UInt8](repeating: 0x61, count: count)
                target[place] = octet
                var parser = RequestParser()
                var head = RequestHead()
                let request = Array("GET /".utf8) + target + Array(" HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
                do {
                    _ = try parser.parse(bytes: request, into: &head)
                    #expect(octet < 0x80 && octet != 0x23)
                    #expect(head.target.utf8.dropFirst().elementsEqual(target))
                    #expect(head.query == (octet == 0x3F ? String(repeating: "a", count: count - place - 1) : nil))
                } catch {
                    #expect(error == (octet == 0x23 ? .fragmentInTarget : .invalidTargetOctet))
                }
            }
        }
    }

    @Test("a fault of the version comes before one of the target, and that before one of the path")
    func orderOfFaults() {
        #expect(line("GET /a#b?c% HTTP/2.1").error == .unsupportedVersion)
        #expect(line("GET /% HTTP/2.1").error == .unsupportedVersion)
        #expect(line("GET /%?a#b HTTP/1.1").error == .fragmentInTarget)
        #expect(line("GET /a?b#c? HTTP/1.1").error == .fragmentInTarget)
        #expect(line("GET /a?b?c HTTP/1.1").summary?.query == "b?c")
        #expect(line("GET /%?a HTTP/1.1").error == .invalidPercentEncoding)
    }
}
