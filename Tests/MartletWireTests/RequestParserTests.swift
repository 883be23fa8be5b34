import HTTPTypes
import MartletWire
import TestSupport
import Testing

@Suite struct RequestParserTests {
    static let browser = """
        GET /static/site.css?v=12 HTTP/1.1\r
        Host: localhost:8000\r
        Connection: keep-alive\r
        User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0\r
        Accept: text/css,*/*;q=0.1\r
        Accept-Encoding: gzip, deflate, br, zstd\r
        Referer: http://localhost:8000/\r
        \r

        """

    @Test("a browser's request")
    func browserHead() throws {
        guard case .head(let summary, let octets) = outcome(Self.browser) else {
            Issue.record("refused")
            return
        }
        #expect(octets == Self.browser.utf8.count)
        #expect(summary.method == "GET")
        #expect(summary.path == "static/site.css")
        #expect(summary.query == "v=12")
        #expect(summary.authority == "localhost:8000")
        #expect(summary.framing == .none)
        #expect(summary.wantsKeepAlive)
        #expect(summary.fields.count == 6)
        #expect(summary.fields[4] == "Accept-Encoding: gzip, deflate, br, zstd")
    }

    @Test("an incomplete head asks for more, wherever it ends")
    func incomplete() {
        let bytes = Array(Self.browser.utf8)
        for end in 0..<bytes.count {
            #expect(parsePieces(Array(bytes[..<end]), cuts: [], limits: HeadLimits()) == .incomplete)
        }
    }

    // MARK: Lines

    @Test(
        "lines end with CRLF and hold no other control",
        .rfc("9112-2.2-02", "9112-2.2-04", "9110-5.5-03"),
        arguments: [
            ("GET / HTTP/1.1\nHost: a\r\n\r\n", .bareLineFeed), ("GET / HTTP/1.1\r\nHost: a\n\r\n", .bareLineFeed),
            ("GET / HTTP/1.1\r\nHost: a\r\n\n", .bareLineFeed), ("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .bareLineFeed),
            ("GET / HTTP/1.1\rHost: a\r\n\r\n", .bareCarriageReturn), ("GET / HTTP/1.1\r\r\n", .bareCarriageReturn),
            ("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", .bareCarriageReturn),
            ("GET / HTTP/1.1\r\nHost: a\r\n\rX", .bareCarriageReturn), ("\rGET / HTTP/1.1\r\n", .bareCarriageReturn),
            ("GET / HTTP/1.1\r\nHost: a\0\r\n\r\n", .controlCharacter),
            ("GET / HTTP/1.1\r\nHost\0: a\r\n\r\n", .controlCharacter),
            ("GET /\u{1B}[31m HTTP/1.1\r\n", .controlCharacter), ("\0", .controlCharacter),
        ] as [(String, RequestError)]
    )
    func lineEnds(text: String, error: RequestError) {
        #expect(outcome(text) == .refused(error))
        #expect(error.status == .badRequest)
    }

    @Test("a control octet is refused at once, before its line is complete")
    func early() {
        #expect(outcome("GET / HTTP/1.1\r\nHost: a\u{1}") == .refused(.controlCharacter))
        #expect(outcome("GET /\u{1}") == .refused(.controlCharacter))
        #expect(outcome("GET / HTTP/1.1\r\nHost: a\n") == .refused(.bareLineFeed))
    }

    @Test("up to eight empty lines before the request are skipped and counted", .rfc("9112-2.2-05"), arguments: 0...8)
    func emptyLines(count: Int) {
        let text = String(repeating: "\r\n", count: count) + "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        guard case .head(_, let octets) = outcome(text) else {
            Issue.record("refused")
            return
        }
        #expect(octets == text.utf8.count)
    }

    @Test("a ninth empty line is refused")
    func tooManyEmptyLines() {
        let text = String(repeating: "\r\n", count: 9) + "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        #expect(outcome(text) == .refused(.tooManyEmptyLines))
    }

