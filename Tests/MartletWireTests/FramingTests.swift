import HTTPTypes
import MartletWire
import TestSupport
import Testing

@Suite struct FramingTests {
    private func fields(_ lines: String..., version: String = "1.1") -> HeadOutcome {
        outcome("POST / HTTP/\(version)\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n")
    }

    // MARK: Host

    @Test("HTTP/1.1 needs a Host, HTTP/1.0 does not", .rfc("9112-3.2-04", "9112-3.3-04"))
    func missingHost() throws {
        #expect(outcome("GET / HTTP/1.1\r\n\r\n") == .refused(.missingHost))
        #expect(outcome("GET / HTTP/1.2\r\nX: y\r\n\r\n") == .refused(.missingHost))
        #expect(outcome("GET http://b/ HTTP/1.1\r\n\r\n") == .refused(.missingHost))
        let old = try #require(outcome("GET / HTTP/1.0\r\n\r\n").summary)
        #expect(old.authority == nil)
    }

    @Test("a second Host is refused, equal or not, in any version", .rfc("9112-3.2-05"), arguments: ["1.0", "1.1"])
    func repeatedHost(version: String) {
        #expect(fields("Host: a", version: version) == .refused(.repeatedHost))
        #expect(fields("hOST: b", version: version) == .refused(.repeatedHost))
        #expect(fields("Host:", version: version) == .refused(.repeatedHost))
    }

    @Test("an empty Host is taken and names no authority", .rfc("9112-3.3-02"))
    func emptyHost() throws {
        let summary = try #require(outcome("GET / HTTP/1.1\r\nHost:\r\n\r\n").summary)
        #expect(summary.authority == nil)
    }

    @Test(
        "an invalid Host is refused, also where absolute-form would win over it",
        .rfc("9112-3.2-06"),
        arguments: [
            "a b", "a,b", "a, a", "u@a", "a/", "http://a", "a:x", "a:65536", "::1", "[::1", "[fe80::1%25lo]", "a\tb",
            "a?", "a#",
            "a\\", "\u{E9}",
        ]
    )
    func invalidHost(host: String) {
        #expect(outcome("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") == .refused(.invalidHost))
        #expect(outcome("GET / HTTP/1.0\r\nHost: \(host)\r\n\r\n") == .refused(.invalidHost))
        #expect(outcome("GET http://b/ HTTP/1.1\r\nHost: \(host)\r\n\r\n") == .refused(.invalidHost))
    }

    // MARK: Content-Length

    @Test("without Content-Length and Transfer-Encoding there is no content", .rfc("9112-6.3-11", "9112-6-01"))
    func noContent() throws {
        #expect(try #require(fields().summary).framing == .none)
    }

    @Test(
        "Content-Length is read exactly",
        .rfc("9112-6.2-02", "9110-8.6-07"),
        arguments: [
            ("0", .none), ("1", .length(1)), ("00", .none), ("0000000000000000000000000000042", .length(42)),
            ("4294967296", .length(4_294_967_296)), ("9223372036854775807", .length(.max)), (" \t7\t ", .length(7)),
        ] as [(String, BodyFraming)]
    )
    func contentLength(value: String, framing: BodyFraming) throws {
        #expect(try #require(fields("Content-Length:\(value)").summary).framing == framing)
        #expect(try #require(fields("cONTENT-lENGTH:\(value)", version: "1.0").summary).framing == framing)
    }

    @Test(
        "a Content-Length that is no number is refused",
        .rfc("9112-6.2-02", "9112-6.3-07", "9112-6.3-08", "9110-8.6-07", "9110-8.6-10"),
        arguments: [
            ("", .invalidContentLength), ("+5", .invalidContentLength), ("-1", .invalidContentLength),
            ("-0", .invalidContentLength), ("0x5", .invalidContentLength), ("5.0", .invalidContentLength),
            ("5 5", .invalidContentLength), ("5,5", .invalidContentLength), ("42, 42", .invalidContentLength),
            ("5,", .invalidContentLength), ("5;", .invalidContentLength), ("1e3", .invalidContentLength),
            ("1_000", .invalidContentLength), ("\"5\"", .invalidContentLength), ("five", .invalidContentLength),
            ("\u{663}", .invalidContentLength), ("9223372036854775808", .contentLengthTooLarge),
            ("18446744073709551616", .contentLengthTooLarge), ("18446744073709551621", .contentLengthTooLarge),
            ("99999999999999999999", .contentLengthTooLarge), ("92233720368547758080000", .contentLengthTooLarge),
            ("99999999999999999999999999999999999999", .contentLengthTooLarge),
            ("99999999999999999999999999999999999999x", .invalidContentLength),
        ] as [(String, RequestError)]
    )
    func badContentLength(value: String, error: RequestError) {
        #expect(fields("Content-Length: \(value)") == .refused(error))
        #expect(error.status == .badRequest)
    }

