import TestSupport
import Testing

@Suite("Ranges, octet for octet (RFC 9110 §14)", .timeLimit(.patient))
struct RangesOnTheWireTests {
    private typealias Answer = TenDigits

    @Test(
        "one range of ten octets",
        .rfc(
            "9110-14.1-01",
            "9110-14.1.1-01",
            "9110-14.1.1-02",
            "9110-14.1.2-01",
            "9110-14.1.2-03",
            "9110-14.1.2-04",
            "9110-14.1.2-05",
            "9110-14.1.2-07",
            "9110-14.2-03",
            "9110-14.2-07",
            "9110-14.2-08",
            "9110-14.3-01",
            "9110-14.4-02",
            "9110-14.4-03",
            "9110-14.4-04",
            "9110-14.4-05"
        ),
        arguments: [
            ("bytes=0-0", Answer.part(0...0)), ("bytes=9-9", Answer.part(9...9)), ("bytes=2-4", Answer.part(2...4)),
            ("Bytes=2-4", Answer.part(2...4)), ("bytes=0-", Answer.part(0...9)), ("bytes=0-9", Answer.part(0...9)),
            // Suffixes and what lies past the end: a trap.
            ("bytes=5-10", Answer.part(5...9)), ("bytes=5-99999999999999999999", Answer.part(5...9)),
            ("bytes=-1", Answer.part(9...9)), ("bytes=-10", Answer.part(0...9)), ("bytes=-11", Answer.part(0...9)),
            ("bytes=-99999999999999999999", Answer.part(0...9)), ("bytes=-0", Answer.outside),
            ("bytes=10-", Answer.outside), ("bytes=10-11", Answer.outside),
            ("bytes=99999999999999999999-", Answer.outside), ("bytes=18446744073709551616-", Answer.outside),
            // One bad range-spec spoils all.
            ("bytes=4-2", Answer.whole), ("bytes=0-1, 4-2", Answer.whole), ("bytes=0-1, x", Answer.whole),
            ("bytes=", Answer.whole), ("bytes", Answer.whole), ("bytes=-", Answer.whole),
            ("lines=2-4", Answer.whole), ("bytes = 2-4", Answer.whole),
        ]
    )
    func one(range: String, answer: String) throws {
        try TenDigits().check("GET", ["Range: \(range)"], answer)
    }

    @Test(
        "Range counts for GET only (a trap: Range on HEAD or POST)",
        .rfc("9110-14.2-02"),
        arguments: [
            ("HEAD", Answer.wholeHead),
            (
                "POST",
                Answer.error(
                    "405 Method Not Allowed",
                    "Files can be read here (GET, HEAD), not changed.",
                    "Allow: GET, HEAD, OPTIONS\r\n"
                )
            ),
        ]
    )
    func otherMethods(method: String, answer: String) throws {
        try TenDigits().check(method, ["Range: bytes=2-4"], answer)
        try TenDigits().check(method, ["Range: bytes=10-"], answer)
    }

    @Test("a Content-Range in a request for a file says nothing", .rfc("9110-14.4-01"))
    func contentRange() throws {
        try TenDigits().check("GET", ["Content-Range: bytes 2-4/10"], Answer.whole)
        try TenDigits().check("HEAD", ["Content-Range: bytes 2-4/10"], Answer.wholeHead)
    }

    @Test(
        "Content-Range is said in a 206 and a 416, and nowhere else",
        .rfc("9110-14.4-04"),
        arguments: [
            ("GET", "/a.txt", [], 200), ("HEAD", "/a.txt", ["Range: bytes=0-1"], 200),
            ("GET", "/a.txt", ["Range: bytes=0-1"], 206), ("GET", "/a.txt", ["Range: bytes=99-"], 416),
            ("GET", "/a.txt", ["Range: bytes=0-1", "If-None-Match: *"], 304),
            ("GET", "/a.txt", ["Range: bytes=0-1", "If-Match: \"x\""], 412),
            ("GET", "/nosuch", ["Range: bytes=0-1"], 404), ("GET", "/dir/", ["Range: bytes=0-1"], 200),
            ("POST", "/a.txt", ["Range: bytes=0-1"], 405), ("OPTIONS", "/a.txt", ["Range: bytes=0-1"], 204),
        ]
    )
    func onlyThere(method: String, target: String, fields: [String], status: Int) throws {
        let server = try FileServer(["a.txt": "0123456789", "dir/b.txt": "b"])
        let answer = try server.ask(method, target, fields)
        #expect(answer.status == status)
        #expect((answer["Content-Range"] != nil) == [206, 416].contains(status))
    }

    @Test(
        "thousands of overlapping ranges cost one answer, of no more than the file",
        .rfc("9110-14.2-04"),
        arguments: [(100, 206), (200, 206), (201, 200), (5000, 200)]
    )
    func overlapping(count: Int, status: Int) throws {
        let server = try FileServer(["a.txt": "0123456789"])
        let answer = try server.get(
            "/a.txt",
            "Range: bytes=" + Array(repeating: "0-", count: count).joined(separator: ",")
        )
        #expect(answer.status == status)
        #expect(answer.text == "0123456789")
    }

    @Test(
        "of an empty file only a suffix could be had, and that is all of it: 200",
        .rfc("9110-14.1.2-06", "9110-14.2-05"),
        arguments: [("bytes=0-", 416), ("bytes=0-0", 416), ("bytes=-0", 416), ("bytes=-1", 200), ("bytes=0-, -5", 200)]
    )
    func empty(range: String, status: Int) throws {
        let answer = try FileServer(["empty": ""]).get("/empty", "Range: \(range)")
        #expect(answer.status == status)
        #expect(answer["Content-Range"] == (status == 416 ? "bytes */0" : nil))
    }

    @Test(
        "several ranges: each part says its type and place, CRLF around it, a boundary that needs no quotes",
        .rfc("9110-8.3.3-01", "9110-14.2-07", "9110-14.6-01", "9110-14.6-02")
    )
    func several() throws {
        let file = String(repeating: "0123456789", count: 30)
        let answer = try FileServer(["a.txt": file]).get("/a.txt", "Range: bytes=0-1,290-292")
        let type = try #require(answer["Content-Type"])
        let boundary = try #require(type.wholeMatch(of: /multipart\/byteranges; boundary=([0-9A-Za-z]{1,70})/)).output.1
        #expect(answer.status == 206)
        #expect(answer["Content-Range"] == nil)
        #expect(
            answer.text == """
                --\(boundary)\r
                Content-Type: text/plain; charset=utf-8\r
                Content-Range: bytes 0-1/300\r
                \r
                01\r
                --\(boundary)\r
                Content-Type: text/plain; charset=utf-8\r
                Content-Range: bytes 290-292/300\r
                \r
                012\r
                --\(boundary)--\r

                """
        )
    }
}
