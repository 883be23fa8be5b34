import MartletWire
import TestSupport
import Testing

@Suite("chunked encoder")
struct ChunkedEncoderTests {
    static func text(_ write: (inout [UInt8]) -> Void) -> String {
        var output = Array("|".utf8)
        write(&output)
        return String(decoding: output.dropFirst(), as: UTF8.self)
    }

    @Test(
        "a chunk is its size in hexadecimal, CRLF, its data, CRLF",
        .rfc("9112-7.1-06"),
        arguments: [
            ("x", "1\r\nx\r\n"), ("0123456789", "a\r\n0123456789\r\n"), ("\r\n", "2\r\n\r\n\r\n"),
            // 9112-7.1-06: an empty chunk would be the end.
            ("", ""),
        ]
    )
    func chunk(data: String, encoded: String) {
        #expect(Self.text { ChunkedEncoder.appendChunk(data.utf8.span, to: &$0) } == encoded)
        #expect(Self.text { ChunkedEncoder.appendChunk(Array(data.utf8), to: &$0) } == encoded)
        #expect(Self.text { ChunkedEncoder.appendChunk(Array(data.utf8)[...], to: &$0) } == encoded)
    }

    @Test(
        "the header of a chunk that is sent by other means",
        arguments: [
            (1, "1\r\n"), (16, "10\r\n"), (65_536, "10000\r\n"), (Int.max, "7fffffffffffffff\r\n"), (0, ""), (-1, ""),
        ]
    )
    func header(size: Int, line: String) {
        #expect(Self.text { ChunkedEncoder.appendChunkHeader(size: size, to: &$0) } == line)
        #expect(Self.text { ChunkedEncoder.appendChunkEnd(to: &$0) } == "\r\n")
    }

    @Test("the end is a zero chunk and an empty line", .rfc("9112-7.1-06"))
    func end() {
        #expect(Self.text { ChunkedEncoder.appendEnd(to: &$0) } == "0\r\n\r\n")
        #expect(Self.text { ChunkedEncoder.appendEnd(trailers: [], to: &$0) } == "0\r\n\r\n")
    }

    @Test("trailers come before the empty line, and none can end its own line")
    func trailers() {
        let trailers = [("Digest", "abc"), ("X", "a\r\nEvil: 1\u{0}"), ("Bad Name", "x"), ("", "x"), ("Evil\r\n", "x")]
        let text = Self.text { output in
            ChunkedEncoder.appendEnd(trailers: trailers.map { (name: $0.0, value: $0.1) }, to: &output)
        }
        #expect(text == "0\r\nDigest: abc\r\nX: a  Evil: 1 \r\n\r\n")
    }
}
