import HTTPTypes
import MartletWire
import TestSupport
import Testing

@Suite struct ChunkedDecoderTests {
    /// What decoding came to.
    struct Outcome: Equatable {
        var data: [UInt8] = []
        var trailers: [String] = []
        /// How many octets the content took, if it ended.
        var octets: Int?
        var error: RequestError?
        var text: String { String(decoding: data, as: UTF8.self) }
    }

    /// Decodes `bytes` in pieces of these sizes, each of which is gone before the next one comes.
    private func decode(_ bytes: [UInt8], pieces: [Int], limits: ChunkedDecoder.Limits) -> Outcome {
        var decoder = ChunkedDecoder(limits: limits)
        var outcome = Outcome()
        var start = 0
        for size in pieces {
            let piece = Array(bytes[start..<start + size])
            var offset = 0
            do {
                steps: while true {
                    switch try decoder.next(bytes: piece, offset: &offset) {
                    case .needsInput:
                        #expect(offset == piece.count)
                        break steps
                    case .data(let range):
                        #expect(!range.isEmpty && range.upperBound == offset)
                        outcome.data += piece[range]
                    case .end:
                        outcome.octets = start + offset
                        outcome.trailers = decoder.trailers.map { "\($0.name): \($0.value)" }
                        let before = offset
                        #expect(try decoder.next(bytes: piece, offset: &offset) == .end)
                        #expect(offset == before)
                        return outcome
                    }
                }
            } catch {
                outcome.error = error
                #expect(throws: error) { try decoder.next(bytes: piece, offset: &offset) }
                return outcome
            }
            start += size
        }
        return outcome
    }

