import MartletFiles
import TestSupport
import Testing

/// A server whose `/a.txt` has ten octets and is from 2026.
///
/// In requests and answers TAG is the file's tag, SAME when it was changed, BEFORE and AFTER a second away from that.
struct TenDigits {
    let server: FileServer
    private let words: [(word: String, value: String)]

    init() throws {
        let folder = try TemporaryDirectory()
        try folder.write("a.txt", "0123456789")
        try folder.setModified("a.txt", 1_767_323_045)
        server = try FileServer(folder)
        words = [
            ("TAG", try #require(try server.head("/a.txt")["ETag"])),
            ("SAME", "Fri, 02 Jan 2026 03:04:05 GMT"),
            ("BEFORE", "Fri, 02 Jan 2026 03:04:04 GMT"),
            ("AFTER", "Fri, 02 Jan 2026 03:04:06 GMT"),
        ]
    }

    /// Sends a request in every way and compares the answer, octet for octet.
    func check(
        _ method: String,
        _ fields: [String],
        _ expected: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let lines = fields.map { $0 + "\r\n" }.joined()
        let ways = try EveryWay(
            spelled("\(method) /a.txt HTTP/1.1\r\nHost: a\r\n\(lines)\r\n").utf8,
            at: server.address
        )
        #expect(ways.answer == spelled(expected), sourceLocation: sourceLocation)
        #expect(ways.difference == nil, sourceLocation: sourceLocation)
        #expect(!ways.closes, sourceLocation: sourceLocation)
    }

    private func spelled(_ text: String) -> String {
        words.reduce(text) { text, word in
            text.split(separator: word.word, omittingEmptySubsequences: false).joined(separator: word.value)
        }
    }

    // MARK: Answers

    private static let metadata = """
        Date: *\r
        Server: Martlet\r
        Last-Modified: SAME\r
        ETag: TAG\r
        Cache-Control: no-cache\r
        Vary: Accept-Encoding\r

        """

    private static let type = """
        Content-Type: text/plain; charset=utf-8\r
        X-Content-Type-Options: nosniff\r
        Accept-Ranges: bytes\r

        """

    static let wholeHead = "HTTP/1.1 200 OK\r\n\(metadata)\(type)Content-Length: 10\r\n\r\n"
    static let whole = wholeHead + "0123456789"
    /// Without Last-Modified, which a client that has the tag does not need (RFC 9110 §15.4.5).
    static let notModified =
        "HTTP/1.1 304 Not Modified\r\n" + metadata.replacing("Last-Modified: SAME\r\n", with: "") + "\r\n"
    static let failed = error(
        "412 Precondition Failed",
        "The file is not, or no longer, what the request supposes."
    )
    static let outside = error("416 Range Not Satisfiable", "The file has 10 octets.", "Content-Range: bytes */10\r\n")

    static func part(_ range: ClosedRange<Int>) -> String {
        "HTTP/1.1 206 Partial Content\r\n\(metadata)\(type)"
            + "Content-Range: bytes \(range.lowerBound)-\(range.upperBound)/10\r\n"
            + "Content-Length: \(range.count)\r\n\r\n" + range.map { "\($0)" }.joined()
    }

    static func error(_ status: String, _ detail: String, _ fields: String = "") -> String {
        let text = "\(status)\n\(detail)\n"
        return "HTTP/1.1 \(status)\r\nDate: *\r\nServer: Martlet\r\nContent-Type: text/plain; charset=utf-8\r\n"
            + "\(fields)Vary: Accept\r\nCache-Control: no-store\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)"
    }

    /// An answer to HEAD: without the content.
    static func head(_ answer: String) -> String {
        (answer.split(separator: "\r\n\r\n", maxSplits: 1).first.map(String.init) ?? "") + "\r\n\r\n"
    }
}
