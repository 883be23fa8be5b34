import Martlet
import MartletReactor
import MartletWire

/// Several ranges of a file as one `multipart/byteranges` content (RFC 9110 §14.6).
struct MultipartRanges {
    let contentType: String
    let body: Response.Body

    /// - Parameter type: of the file; each part says it again.
    init(file: OpenFile, ranges: [Range<Int>], type: String) {
        // 128 random bits: the file cannot contain it but by a chance that does not come.
        var generator = SystemRandomNumberGenerator()
        let boundary = [generator.next(), generator.next()].map { String($0, radix: 36) }.joined()
        contentType = "multipart/byteranges; boundary=\(boundary)"
        var parts: [Response.Part] = []
        for range in ranges {
            let start = parts.isEmpty ? "" : "\r\n"
            var head = Array("\(start)--\(boundary)\r\nContent-Type: \(type)\r\nContent-Range: ".utf8)
            Self.appendContentRange(range, of: file.size, to: &head)
            head.append("\r\n\r\n")
            parts.append(.bytes(head))
            parts.append(.file(file, range))
        }
        parts.append(.bytes(Array("\r\n--\(boundary)--\r\n".utf8)))
        body = .parts(parts)
    }

    /// Appends the value of `Content-Range` for a range that is not empty (RFC 9110 §14.4).
    static func appendContentRange(_ range: Range<Int>, of size: Int, to output: inout [UInt8]) {
        output.append("bytes ")
        appendDecimal(range.lowerBound, to: &output)
        output.append(UInt8(ascii: "-"))
        appendDecimal(range.upperBound - 1, to: &output)
        output.append(UInt8(ascii: "/"))
        appendDecimal(size, to: &output)
    }
}
