import HTTPTypes
import MartletWire
import TestSupport
import Testing

@Suite("multipart content")
struct MultipartDecoderTests {
    /// What decoding came to: for each part its head, a line each, and its content.
    private struct Outcome: Equatable {
        var parts: [String] = []
        var isComplete = false
        var error: FormError?
    }

    /// Decodes `bytes` in pieces of these sizes, each of which is gone before the next one comes.
    private func decode(_ bytes: [UInt8], pieces: [Int], boundary: String, limits: MultipartDecoder.Limits) -> Outcome {
        var outcome = Outcome()
        guard var decoder = MultipartDecoder(boundary: boundary, limits: limits) else { return outcome }
        var content: [UInt8] = []
        var start = 0
        for size in pieces {
            let piece = Array(bytes[start..<start + size])
            start += size
            var offset = 0
            steps: while true {
                do {
                    switch try decoder.next(bytes: piece, offset: &offset) {
                    case .needsInput:
                        #expect(offset == piece.count)
                        break steps
                    case .part:
                        outcome.parts.append(decoder.fields.map { "\($0.name): \($0.value)\n" }.joined())
                        content = []
                    case .data(let range):
                        #expect(!range.isEmpty && range.upperBound <= offset)
                        content += piece[range]
                    case .held(let octets):
                        #expect(!octets.isEmpty && octets.count <= 73)
                        content += octets
                    case .partEnd:
                        outcome.parts[outcome.parts.count - 1] += String(decoding: content, as: UTF8.self)
                    case .end:
                        outcome.isComplete = true
                        return outcome
                    }
                } catch {
                    outcome.error = error
                    #expect(throws: error) { try decoder.next(bytes: piece, offset: &offset) }
                    return outcome
                }
            }
        }
        return outcome
    }

    /// Decodes whole, cut at every place and octet by octet, and expects one outcome of all.
    private func decode(
        _ text: String,
        boundary: String = "b",
        limits: MultipartDecoder.Limits = MultipartDecoder.Limits(),
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> Outcome {
        let bytes = Array(text.utf8)
        let whole = decode(bytes, pieces: [bytes.count], boundary: boundary, limits: limits)
        for cut in bytes.indices {
            let cutOutcome = decode(bytes, pieces: [cut, bytes.count - cut], boundary: boundary, limits: limits)
            if cutOutcome != whole {
                Issue.record("cut at \(cut): \(cutOutcome) instead of \(whole)", sourceLocation: sourceLocation)
            }
        }
        let octets = decode(bytes, pieces: bytes.map { _ in 1 }, boundary: boundary, limits: limits)
        #expect(octets == whole, sourceLocation: sourceLocation)
        return whole
    }

    @Test(
        "parts come with their heads and content",
        .rfc("7578-4.1-01"),
        arguments: [
            ("--b\r\nA: 1\r\n\r\nx\r\n--b--\r\n", ["A: 1\nx"]),
            ("--b\r\nA: 1\r\n\r\nx\r\n--b--", ["A: 1\nx"]),
            ("--b\r\nA: 1\r\nB:2 \r\n\r\nx\r\n--b\r\nC: 3\r\n\r\ny\r\n--b--\r\n", ["A: 1\nB: 2\nx", "C: 3\ny"]),
            // Preamble and epilogue are dropped, whatever they hold.
            ("pre\r\n--amble\r\n--b\r\nA: 1\r\n\r\nx\r\n--b--\r\nepilogue\r\n--b\r\n", ["A: 1\nx"]),
            ("--b--", []), ("\r\n--b--", []),
            // Without a head, without content, and with the empty line's CRLF as that of the boundary.
            ("--b\r\n\r\nx\r\n--b--", ["x"]),
            ("--b\r\nA: 1\r\n\r\n\r\n--b--", ["A: 1\n"]),
            ("--b\r\nA: 1\r\n\r\n--b--", ["A: 1\n"]),
            ("--b\r\n\r\n--b\r\n\r\n\r\n--b--", ["", ""]),
            // White space behind the boundary.
            ("--b \t\r\nA: 1\r\n\r\nx\r\n--b \r\n\r\ny\r\n--b--", ["A: 1\nx", "y"]),
            // What only begins as a boundary does is content.
            ("--b\r\n\r\n\r\r\n-\r\n--\r\n--c\n--b--b\r\r\n--b--", ["\r\r\n-\r\n--\r\n--c\n--b--b\r"]),
            ("--b\r\n\r\n--cc\r\n--b--", ["--cc"]), ("--b\r\n\r\n-\r\n--b--", ["-"]),
        ] as [(String, [String])]
    )
    func parts(text: String, parts: [String]) {
        #expect(decode(text) == Outcome(parts: parts, isComplete: true))
    }

    @Test("a part is not told to be whole before the line that ends it is")
    func partEnd() throws {
        var decoder = try #require(MultipartDecoder(boundary: "b"))
        let bytes = Array("--b\r\n\r\nx\r\n--b".utf8)
        var offset = 0
        #expect(try decoder.next(bytes: bytes, offset: &offset) == .part)
        #expect(try decoder.next(bytes: bytes, offset: &offset) == .data(7..<8))
        #expect(try decoder.next(bytes: bytes, offset: &offset) == .needsInput)
        offset = 0
        #expect(throws: FormError.invalidDelimiter) { try decoder.next(bytes: Array("x".utf8), offset: &offset) }
    }

    @Test("a long boundary is found wherever it is, after much that resembles it")
    func longBoundary() {
        let boundary = String(repeating: "a", count: 69) + "b"
        let near = "\r\n--" + String(repeating: "a", count: 69)
        let content = near + "c" + near + String(repeating: "a", count: 200) + "\r\n--\r" + near
        let text = "--\(boundary)\r\n\r\n\(content)\r\n--\(boundary)--"
        #expect(decode(text, boundary: boundary) == Outcome(parts: [content], isComplete: true))
    }

    @Test("every octet passes through as it is")
    func binary() throws {
        let content = (0..<2000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 / 256) }
        let bytes = Array("--b\r\n\r\n".utf8) + content + Array("\r\n--b--".utf8)
        var decoder = try #require(MultipartDecoder(boundary: "b"))
        var offset = 0
        #expect(try decoder.next(bytes: bytes, offset: &offset) == .part)
        #expect(try decoder.next(bytes: bytes, offset: &offset) == .data(7..<7 + content.count))
        #expect(try decoder.next(bytes: bytes, offset: &offset) == .partEnd)
        #expect(try decoder.next(bytes: bytes, offset: &offset) == .end)
    }

