import Martlet
import MartletReactor

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
            let head = """
                \(parts.isEmpty ? "" : "\r\n")--\(boundary)\r
                Content-Type: \(type)\r
                Content-Range: \(Self.contentRange(range, of: file.size))\r
                \r

                """
            parts.append(.bytes(Array(head.utf8)))
            parts.append(.file(file, range))
        }
        parts.append(.bytes(Array("\r\n--\(boundary)--\r\n".utf8)))
        body = .parts(parts)
    }

    /// The value of `Content-Range` for a range that is not empty (RFC 9110 §14.4).
    static func contentRange(_ range: Range<Int>, of size: Int) -> String {
        "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
    }
}
