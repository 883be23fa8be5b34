import HTTPTypes
import MartletWire
import TestSupport
import Testing

/// The head of a response, as strictly read as that of a request.
@Suite struct ResponseParserTests {
    /// What a parser made of some bytes.
    private enum Outcome: Equatable {
        case head(String, octets: Int)
        case incomplete
        case refused(ResponseError)
    }

    private func outcome(
        _ text: String,
        to method: HTTPRequest.Method = .get,
        cuts: [Int] = [],
        limits: HeadLimits = HeadLimits()
    ) -> Outcome {
        let octets = Array(text.utf8)
        var parser = ResponseParser(limits: limits)
        var head = ReceivedResponse()
        do {
            for cut in cuts + [octets.count] {
                if let count = try parser.parse(octets.span.extracting(0..<cut), to: method, into: &head) {
                    let fields = head.fields.map { "\($0.name)=\($0.value)" }.joined(separator: "|")
                    let life = head.wantsKeepAlive ? "open" : "close"
                    return .head(
                        "\(head.version) \(head.status.code) \(head.status.reasonPhrase) \(head.framing) \(life) \(fields)",
                        octets: count
                    )
                }
            }
        } catch {
            return .refused(error)
        }
        return .incomplete
    }

    @Test("a head is read the same however it is cut")
    func pieces() {
        let text = "HTTP/1.1 404 Not Found here\r\nContent-Length:  12 \r\nX: a\tb\r\n\r\nrest"
        let whole = outcome(text)
        #expect(
            whole
                == .head(
                    "http1_1 404 Not Found here length(12) open Content-Length=12|X=a\tb",
                    octets: text.utf8.count - 4
                )
        )
        for cut in 0...text.utf8.count { #expect(outcome(text, cuts: [cut]) == whole) }
        #expect(outcome(text, cuts: Array(0...text.utf8.count)) == whole)
        for cut in 0..<text.utf8.count - 4 {
            #expect(outcome(String(decoding: Array(text.utf8).prefix(cut), as: UTF8.self)) == .incomplete)
        }
    }

    @Test(
        "a status line is a version, three digits, and a phrase that may be empty",
        .rfc("9112-4-01"),
        arguments: [
            ("HTTP/1.1 200 ", "http1_1 200  untilClose close "),
            ("HTTP/1.0 200 OK", "http1_0 200 OK untilClose close "),
            ("HTTP/1.7 299 \u{E9}", "http1_1 299  untilClose close "),
            ("HTTP/1.1 599  two  words", "http1_1 599  two  words untilClose close "),
        ]
    )
    func statusLine(line: String, expected: String) {
        #expect(outcome(line + "\r\n\r\n") == .head(expected, octets: line.utf8.count + 4))
    }

    @Test(
        "what is no status line is refused at once",
        .rfc("9110-15-04"),
        arguments: [
            ("<html>", ResponseError.malformedStatusLine), ("\r\n", .malformedStatusLine),
            ("http/1.1 200 OK\r\n", .malformedStatusLine),
            ("HTTP/1.1 200\r\n", .malformedStatusLine), ("HTTP/1.1  200 OK\r\n", .malformedStatusLine),
            ("HTTP/1.1 20 OK\r\n", .malformedStatusLine), ("HTTP/1.1 2000 OK\r\n", .malformedStatusLine),
            ("HTTP/11 200 OK\r\n", .malformedStatusLine), ("HTTP/2.0 200 OK\r\n", .unsupportedVersion),
            ("HTTP/1.1 099 x\r\n", .invalidStatus), ("HTTP/1.1 600 x\r\n", .invalidStatus),
            ("HTTP/1.1 200 O\u{0}K\r\n", .message(.controlCharacter)), ("HTTP/1.1 200 OK\n", .message(.bareLineFeed)),
            ("HTTP/1.1 200 OK\rX", .message(.bareCarriageReturn)),
        ]
    )
    func refusedLine(line: String, error: ResponseError) {
        #expect(outcome(line) == .refused(error))
    }

    @Test(
        "field lines are refused where those of a request are",
        .rfc("9112-5.1-02", "9112-5.2-03"),
        arguments: [
            ("X : y", RequestError.whitespaceBeforeColon), (" X: y", .foldedLine), ("X: a\r\n b", .foldedLine),
            (": y", .emptyFieldName),
            ("X", .missingColon), ("X: a\u{0}", .controlCharacter), ("X: a\rb", .bareCarriageReturn),
            ("X: a\nY: b", .bareLineFeed),
        ]
    )
    func refusedField(line: String, error: RequestError) {
        #expect(outcome("HTTP/1.1 200 OK\r\n\(line)\r\n\r\n") == .refused(.message(error)))
    }

