import Martlet
import MartletWire
import TestSupport
import Testing

@Suite("Where a request ends (RFC 9112 §6, §11.2)", .timeLimit(.patient))
struct RequestFramingOnTheWireTests {
    private static let names = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"]

    @Test(
        "content is where Content-Length or Transfer-Encoding says so, whatever the method",
        .rfc("9112-6-01", "9112-6.1-01", "9112-6.3-04", "9112-6.3-11", "9112-7.1-01", "9112-6.3-13"),
        arguments: names
    )
    func methods(method: String) async throws {
        try await withServer(shownRequest) { server in
            let start = "\(method) /p HTTP/1.1\r\nHost: a\r\n"
            try server.expect(ok("\(method) a /p 0:"), to: (start + "\r\n").utf8)
            try server.expect(ok("\(method) a /p 0:"), to: (start + "Content-Length: 0\r\n\r\n").utf8)
            try server.expect(ok("\(method) a /p 5:GET /"), to: (start + "Content-Length: 5\r\n\r\nGET /").utf8)
            let chunks = "Transfer-Encoding: chunked\r\n\r\n3\r\nGET\r\n2\r\n /\r\n0\r\n\r\n"
            try server.expect(ok("\(method) a /p 5:GET /"), to: (start + chunks).utf8)
        }
    }

    @Test("the content of HEAD is received and dropped", .rfc("9112-6-01", "9112-6.1-01"))
    func head() async throws {
        try await withServer(shownRequest) { server in
            for framing in ["Content-Length: 3\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"] {
                let answer = String(ok("HEAD a / 3:abc").dropLast("HEAD a / 3:abc".count))
                try server.expect(answer, to: "HEAD / HTTP/1.1\r\nHost: a\r\n\(framing)".utf8)
            }
        }
    }

    @Test(
        "a Content-Length that is not one number of digits is refused",
        .rfc("9112-6.2-02", "9112-6.3-07", "9112-6.3-08", "9112-11.2-01"),
        arguments: [
            ("+5", .invalidContentLength), ("-5", .invalidContentLength), ("0x5", .invalidContentLength),
            ("5 5", .invalidContentLength), ("5.0", .invalidContentLength), ("5e0", .invalidContentLength),
            ("", .invalidContentLength), ("5, 5", .invalidContentLength), ("5,5", .invalidContentLength),
            ("5, 6", .invalidContentLength), ("5;", .invalidContentLength), ("\"5\"", .invalidContentLength),
            ("5_0", .invalidContentLength), ("٥", .invalidContentLength), ("five", .invalidContentLength),
            ("99999999999999999999", .contentLengthTooLarge), ("9223372036854775808", .contentLengthTooLarge),
            ("18446744073709551621", .contentLengthTooLarge),
        ] as [(String, RequestError)]
    )
    func contentLength(value: String, error: RequestError) async throws {
        try await withServer(shownRequest) { server in
            let request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(value)\r\n\r\nhello"
            try server.expectRefusal(error, to: request.utf8)
        }
    }

    @Test(
        "a second Content-Length is refused, equal or not",
        .rfc("9112-6.3-07", "9112-6.3-08", "9112-11.2-01"),
        arguments: ["5", "05", "6", "0"]
    )
    func secondContentLength(other: String) async throws {
        try await withServer(shownRequest) { server in
            let request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: \(other)\r\n\r\nhello"
            try server.expectRefusal(.repeatedContentLength, to: request.utf8)
        }
    }

    @Test("leading zeros and white space around a length are fine", .rfc("9112-6.2-02"), arguments: ["005", " \t5 \t"])
    func lengthAsWritten(value: String) async throws {
        try await withServer(shownRequest) { server in
            let request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\(value)\r\n\r\nhello"
            try server.expect(ok("POST a / 5:hello"), to: request.utf8)
        }
    }

    @Test(
        "Content-Length with Transfer-Encoding is answered and the connection closed, whichever comes first",
        .rfc("9112-6.1-12", "9112-6.1-13", "9112-6.3-02", "9112-11.2-01"),
        arguments: [
            "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5",
            "Content-Length: 0\r\nTransfer-Encoding: chunked", "Transfer-Encoding: gzip\r\nContent-Length: 5",
            "Transfer-Encoding:\r\nContent-Length: 5",
        ]
    )
    func both(fields: String) async throws {
        try await withServer(shownRequest) { server in
            let request = "POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n0\r\n\r\n"
            try server.expectRefusal(.contentLengthWithTransferEncoding, to: request.utf8)
        }
    }