    @Test("of all octets just digits may stand in Content-Length")
    func contentLengthOctets() {
        for octet in UInt8(0x21)...UInt8.max where octet != 0x7F {
            let bytes = Array("GET / HTTP/1.0\r\nContent-Length: 1".utf8) + [octet] + Array("1\r\n\r\n".utf8)
            let isTaken = parsePieces(bytes, cuts: [], limits: HeadLimits()).summary != nil
            #expect(isTaken == (0x30...0x39).contains(octet), "octet \(octet)")
        }
    }

    @Test("a second Content-Length is refused, equal or not", .rfc("9112-11.2-01"))
    func repeatedContentLength() {
        #expect(fields("Content-Length: 5", "Content-Length: 5") == .refused(.repeatedContentLength))
        #expect(fields("Content-Length: 5", "content-length: 6") == .refused(.repeatedContentLength))
    }

    // MARK: Transfer-Encoding

    @Test(
        "chunked alone, in any case and among empty elements",
        .rfc("9112-7-01", "9112-6.1-01", "9110-5.6.1.2-01"),
        arguments: ["chunked", "Chunked", "CHUNKED", " chunked ", ",chunked", "chunked,", ", ,chunked , ,"]
    )
    func chunked(value: String) throws {
        #expect(try #require(fields("Transfer-Encoding: \(value)").summary).framing == .chunked)
        #expect(try #require(fields("Transfer-Encoding:", "tRANSFER-eNCODING: \(value)").summary).framing == .chunked)
    }

    @Test(
        "every other Transfer-Encoding is refused",
        .rfc("9112-6.3-06", "9112-6.1-09", "9112-7.1-03", "9112-7.2-01", "9112-11.2-01"),
        arguments: [
            ("", .chunkedNotLast), (",", .chunkedNotLast), ("identity", .chunkedNotLast), ("gzip", .chunkedNotLast),
            ("xchunked", .chunkedNotLast), ("chunkedx", .chunkedNotLast), ("chunked, gzip", .chunkedNotLast),
            ("chunked, identity", .chunkedNotLast), ("chunked, chunked", .repeatedChunked),
            ("gzip, chunked, chunked", .repeatedChunked), ("chunked, gzip, chunked", .chunkedNotLast),
            ("gzip, chunked", .unsupportedTransferCoding), ("foo;q=1, chunked", .unsupportedTransferCoding),
            ("identity, chunked", .unsupportedTransferCoding), ("chunked;a=b", .chunkedWithParameters),
            ("chunked ; a=b", .chunkedWithParameters), ("chunked;", .chunkedWithParameters),
            ("\"chunked\"", .invalidTransferEncoding), ("chunked chunked", .invalidTransferEncoding),
            ("chunked=1", .invalidTransferEncoding), ("\u{E9}chunked", .invalidTransferEncoding),
            ("chun\tked", .invalidTransferEncoding), ("gzip,\tchunked", .invalidTransferEncoding),
            ("\u{B}chunked", .controlCharacter),
        ] as [(String, RequestError)]
    )
    func badTransferEncoding(value: String, error: RequestError) {
        #expect(fields("Transfer-Encoding: \(value)") == .refused(error))
        #expect(error.status.code == (error == .unsupportedTransferCoding ? 501 : 400))
    }

    @Test("codings on several lines read as one list")
    func severalLines() {
        #expect(fields("Transfer-Encoding: chunked", "Transfer-Encoding: chunked") == .refused(.repeatedChunked))
        #expect(fields("Transfer-Encoding: chunked", "Transfer-Encoding: gzip") == .refused(.chunkedNotLast))
        #expect(fields("Transfer-Encoding: gzip", "Transfer-Encoding: chunked") == .refused(.unsupportedTransferCoding))
    }