    /// Decodes whole, cut at every place, octet by octet, and with a request behind, and expects one outcome of all.
    private func decode(
        _ bytes: [UInt8],
        limits: ChunkedDecoder.Limits = ChunkedDecoder.Limits(),
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> Outcome {
        let whole = decode(bytes, pieces: [bytes.count], limits: limits)
        for cut in bytes.indices where decode(bytes, pieces: [cut, bytes.count - cut], limits: limits) != whole {
            Issue.record("another outcome when cut at \(cut)", sourceLocation: sourceLocation)
            break
        }
        let single = decode(bytes, pieces: bytes.map { _ in 1 }, limits: limits)
        #expect(single == whole, "octet by octet", sourceLocation: sourceLocation)
        if whole.octets != nil || whole.error != nil {
            let pipelined = bytes + "GET / HTTP/1.1\r\n".utf8
            let next = decode(pipelined, pieces: [pipelined.count], limits: limits)
            #expect(next == whole, "with a request behind", sourceLocation: sourceLocation)
        }
        return whole
    }

    private func decode(
        _ text: String,
        limits: ChunkedDecoder.Limits = ChunkedDecoder.Limits(),
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> Outcome {
        decode(Array(text.utf8), limits: limits, sourceLocation: sourceLocation)
    }

    @Test(
        "chunks of any size",
        .rfc("9112-7.1-01", "9112-6.3-04"),
        arguments: [
            ("0\r\n\r\n", ""), ("5\r\nhello\r\n0\r\n\r\n", "hello"), ("1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "abc"),
            ("00005\r\nhello\r\n000\r\n\r\n", "hello"), ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
            ("a\r\n0123456789\r\n0\r\n\r\n", "0123456789"), ("4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"),
            ("5\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n"), ("0000000000000001\r\na\r\n0000000000000000\r\n\r\n", "a"),
        ]
    )
    func chunks(text: String, data: String) {
        let outcome = decode(text)
        #expect(outcome.text == data)
        #expect(outcome.octets == text.utf8.count)
        #expect(outcome.error == nil)
    }

    @Test("a large chunk comes as it arrives, without waiting for its end")
    func largeChunk() throws {
        var decoder = ChunkedDecoder()
        var offset = 0
        let input = Array("7fffffffffffffff\r\nabc".utf8)
        #expect(try decoder.next(bytes: input, offset: &offset) == .data(18..<21))
        #expect(try decoder.next(bytes: input, offset: &offset) == .needsInput)
        offset = 0
        #expect(try decoder.next(bytes: [1, 2], offset: &offset) == .data(0..<2))
    }

    @Test(
        "content cut short is never complete",
        .rfc("9112-8-02"),
        arguments: [
            "", "5", "5\r", "5\r\n", "5\r\nhell", "5\r\nhello", "5\r\nhello\r", "5\r\nhello\r\n", "0", "0\r\n",
            "0\r\n\r", "0\r\nA: b\r\n",
        ]
    )
    func incomplete(text: String) {
        let outcome = decode(text)
        #expect(outcome.octets == nil)
        #expect(outcome.error == nil)
    }

    @Test(
        "chunk sizes that are none are refused",
        .rfc("9112-7.1-02", "9112-7.1-04"),
        arguments: [
            ("\r\n", .invalidChunkSize), ("x\r\n", .invalidChunkSize), ("+5\r\n", .invalidChunkSize),
            ("-5\r\n", .invalidChunkSize), ("0x5\r\n", .invalidChunkSize), (" 5\r\n", .invalidChunkSize),
            ("\t5\r\n", .invalidChunkSize), ("5_0\r\n", .invalidChunkSize), ("5g\r\n", .invalidChunkSize),
            (";a\r\n", .invalidChunkSize), ("5,5\r\n", .invalidChunkSize), ("5.\r\n", .invalidChunkSize),
            ("\u{FF15}\r\n", .invalidChunkSize), ("5\0\r\n", .invalidChunkSize), ("5\n", .bareLineFeed),
            ("\n", .bareLineFeed),
            ("5\rhello", .bareCarriageReturn), ("5\r\r\n", .bareCarriageReturn), ("5 \r\n", .invalidChunkExtension),
            ("5 5\r\n", .invalidChunkExtension), ("FFFFFFFFFFFFFFFFF", .chunkTooLarge),
            ("FFFFFFFFFFFFFFFF", .chunkTooLarge), ("8000000000000000", .chunkTooLarge),
            ("00000000000000005\r\n", .chunkTooLarge), ("10000000000000005\r\n", .chunkTooLarge),
        ] as [(String, RequestError)]
    )
    func badSizes(text: String, error: RequestError) {
        #expect(decode(text).error == error)
        #expect(decode("1\r\na\r\n" + text).error == error)
        #expect(error.status == .badRequest)
    }

    @Test(
        "data is followed by just CRLF",
        .rfc("9112-7.1-05"),
        arguments: [
            "5\r\nhelloX", "5\r\nhello\n", "5\r\nhello\rX", "5\r\nhello0\r\n\r\n", "5\r\nhello \r\n", "4\r\nhello\r\n",
        ]
    )
    func dataEnd(text: String) {
        #expect(decode(text).error == .missingChunkEnd)
    }

    @Test(
        "extensions by the grammar are ignored",
        .rfc("9112-7.1.1-01", "9112-7.1.1-03", "9110-5.6.3-05"),
        arguments: [
            ";a", ";a=b", ";a=\"b\"", ";a=\"\"", ";a;b;c", " ; a = b", "\t;\ta\t=\tb", ";a=\"b;c=\\\"d\\\\\"",
            ";a=\"\t \u{E9}\"",
            ";a=b ;c", ";a ;b", ";a=\"x\" ; c=\"y\"", ";!#$=%&'",
        ]
    )
    func extensions(text: String) {
        let outcome = decode("2\(text)\r\nab\r\n0\(text)\r\n\r\n")
        #expect(outcome.text == "ab")
        #expect(outcome.error == nil)
        #expect(outcome.octets != nil)
    }

    @Test(
        "extensions against the grammar are refused",
        .rfc("9112-7.1.1-03"),
        arguments: [
            (";\r\n", .invalidChunkExtension), (";a=\r\n", .invalidChunkExtension), (";=b\r\n", .invalidChunkExtension),
            (";;a\r\n", .invalidChunkExtension), (";a;\r\n", .invalidChunkExtension),
            (";a b\r\n", .invalidChunkExtension),
            (";a=b c\r\n", .invalidChunkExtension), (";a=\"b\r\n", .invalidChunkExtension),
            (";a=\"b\"c\r\n", .invalidChunkExtension), (";a=\"b\" \r\n", .invalidChunkExtension),
            (";a=b=c\r\n", .invalidChunkExtension),
            (";a \r\n", .invalidChunkExtension), (";a=b \r\n", .invalidChunkExtension),
            (";a=\"b\\\r\n", .invalidChunkExtension),
            (";a=\"b\0\"\r\n", .invalidChunkExtension), (";a=\"\u{7F}\"\r\n", .invalidChunkExtension),
            (";a\0\r\n", .invalidChunkExtension), (";a=\"b\n\"\r\n", .bareLineFeed), (";a\n", .bareLineFeed),
            (";a\rb", .bareCarriageReturn), (";\u{E9}\r\n", .invalidChunkExtension),
            (";a=\u{E9}\r\n", .invalidChunkExtension),
        ] as [(String, RequestError)]
    )
    func badExtensions(text: String, error: RequestError) {
        #expect(decode("2\(text)").error == error)
    }

    @Test("of all octets after a size")
    func lineOctets() {
        for octet in UInt8.min...UInt8.max {
            let outcome = decode([0x30, octet], pieces: [2], limits: ChunkedDecoder.Limits())
            let expected: RequestError? =
                switch octet {
                case 0x30...0x39, 0x41...0x46, 0x61...0x66, 0x0D, 0x20, 0x09, 0x3B: nil
                case 0x0A: .bareLineFeed
                default: .invalidChunkSize
                }
            #expect(outcome.error == expected, "octet \(octet)")
        }
    }

    @Test("lines and extensions have limits", .rfc("9112-7.1.1-02"))
    func limits() {
        let limits = ChunkedDecoder.Limits(chunkLine: 10, extensions: 20)
        #expect(decode("1;abcdefgh\r\na\r\n0\r\n\r\n", limits: limits).text == "a")
        #expect(decode("1;abcdefghi\r\n", limits: limits).error == .chunkLineTooLong)
        #expect(decode("1;abcdefg\r\na\r\n1;abcdefg\r\na\r\n1;abc\r\na\r\n0\r\n\r\n", limits: limits).text == "aaa")
        #expect(
            decode("1;abcdefg\r\na\r\n1;abcdefg\r\na\r\n1;abcd\r\n", limits: limits).error == .chunkExtensionsTooLong
        )
        #expect(RequestError.chunkExtensionsTooLong.status == .badRequest)
    }

    @Test("by default a line has 4096 octets and all extensions 16 KiB")
    func defaultLimits() {
        let full = "1;" + String(repeating: "a", count: 4094) + "\r\nx\r\n"
        func outcome(_ text: String) -> Outcome {
            decode(Array(text.utf8), pieces: [text.utf8.count], limits: ChunkedDecoder.Limits())
        }
        #expect(outcome(full + "0\r\n\r\n").text == "x")
        #expect(outcome("1;" + String(repeating: "a", count: 4095) + "\r\n").error == .chunkLineTooLong)
        #expect(outcome(full + full + full + full + "0;abc\r\n\r\n").octets != nil)
        #expect(outcome(full + full + full + full + "0;abcd\r\n\r\n").error == .chunkExtensionsTooLong)
    }

    // MARK: Trailers

    @Test("trailers are kept apart, in order", .rfc("9112-7.1.2-02", "9110-6.5-01", "9112-7.1.2-01"))
    func trailers() {
        let text = "1\r\na\r\n0\r\nX-Sum:  1 \r\nserver-timing: \u{E9}\r\nX-Sum: 2\r\nE:\tf\tg\r\n\r\n"
        let outcome = decode(text)
        #expect(outcome.trailers == ["X-Sum: 1", "server-timing: \u{E9}", "X-Sum: 2", "E: f\tg"])
        #expect(outcome.octets == text.utf8.count)
    }

    @Test(
        "fields that must not be trailers are left out",
        .rfc("9110-6.5.1-03", "9112-7.1.2-03"),
        arguments: [
            "Content-Length", "transfer-encoding", "TRAILER", "TE", "Host", "Connection", "Authorization", "Cookie",
            "Set-Cookie",
            "Content-Type", "Content-Encoding", "Content-Range", "If-Match", "Range", "Expect", "Cache-Control",
            "Max-Forwards",
            "Proxy-Authorization", "X-Forwarded-For", "Forwarded", "Date", "Location", "Vary", "Upgrade",
        ]
    )
    func forbidden(name: String) {
        #expect(
            decode("0\r\nA: 1\r\n\(name): x\r\nContent-Digest: y\r\n\r\n").trailers == ["A: 1", "Content-Digest: y"]
        )
    }

    @Test(
        "trailer lines that are none are refused",
        arguments: [
            ("A : b\r\n", .whitespaceBeforeColon), (": b\r\n", .emptyFieldName), ("A\r\n", .missingColon),
            (" A: b\r\n", .foldedLine), ("A: b\r\n c\r\n", .foldedLine), ("A@: b\r\n", .invalidFieldName),
            ("A: b\n", .bareLineFeed),
            ("\n", .bareLineFeed), ("A: b\rc", .bareCarriageReturn), ("\r\r", .bareCarriageReturn),
            ("A: \0", .controlCharacter),
        ] as [(String, RequestError)]
    )
    func badTrailers(text: String, error: RequestError) {
        #expect(decode("1\r\na\r\n0\r\n" + text).error == error)
    }

    @Test("the trailer section has limits, dropped fields count", .rfc("9110-5.4-01"))
    func trailerLimits() {
        let limits = ChunkedDecoder.Limits(trailers: 13, trailerCount: 2)
        #expect(decode("0\r\nA: bcdefg\r\n\r\n", limits: limits).trailers == ["A: bcdefg"])
        #expect(decode("0\r\nA: bcdefgh\r\n\r\n", limits: limits).error == .trailersTooLarge)
        #expect(decode("0\r\nA: bcdefghijklmnopq", limits: limits).error == .trailersTooLarge)
        #expect(decode("0\r\nA:\r\nTE:\r\n\r\n", limits: limits).trailers == ["A: "])
        #expect(decode("0\r\nA:\r\nTE:\r\nB:\r\n", limits: limits).error == .tooManyTrailers)
        #expect(RequestError.trailersTooLarge.status.code == 431)
        #expect(RequestError.tooManyTrailers.status.code == 431)
    }

    @Test("a decoder is as new after reset")
    func reset() throws {
        var decoder = ChunkedDecoder()
        var offset = 0
        #expect(throws: RequestError.invalidChunkSize) { try decoder.next(bytes: "x".utf8, offset: &offset) }
        decoder.reset()
        for _ in 0..<2 {
            offset = 0
            let bytes = Array("0\r\nA: b\r\n\r\n".utf8)
            #expect(try decoder.next(bytes: bytes, offset: &offset) == .end)
            #expect(decoder.trailers.count == 1)
            decoder.reset()
            #expect(decoder.trailers.isEmpty)
        }
    }
}