    @Test(
        "Transfer-Encoding in HTTP/1.0 is refused and the connection closed, also where it should stay",
        .rfc("9112-6.1-14", "9112-11.2-01"),
        arguments: ["", "Connection: keep-alive\r\n", "Content-Length: 5\r\n"]
    )
    func http10(field: String) async throws {
        try await withServer(shownRequest) { server in
            let request = "POST / HTTP/1.0\r\nHost: a\r\n\(field)Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            try server.expectRefusal(.transferEncodingInHTTP10, to: request.utf8)
        }
    }

    @Test(
        "a Transfer-Encoding other than chunked alone is refused",
        .rfc("9112-6.3-06", "9112-6.1-09", "9112-7.1-03", "9112-7.2-01", "9112-11.2-01", "9112-6.1-02"),
        arguments: [
            ("gzip", 400, .chunkedNotLast), ("identity", 400, .chunkedNotLast), ("", 400, .chunkedNotLast),
            ("chunked, gzip", 400, .chunkedNotLast), ("chunked, identity", 400, .chunkedNotLast),
            ("chunked\r\nTransfer-Encoding: gzip", 400, .chunkedNotLast), ("xchunked", 400, .chunkedNotLast),
            ("chunkedx", 400, .chunkedNotLast), ("chunked, chunked", 400, .repeatedChunked),
            ("chunked\r\nTransfer-Encoding: chunked", 400, .repeatedChunked),
            ("chunked;q=1", 400, .chunkedWithParameters), ("chunked;a", 400, .chunkedWithParameters),
            ("chunked ;a=b", 400, .chunkedWithParameters), ("\"chunked\"", 400, .invalidTransferEncoding),
            ("chunked foo", 400, .invalidTransferEncoding), ("chu nked", 400, .invalidTransferEncoding),
            ("\tchunked\t,", 400, .invalidTransferEncoding), ("gzip,\tchunked", 400, .invalidTransferEncoding),
            ("{chunked}", 400, .invalidTransferEncoding), ("chunked\u{B}", 400, .controlCharacter),
            ("foo, chunked", 501, .unsupportedTransferCoding), ("gzip, chunked", 501, .unsupportedTransferCoding),
            ("identity, chunked", 501, .unsupportedTransferCoding),
            ("gzip;level=9, chunked", 501, .unsupportedTransferCoding),
            ("deflate;a=\"b\", chunked", 501, .unsupportedTransferCoding),
            ("gzip\r\nTransfer-Encoding: chunked", 501, .unsupportedTransferCoding),
        ] as [(String, Int, RequestError)]
    )
    func transferCoding(value: String, status: Int, error: RequestError) async throws {
        try await withServer(shownRequest) { server in
            let request = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \(value)\r\n\r\n0\r\n\r\n"
            try server.expectRefusal(error, status: status, to: request.utf8)
        }
    }

    @Test(
        "chunked in any case, with the empty list elements that lists may have",
        .rfc("9112-7-01"),
        arguments: ["chunked", "Chunked", "CHUNKED", "chunked,", ", chunked ,,", "  chunked  "]
    )
    func chunkedInAnyCase(value: String) async throws {
        try await withServer(shownRequest) { server in
            let request = "POST / HTTP/1.1\r\nHost: a\r\ntRANSFER-eNCODING: \(value)\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
            try server.expect(ok("POST a / 2:hi"), to: request.utf8)
        }
    }

    @Test(
        "content that the client cuts short never looks complete to a handler, and the connection closes",
        .rfc("9112-6.3-10", "9112-8-01", "9112-8-02"),
        arguments: [
            "Content-Length: 10\r\n\r\nabc", "Content-Length: 1\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n3", "Transfer-Encoding: chunked\r\n\r\n3\r\nab",
            "Transfer-Encoding: chunked\r\n\r\n3\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
            "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
            "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n",
        ]
    )
    func cutShort(rest: String) async throws {
        let complete = Record<String>()
        let handler = Waiting { request in
            let content = try await request.body.collect(upTo: 100)
            complete.append(String(decoding: content, as: UTF8.self))
            return .text("complete")
        }
        try await withServer(handler) { server in
            let request = Array("POST / HTTP/1.1\r\nHost: a\r\n\(rest)".utf8)
            for start in [[], Array(get().utf8)] {
                let socket = try server.connect()
                try socket.send(start + request)
                socket.finishSending()
                let expected = refusal("400 Bad Request", "The connection ended before the content did.")
                try #expect(masked(socket.receiveAll()) == (start.isEmpty ? "" : ok("complete")) + expected)
            }
            #expect(complete.all == [""])
        }
    }

    @Test("content that stops is answered 408 and the connection closed", .rfc("9112-6.3-10", "9112-8-01", "9112-8-02"))
    func stops() async throws {
        try await withServer(shownRequest, configure: { $0.limits.bodyIdleTimeout = .milliseconds(50) }) { server in
            let answer = try server.answer(to: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
            #expect(answer == refusal("408 Request Timeout", "The content of the request stopped arriving."))
        }
    }
}