    @Test("Content-Length and Transfer-Encoding together are refused, in either order", .rfc("9112-6.1-12"))
    func both() {
        let length = "Content-Length: 5"
        let chunked = "Transfer-Encoding: chunked"
        #expect(fields(length, chunked) == .refused(.contentLengthWithTransferEncoding))
        #expect(fields(chunked, length) == .refused(.contentLengthWithTransferEncoding))
        #expect(fields(chunked, "Content-Length: 0") == .refused(.contentLengthWithTransferEncoding))
    }

    @Test("Transfer-Encoding in HTTP/1.0 is refused", .rfc("9112-6.1-14"))
    func oldVersion() {
        #expect(fields("Transfer-Encoding: chunked", version: "1.0") == .refused(.transferEncodingInHTTP10))
    }

    // MARK: Connection

    @Test(
        "who may keep the connection",
        .rfc("9112-9.3-02", "9112-9.3-03", "9110-5.1-02", "9110-5.6.1.2-01"),
        arguments: [
            ("1.1", [], true), ("1.0", [], false), ("1.1", ["close"], false), ("1.1", ["Close"], false),
            ("1.1", ["keep-alive"], true), ("1.0", ["keep-alive"], true), ("1.0", ["Keep-Alive"], true),
            ("1.0", ["close"], false), ("1.0", ["keep-alive, close"], false), ("1.1", ["keep-alive, close"], false),
            ("1.1", ["upgrade", "close"], false), ("1.0", ["x ,, keep-alive ,"], true), ("1.1", ["closed"], true),
            ("1.1", ["xclose"], true), ("1.1", ["\"close\""], true), ("1.0", ["keep alive"], false),
            ("1.1", ["a,\tclose\t"], false),
            ("1.2", [], true), ("1.1", [""], true),
        ]
    )
    func keepAlive(version: String, connection: [String], expected: Bool) throws {
        let lines = connection.map { "Connection: \($0)\r\n" }.joined()
        let summary = try #require(outcome("GET / HTTP/\(version)\r\nHost: a\r\n\(lines)\r\n").summary)
        #expect(summary.wantsKeepAlive == expected)
    }

    // MARK: Expect

    @Test(
        "who waits for 100, and who for something unknown",
        .rfc("9110-10.1.1-01", "9110-10.1.1-02", "9110-10.1.1-03", "9110-10.1.1-04"),
        arguments: [
            ("1.1", "Expect: 100-continue\r\nContent-Length: 1\r\n", true, false),
            ("1.1", "Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n", true, false),
            ("1.1", "Expect: 100-continue\r\n", false, false),
            ("1.1", "Expect: 100-continue\r\nContent-Length: 0\r\n", false, false),
            ("1.0", "Expect: 100-continue\r\nContent-Length: 1\r\n", false, false),
            ("1.1", "Expect: x\r\nContent-Length: 1\r\n", false, true),
            ("1.1", "Expect: 100-continue, x=y\r\nContent-Length: 1\r\n", true, true),
            ("1.1", "Expect: 100-continue;a\r\nContent-Length: 1\r\n", false, true),
            ("1.1", "Expect: 100-continue\r\nExpect: x\r\nContent-Length: 1\r\n", true, true),
            ("1.1", "Expect:\r\nContent-Length: 1\r\n", false, false),
        ]
    )
    func expectations(version: String, lines: String, expectsContinue: Bool, isUnknown: Bool) throws {
        let summary = try #require(outcome("POST / HTTP/\(version)\r\nHost: a\r\n\(lines)\r\n").summary)
        #expect(summary.expectsContinue == expectsContinue)
        #expect(summary.hasUnknownExpectation == isUnknown)
    }

    @Test("a thousand commas are read in one go", .rfc("9110-5.6.1.2-02"))
    func commas() throws {
        let commas = String(repeating: ",", count: 30_000)
        let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\nConnection: \(commas)close\r\n\r\n".utf8)
        let summary = try #require(parsePieces(bytes, cuts: [], limits: HeadLimits()).summary)
        #expect(!summary.wantsKeepAlive)
    }
}
