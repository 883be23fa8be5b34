import MartletFiles
import TestSupport
import Testing

@Suite("Conditional requests for files")
struct ConditionalTests {
    static let time = 1_767_323_045
    static let same = "Fri, 02 Jan 2026 03:04:05 GMT"
    static let before = "Fri, 02 Jan 2026 03:04:04 GMT"
    static let after = "Fri, 02 Jan 2026 03:04:06 GMT"

    /// "TAG" is the file's, "SAME" when it was changed, "BEFORE" and "AFTER" a second away from that.
    static let cases: [([String], Int)] = [
        // If-Match: strong comparison.
        (["If-Match: TAG"], 200),
        (["If-Match: *"], 200),
        (["If-Match: \"x\", TAG"], 200),
        (["If-Match: \"x\"", "If-Match: TAG"], 200),
        (["If-Match: \"x\""], 412),
        (["If-Match: W/TAG"], 412),
        (["If-Match: x"], 412),
        // If-Unmodified-Since: only without If-Match.
        (["If-Unmodified-Since: SAME"], 200),
        (["If-Unmodified-Since: AFTER"], 200),
        (["If-Unmodified-Since: BEFORE"], 412),
        (["If-Unmodified-Since: Friday, 02-Jan-26 03:04:04 GMT"], 412),
        (["If-Unmodified-Since: Fri Jan  2 03:04:04 2026"], 412),
        (["If-Unmodified-Since: yesterday"], 200),
        (["If-Match: TAG", "If-Unmodified-Since: BEFORE"], 200),
        (["If-Match: \"x\"", "If-Unmodified-Since: AFTER"], 412),
        // If-None-Match: weak comparison.
        (["If-None-Match: TAG"], 304),
        (["If-None-Match: W/TAG"], 304),
        (["If-None-Match: \"x\", W/TAG"], 304),
        (["If-None-Match: *"], 304),
        (["If-None-Match: \"x\""], 200),
        // If-Modified-Since: only without If-None-Match.
        (["If-Modified-Since: SAME"], 304),
        (["If-Modified-Since: AFTER"], 304),
        (["If-Modified-Since: BEFORE"], 200),
        (["If-Modified-Since: yesterday"], 200),
        (["If-Modified-Since: SAME", "If-Modified-Since: SAME"], 200),
        (["If-None-Match: \"x\"", "If-Modified-Since: SAME"], 200),
        (["If-None-Match: TAG", "If-Modified-Since: BEFORE"], 304),
        // The first group comes before the second, and both before Range.
        (["If-None-Match: TAG", "If-Match: \"x\""], 412),
        (["If-None-Match: TAG", "If-Match: TAG"], 304),
        (["If-Modified-Since: SAME", "If-Unmodified-Since: BEFORE"], 412),
        (["Range: bytes=2-4", "If-None-Match: TAG"], 304),
        (["Range: bytes=2-4", "If-Match: \"x\""], 412),
        (["Range: bytes=2-4", "If-Match: TAG"], 206),
        (["Range: bytes=99-", "If-None-Match: TAG"], 304),
        (["Range: bytes=99-", "If-Match: TAG"], 416),
        // If-Range.
        (["Range: bytes=2-4", "If-Range: TAG"], 206),
        (["Range: bytes=2-4", "If-Range: W/TAG"], 200),
        (["Range: bytes=2-4", "If-Range: \"x\""], 200),
        (["Range: bytes=2-4", "If-Range: TAG, TAG"], 200),
        (["Range: bytes=2-4", "If-Range: SAME"], 206),
        (["Range: bytes=2-4", "If-Range: BEFORE"], 200),
        (["Range: bytes=2-4", "If-Range: AFTER"], 200),
        (["Range: bytes=2-4", "If-Range: yesterday"], 200),
        (["Range: bytes=99-", "If-Range: \"x\""], 200),
        (["If-Range: \"x\""], 200),
        (["Range: bytes=2-4", "If-Range: TAG", "If-None-Match: TAG"], 304),
    ]