    @Test(
        "content that breaks off is never complete",
        arguments: [
            "", "--", "--b", "--b\r", "--b\r\nA", "--b\r\n\r\nx", "--b\r\n\r\nx\r\n--b", "--b\r\n\r\nx\r\n--b-",
        ]
    )
    func cut(text: String) {
        let outcome = decode(text)
        #expect(!outcome.isComplete && outcome.error == nil)
    }

    @Test(
        "what is malformed is refused",
        arguments: [
            ("--bc\r\n\r\nx", .invalidDelimiter),
            ("--b\n\r\nx", .invalidDelimiter),
            ("--b\r\r\n", .invalidDelimiter),
            ("--b x\r\n", .invalidDelimiter),
            ("--b-\r\n", .invalidDelimiter),
            ("--b\r\n\r\nx\r\n--b2\r\n", .invalidDelimiter),
            ("--b\r\nA: 1\n\r\n", .invalidPartHead(.bareLineFeed)),
            ("--b\r\nA: 1\rB\r\n", .invalidPartHead(.bareCarriageReturn)),
            ("--b\r\nA: \u{0}\r\n", .invalidPartHead(.controlCharacter)),
            ("--b\r\nA\r\n", .invalidPartHead(.missingColon)),
            ("--b\r\nA : 1\r\n", .invalidPartHead(.whitespaceBeforeColon)),
            ("--b\r\nA: 1\r\n B\r\n", .invalidPartHead(.foldedLine)),
            ("--b\r\n: 1\r\n", .invalidPartHead(.emptyFieldName)),
        ] as [(String, FormError)]
    )
    func refuse(text: String, error: FormError) {
        #expect(decode(text).error == error)
    }

    @Test(
        "nothing passes its limit",
        arguments: [
            ("--b\r\n\r\n1\r\n--b\r\n\r\n2\r\n--b--", nil),
            ("--b\r\n\r\n1\r\n--b\r\n\r\n2\r\n--b\r\n\r\n3", .tooManyParts),
            ("--b\r\nA: 1\r\nB: 2\r\n\r\n\r\n--b--", nil),
            ("--b\r\nA: 1\r\nB: 2\r\nC:\r\n\r\n\r\n--b--", .partHeadTooLarge),
            ("--b\r\nA: 3456789012345\r\n\r\n\r\n--b--", nil),
            ("--b\r\nA: 34567890123456\r\n\r\n\r\n--b--", .partHeadTooLarge),
            ("--b" + String(repeating: " ", count: 20) + "\r\n\r\n\r\n--b--", nil),
            ("--b" + String(repeating: " ", count: 21) + "\r\n\r\n\r\n--b--", .partHeadTooLarge),
        ] as [(String, FormError?)]
    )
    func limits(text: String, error: FormError?) {
        let outcome = decode(text, limits: MultipartDecoder.Limits(parts: 2, head: 20, fieldCount: 2))
        #expect(outcome.error == error)
        #expect(outcome.isComplete == (error == nil))
    }

    @Test("a boundary is 1 to 70 octets that RFC 2046 allows")
    func boundaries() {
        for boundary in [
            "b", "----WebKitFormBoundary7MA4YWxkTrZu0gW", "a b", "'()+_,-./:=?", String(repeating: "b", count: 70),
        ] {
            #expect(MultipartDecoder(boundary: boundary) != nil, "\(boundary)")
        }
        for boundary in ["", "b ", "b\r\n", "b\"", "b;", "ü", String(repeating: "b", count: 71)] {
            #expect(MultipartDecoder(boundary: boundary) == nil, "\(boundary)")
        }
    }

    @Test("each error has a status and says what to do")
    func errors() {
        #expect(FormError.tooManyParts.status.code == 413)
        #expect(FormError.invalidDelimiter.status.code == 400)
        #expect(FormError.missingEnd.description == "400: The form ends before its closing boundary.")
    }
}