    @Test(
        "field lines that are none are refused",
        .rfc("9112-5-01", "9112-5.1-01", "9112-5.2-02", "9112-2.2-08"),
        arguments: [
            ("X : b", .whitespaceBeforeColon), ("X\t: b", .whitespaceBeforeColon), ("X \t : b", .whitespaceBeforeColon),
            (": b", .emptyFieldName), (":", .emptyFieldName), ("X", .missingColon), ("X Y: b", .invalidFieldName),
            ("X Y", .invalidFieldName), ("X ", .invalidFieldName),
            ("X@Y: b", .invalidFieldName), ("X(Y): b", .invalidFieldName), ("\u{E9}: b", .invalidFieldName),
            ("X\u{E9}: b", .invalidFieldName), ("\"X\": b", .invalidFieldName), ("@: b", .invalidFieldName),
            (" X: b", .foldedLine), ("\tX: b", .foldedLine), (" ", .foldedLine), ("\t", .foldedLine),
            (" : b", .foldedLine),
        ] as [(String, RequestError)]
    )
    func badFieldLines(line: String, error: RequestError) {
        #expect(outcome("GET / HTTP/1.1\r\nHost: a\r\n\(line)\r\n\r\n") == .refused(error))
        #expect(outcome("GET / HTTP/1.1\r\n\(line)\r\nHost: a\r\n\r\n") == .refused(error))
    }

    @Test(
        "white space around values is no part of them",
        .rfc("9112-5.1-03", "9110-5.5-01"),
        arguments: [
            ("X:b", "b"), ("X: b", "b"), ("X:\tb", "b"), ("X:  \t b \t ", "b"), ("X:", ""), ("X: ", ""),
            ("X:\t \t", ""),
            ("X: b  c", "b  c"), ("X: b\tc", "b\tc"), ("X: :", ":"), ("X: \u{E9}", "\u{E9}"), ("X::b", ":b"),
        ]
    )
    func values(line: String, value: String) throws {
        let summary = try #require(outcome("GET / HTTP/1.1\r\nHost: a\r\n\(line)\r\n\r\n").summary)
        #expect(summary.fields == ["Host: a", "X: \(value)"])
    }

    @Test("of all octets just those of tokens may stand in a name", .rfc("9112-5-01"))
    func nameOctets() {
        let tokens = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        for octet in UInt8.min...UInt8.max where octet != 0x3A {
            let bytes = Array("GET / HTTP/1.0\r\nX-Na".utf8) + [octet] + Array("me: b\r\n\r\n".utf8)
            let expected: RequestError? =
                switch octet {
                case 0x0A: .bareLineFeed
                case 0x0D: .bareCarriageReturn
                case 0x09: .invalidFieldName
                case 0x00..<0x20, 0x7F: .controlCharacter
                default: tokens.contains(octet) ? nil : .invalidFieldName
                }
            #expect(parsePieces(bytes, cuts: [], limits: HeadLimits()).error == expected, "octet \(octet)")
        }
    }

    @Test(
        "of all octets just the controls but HTAB may not stand in a value",
        .rfc("9110-5.5-02", "9110-5.5-04", "9112-2.2-01")
    )
    func valueOctets() {
        for octet in UInt8.min...UInt8.max {
            let bytes = Array("GET / HTTP/1.0\r\nX: a".utf8) + [octet] + Array("b\r\n\r\n".utf8)
            let expected: RequestError? =
                switch octet {
                case 0x09: nil
                case 0x0A: .bareLineFeed
                case 0x0D: .bareCarriageReturn
                case 0x00..<0x20, 0x7F: .controlCharacter
                default: nil
                }
            #expect(parsePieces(bytes, cuts: [], limits: HeadLimits()).error == expected, "octet \(octet)")
        }
    }

    // MARK: Limits

    private func requestLine(octets: Int) -> String {
        "GET /\(String(repeating: "a", count: octets - 14)) HTTP/1.1"
    }