    private func answer(_ method: String, _ fields: [String]) throws -> (WireAnswer, tag: String) {
        let folder = try TemporaryDirectory()
        try folder.write("a.txt", "0123456789")
        try folder.setModified("a.txt", Self.time)
        let server = try FileServer(folder)
        let tag = try #require(try server.head("/a.txt")["ETag"])
        let words = ["TAG": tag, "SAME": Self.same, "BEFORE": Self.before, "AFTER": Self.after]
        let spelled = fields.map { field in
            words.reduce(field) { text, word in
                text.split(separator: word.key, omittingEmptySubsequences: false).joined(separator: word.value)
            }
        }
        return (try server.ask(method, "/a.txt", spelled), tag)
    }

    @Test(
        "each precondition, and which of them decides (RFC 9110 §13.2.2)",
        .rfc(
            "9110-13.1.1-01",
            "9110-13.1.1-04",
            "9110-13.1.1-06",
            "9110-13.1.2-01",
            "9110-13.1.2-04",
            "9110-13.1.2-06",
            "9110-13.1.3-01",
            "9110-13.1.3-02",
            "9110-13.1.3-06",
            "9110-13.1.3-07",
            "9110-13.1.3-08",
            "9110-13.1.4-01",
            "9110-13.1.4-02",
            "9110-13.1.4-06",
            "9110-13.1.4-08",
            "9110-13.1.5-01",
            "9110-13.1.5-03",
            "9110-13.1.5-04",
            "9110-13.1.5-06",
            "9110-13.1.5-07",
            "9110-13.1.5-08",
            "9110-13.1.5-09",
            "9110-13.2.2-01",
            "9110-13.2.2-02",
            "9110-13.2.2-03",
            "9110-13.2.2-04",
            "9110-13.2.2-05",
            "9110-13.2.2-06",
            "9110-14.2-06"
        ),
        arguments: cases
    )
    func conditions(fields: [String], status: Int) throws {
        let (answer, tag) = try answer("GET", fields)
        #expect(answer.status == status)
        switch status {
        case 200: #expect(answer.text == "0123456789")
        case 206: #expect(answer.text == "234")
        case 304: #expect(answer.content.isEmpty)
        default: #expect(!answer.text.contains("0123"))
        }
        if status < 400 { #expect(answer["ETag"] == tag) }
        // To HEAD the same, but that it knows no ranges.
        let head = try self.answer("HEAD", fields).0
        #expect(head.status == (status == 206 || status == 416 ? 200 : status))
        #expect(head.content.isEmpty)
    }

    @Test(
        "a 304 has what a cache needs and nothing of the content",
        .rfc("9110-15.4.5-01", "9110-15.4.5-02", "9110-15.4.5-03", "9110-13.1.3-09", "9110-8.6-03")
    )
    func notModified() throws {
        let (answer, tag) = try answer("GET", ["If-None-Match: TAG"])
        #expect(
            answer.head(masking: ["Date"]) == """
                HTTP/1.1 304 Not Modified
                Date: *
                Server: Martlet
                ETag: \(tag)
                Cache-Control: no-cache
                Vary: Accept-Encoding
                Connection: close
                """
        )
    }

    @Test("an If-Range date is too weak while the file may still change within the second", .rfc("9110-13.1.5-05"))
    func freshDate() throws {
        let folder = try TemporaryDirectory()
        try folder.write("a.txt", "0123456789")
        // The future is told as now: a date that can never be a strong validator.
        try folder.setModified("a.txt", 4_000_000_000)
        let server = try FileServer(folder)
        let date = try #require(try server.get("/a.txt")["Last-Modified"])
        #expect(try server.get("/a.txt", "Range: bytes=2-4", "If-Range: \(date)").status == 200)
    }

    @Test(
        "conditions mean nothing where there is no file, or no file is asked for",
        .rfc("9110-13.2.1-01", "9110-13.2.1-02", "9110-13.2.1-05")
    )
    func elsewhere() throws {
        let server = try FileServer(["a.txt": "a", "dir/b.txt": "b"])
        #expect(try server.get("/nosuch", "If-Match: *").status == 404)
        #expect(try server.get("/nosuch", "If-None-Match: *").status == 404)
        #expect(try server.get("/dir", "If-Match: \"x\"").status == 301)
        #expect(try server.ask("OPTIONS", "/a.txt", ["If-Match: \"x\""]).status == 204)
        #expect(try server.ask("DELETE", "/a.txt", ["If-Match: \"x\""]).status == 405)
    }
}