    @Test(
        "the end of the content is found as RFC 9112 §6.3 says",
        .rfc("9112-6.3-05", "9112-6.3-09", "9112-6.3-03"),
        arguments: [
            ("", "untilClose close"), ("Content-Length: 0\r\n", "none open"),
            ("Content-Length: 5\r\n", "length(5) open"),
            ("Transfer-Encoding: chunked\r\n", "chunked open"), ("Transfer-Encoding: , CHUNKED\r\n", "chunked open"),
            ("Content-Length: 5\r\nConnection: x, Close\r\n", "length(5) close"),
        ]
    )
    func framing(lines: String, expected: String) {
        guard case .head(let text, _) = outcome("HTTP/1.1 200 OK\r\n\(lines)\r\n") else { return #expect(Bool(false)) }
        #expect(text.hasPrefix("http1_1 200 OK \(expected) "))
    }

    @Test("HTTP/1.0 keeps a connection only when it says so")
    func oldKeepAlive() {
        let old = "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n"
        #expect(outcome(old + "\r\n") == .head("http1_0 200 OK length(1) close Content-Length=1", octets: 38))
        guard case .head(let text, _) = outcome(old + "Connection: keep-alive\r\n\r\n") else {
            return #expect(Bool(false))
        }
        #expect(text.contains(" open "))
    }

    @Test(
        "what frames it in two ways, or wrongly, is refused",
        .rfc("9112-6.3-09", "9110-8.6-08", "9110-8.6-09"),
        arguments: [
            ("1.1", "Content-Length: 5\r\nTransfer-Encoding: chunked", RequestError.contentLengthWithTransferEncoding),
            ("1.1", "Content-Length: 5\r\nContent-Length: 6", .repeatedContentLength),
            ("1.1", "Content-Length: 5, 5", .invalidContentLength),
            ("1.1", "Content-Length: +5", .invalidContentLength),
            ("1.1", "Content-Length:", .invalidContentLength), ("1.1", "Content-Length: 5a", .invalidContentLength),
            ("1.1", "Content-Length: 99999999999999999999", .contentLengthTooLarge),
            ("1.1", "Transfer-Encoding: gzip", .chunkedNotLast),
            ("1.1", "Transfer-Encoding: chunked, gzip", .chunkedNotLast),
            ("1.1", "Transfer-Encoding: gzip, chunked", .unsupportedTransferCoding),
            ("1.1", "Transfer-Encoding: chunked, chunked", .repeatedChunked),
            ("1.0", "Transfer-Encoding: chunked", .transferEncodingInHTTP10),
        ]
    )
    func refusedFraming(version: String, lines: String, error: RequestError) {
        #expect(outcome("HTTP/\(version) 200 OK\r\n\(lines)\r\n\r\n") == .refused(.message(error)))
        #expect(outcome("HTTP/\(version) 304 x\r\n\(lines)\r\n\r\n", to: .head) == .refused(.message(error)))
    }

    @Test("an answer to HEAD, a 1xx, 204 and 304 have no content whatever they say", arguments: [100, 103, 204, 304])
    func withoutContent(code: Int) {
        for line in ["", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"] {
            guard case .head(let text, _) = outcome("HTTP/1.1 \(code) x\r\n\(line)\r\n"),
                case .head(let head, _) = outcome("HTTP/1.1 200 x\r\n\(line)\r\n", to: .head)
            else { return #expect(Bool(false)) }
            #expect(text.contains(" x none open "))
            #expect(head.contains(" x none open "))
        }
    }

    @Test("what was read of a refused head can be looked at")
    func refusedHead() {
        var parser = ResponseParser()
        var head = ReceivedResponse()
        let text = "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: z\r\n\r\n"
        #expect(throws: ResponseError.message(.invalidContentLength)) {
            try parser.parse(text.utf8.span, to: .get, into: &head)
        }
        #expect(head.fields.map { "\($0.name)=\($0.value)" } == ["X=y", "Content-Length=z"])
    }

    @Test("every limit holds")
    func limits() {
        let limits = HeadLimits(requestLine: 20, head: 60, fieldCount: 2)
        #expect(outcome("HTTP/1.1 200 12345678\r\n", limits: limits) == .refused(.statusLineTooLong))
        #expect(outcome("HTTP/1.1 200 1234567\r\n", limits: limits) == .incomplete)
        #expect(
            outcome("HTTP/1.1 200 \r\nA: \(String(repeating: "x", count: 60))", limits: limits)
                == .refused(.message(.headTooLarge))
        )
        #expect(
            outcome("HTTP/1.1 200 \r\nA: 1\r\nB: 2\r\nC: 3\r\n", limits: limits) == .refused(.message(.tooManyFields))
        )
        #expect(outcome("HTTP/1.1 200 \r\nA: 1\r\nB: 2\r\n\r\n", limits: limits) != .incomplete)
    }
}