    @Test("a request line of just the limit is taken, one octet more is 414", .rfc("9112-3-03"))
    func requestLineLimit() {
        let limits = HeadLimits(requestLine: 40)
        #expect(outcome("\(requestLine(octets: 40))\r\nHost: a\r\n\r\n", limits: limits).summary != nil)
        #expect(
            outcome("\(requestLine(octets: 41))\r\nHost: a\r\n\r\n", limits: limits) == .refused(.requestLineTooLong)
        )
        #expect(outcome("GET /\(String(repeating: "a", count: 36))", limits: limits) == .refused(.requestLineTooLong))
        #expect(outcome("GET /\(String(repeating: "a", count: 35))", limits: limits) == .incomplete)
        #expect(outcome("GET /\(String(repeating: "a", count: 35))\n", limits: limits) == .refused(.bareLineFeed))
        #expect(outcome("GET /\(String(repeating: "a", count: 36))\n", limits: limits) == .refused(.requestLineTooLong))
        #expect(RequestError.requestLineTooLong.status.code == 414)
    }

    @Test(
        "by default a target of 8000 octets is taken, and a line of 8193 octets is not",
        .rfc("9112-3-04", "9110-4.1-01")
    )
    func longTarget() {
        let target = "/" + String(repeating: "a", count: 7999)
        let taken = parsePieces(
            Array("OPTIONS \(target) HTTP/1.1\r\nHost: a\r\n\r\n".utf8),
            cuts: [],
            limits: HeadLimits()
        )
        #expect(taken.summary?.target == target)
        let tooLong = Array("\(requestLine(octets: 8193))\r\nHost: a\r\n\r\n".utf8)
        #expect(parsePieces(tooLong, cuts: [], limits: HeadLimits()) == .refused(.requestLineTooLong))
        #expect(parsePieces(tooLong, cuts: tooLong.indices, limits: HeadLimits()) == .refused(.requestLineTooLong))
    }

    @Test("a method longer than 32 octets is 501, also where the line is too long", .rfc("9112-3-02"))
    func longMethod() {
        let method = String(repeating: "M", count: 33)
        #expect(outcome("\(method) / HTTP/1.1\r\nHost: a\r\n\r\n") == .refused(.methodTooLong))
        #expect(
            outcome(String(repeating: "M", count: 41), limits: HeadLimits(requestLine: 40)) == .refused(.methodTooLong)
        )
        #expect(
            outcome("M@" + String(repeating: "M", count: 41), limits: HeadLimits(requestLine: 40))
                == .refused(.invalidMethod)
        )
        #expect(RequestError.methodTooLong.status == .notImplemented)
    }

    @Test("a head of just the limit is taken, one octet more is 431", .rfc("9110-5.4-01"))
    func headLimit() {
        let text = "GET / HTTP/1.1\r\nHost: a\r\nX: yz\r\n\r\n"
        let octets = text.utf8.count
        #expect(outcome(text, limits: HeadLimits(head: octets)).summary != nil)
        for limit in 17..<octets {
            #expect(outcome(text, limits: HeadLimits(head: limit)) == .refused(.headTooLarge), "limit \(limit)")
        }
        for limit in 1..<16 {
            #expect(outcome(text, limits: HeadLimits(head: limit)) == .refused(.requestLineTooLong), "limit \(limit)")
        }
        #expect(outcome(text, limits: HeadLimits(head: 0)) == .refused(.headTooLarge))
        #expect(RequestError.headTooLarge.status.code == 431)
    }

    @Test("as many fields as the limit are taken, one more is 431", .rfc("9110-5.4-01"))
    func fieldLimit() {
        let fields = "Host: a\r\nA: 1\r\nB: 2\r\n"
        #expect(outcome("GET / HTTP/1.1\r\n\(fields)\r\n", limits: HeadLimits(fieldCount: 3)).summary != nil)
        #expect(
            outcome("GET / HTTP/1.1\r\n\(fields)\r\n", limits: HeadLimits(fieldCount: 2)) == .refused(.tooManyFields)
        )
        #expect(RequestError.tooManyFields.status.code == 431)
    }

    @Test("limits that make no sense trap nothing")
    func oddLimits() {
        let text = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        let huge = HeadLimits(requestLine: .max, head: .max, fieldCount: .max)
        #expect(outcome(text, limits: huge).summary != nil)
        let tiny = HeadLimits(requestLine: .min, head: .min, fieldCount: .min)
        #expect(outcome(text, limits: tiny).summary == nil)
    }

    // MARK: Use

    @Test("a parser is idle until the first octet of a head")
    func idle() throws {
        var parser = RequestParser()
        var head = RequestHead()
        let bytes = Array("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        for end in 0...4 {
            #expect(try parser.parse(bytes: bytes[0..<end], into: &head) == nil)
            #expect(parser.isIdle)
        }
        #expect(try parser.parse(bytes: bytes[0..<5], into: &head) == nil)
        #expect(!parser.isIdle)
        #expect(try parser.parse(bytes: bytes, into: &head) == bytes.count)
        #expect(!parser.isIdle)
        parser.reset()
        #expect(parser.isIdle)
    }

    @Test("an error stays until reset")
    func errorsStay() throws {
        var parser = RequestParser()
        var head = RequestHead()
        #expect(throws: RequestError.bareLineFeed) { try parser.parse(bytes: "GET\n".utf8, into: &head) }
        let good = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        #expect(throws: RequestError.bareLineFeed) { try parser.parse(bytes: good, into: &head) }
        #expect(!parser.isIdle)
        parser.reset()
        #expect(try parser.parse(bytes: good, into: &head) == good.count)
    }

    @Test("pipelined requests come out one after the other", arguments: [false, true])
    func pipelining(resetting: Bool) throws {
        let bytes = Array(
            "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nA: b\r\n\r\n\r\nGET /2 HTTP/1.0\r\n\r\nGET /3?q HTTP/1.1\r\nHost: c\r\n\r\n"
                .utf8
        )
        var parser = RequestParser()
        var head = RequestHead()
        var summaries: [HeadSummary] = []
        var start = 0
        while start < bytes.count {
            let octets = try #require(try parser.parse(bytes: bytes[start..<bytes.count], into: &head))
            summaries.append(HeadSummary(head))
            start += octets
            if resetting {
                parser.reset()
                head.reset()
            }
        }
        #expect(summaries.map(\.target) == ["/1", "/2", "/3?q"])
        #expect(summaries.map(\.framing) == [.length(1), .none, .none])
        #expect(summaries.map(\.wantsKeepAlive) == [true, false, true])
        #expect(summaries.map(\.authority) == ["a", nil, "c"])
        #expect(summaries.map(\.query) == [nil, nil, "q"])
        #expect(summaries.map(\.fields.count) == [3, 0, 1])
    }

    @Test("nothing of one request shows through in the next", arguments: ["OPTIONS *", "CONNECT b:1", "GET /"])
    func noLeftovers(line: String) throws {
        let next = "\(line) HTTP/1.1\r\nHost: c\r\n\r\n"
        var parser = RequestParser()
        var head = RequestHead()
        let first =
            "POST http://x/a%2Fb/?q HTTP/1.0\r\nConnection: keep-alive\r\nExpect: y\r\nContent-Length: 5\r\nZ:1\r\n\r\n"
        #expect(try parser.parse(bytes: first.utf8, into: &head) == first.utf8.count)
        #expect(try parser.parse(bytes: next.utf8, into: &head) == next.utf8.count)
        #expect(HeadSummary(head) == outcome(next).summary)
        #expect(head.path.segmentCount == 0)
        #expect(!head.path.hasEncodedSlash)
        #expect(head.path.hasTrailingSlash == (line == "GET /"))
    }

    @Test("a copy of a head stays as it is when the head is used again")
    func copies() throws {
        var parser = RequestParser()
        var head = RequestHead()
        let bytes = Array("GET /a?b HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n".utf8)
        #expect(try parser.parse(bytes: bytes, into: &head) == bytes.count)
        let copy = head
        let before = HeadSummary(copy)
        #expect(try parser.parse(bytes: "PUT /c HTTP/1.0\r\nY: 2\r\n\r\n".utf8, into: &head) != nil)
        #expect(HeadSummary(copy) == before)
        #expect(head.target == "/c")
        head.reset()
        #expect(head.fields.isEmpty)
        #expect(head.target == "")
        #expect(octets(of: head.requestLineBytes).isEmpty)
        #expect(HeadSummary(copy) == before)
    }

    @Test("after each piece the head can be looked at, and has the lines that are complete")
    func lookingAtPieces() throws {
        let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nBad Name: 2\r\n".utf8)
        var parser = RequestParser()
        var head = RequestHead()
        for end in 0..<bytes.count {
            #expect(try parser.parse(bytes: bytes[0..<end], into: &head) == nil)
            #expect(head.fields.map(\.name) == [[], ["Host"], ["Host", "X"]][end < 25 ? 0 : end < 31 ? 1 : 2])
        }
        #expect(throws: RequestError.invalidFieldName) { try parser.parse(bytes: bytes, into: &head) }
        var output: [UInt8] = []
        head.fields.write(into: &output)
        #expect(String(decoding: output, as: UTF8.self) == "Host: a\r\nX: 1\r\n")
    }

    @Test("every error has a status it may have, and a sentence")
    func errors() {
        for error in RequestError.allCases {
            #expect([400, 414, 431, 501, 505].contains(error.status.code), "\(error)")
            #expect(error.reason.hasSuffix("."), "\(error)")
        }
        #expect(Set(RequestError.allCases.map(\.reason)).count == RequestError.allCases.count)
    }
}
