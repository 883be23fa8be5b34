import TestSupport
import Testing

@Suite("Conditional requests, octet for octet (RFC 9110 §13)", .timeLimit(.patient))
struct ConditionsOnTheWireTests {
    private typealias Answer = TenDigits

    @Test(
        "If-Match compares strongly, and false stops the method with 412",
        .rfc(
            "9110-13.1.1-01",
            "9110-13.1.1-03",
            "9110-13.1.1-04",
            "9110-13.1.1-06",
            "9110-13.2.2-01",
            "9110-13.2.2-06"
        ),
        arguments: [
            (["If-Match: TAG"], Answer.whole),
            (["If-Match: *"], Answer.whole),
            (["If-Match: \"x\", TAG"], Answer.whole),
            (["If-Match: \"x\"", "If-Match: TAG"], Answer.whole),
            (["If-Match: \"x\""], Answer.failed),
            (["If-Match: \"x\", \"y\""], Answer.failed),
            (["If-Match: W/TAG"], Answer.failed),  // A trap: weak comparison in If-Match.
        ]
    )
    func ifMatch(fields: [String], answer: String) throws {
        let file = try TenDigits()
        try file.check("GET", fields, answer)
        try file.check("HEAD", fields, Answer.head(answer))
    }

    @Test(
        "If-None-Match compares weakly, and false gives GET and HEAD a 304",
        .rfc("9110-13.1.2-01", "9110-13.1.2-03", "9110-13.1.2-04", "9110-13.1.2-06", "9110-13.2.2-03", "9110-8.6-03"),
        arguments: [
            (["If-None-Match: TAG"], Answer.notModified),
            (["If-None-Match: W/TAG"], Answer.notModified),
            (["If-None-Match: \"x\", TAG"], Answer.notModified),
            (["If-None-Match: \"x\"", "If-None-Match: W/TAG"], Answer.notModified),
            (["If-None-Match: *"], Answer.notModified),
            (["If-None-Match: \"x\", W/\"y\""], Answer.whole),
        ]
    )
    func ifNoneMatch(fields: [String], answer: String) throws {
        let file = try TenDigits()
        try file.check("GET", fields, answer)
        try file.check("HEAD", fields, Answer.head(answer))
    }

    @Test(
        "If-Modified-Since counts in seconds, and neither beside If-None-Match nor with anything but one date",
        .rfc(
            "9110-13.1.3-01",
            "9110-13.1.3-02",
            "9110-13.1.3-06",
            "9110-13.1.3-07",
            "9110-13.1.3-08",
            "9110-13.1.3-09",
            "9110-13.2.2-04"
        ),
        arguments: [
            (["If-Modified-Since: SAME"], Answer.notModified),
            (["If-Modified-Since: AFTER"], Answer.notModified),
            (["If-Modified-Since: BEFORE"], Answer.whole),
            (["If-Modified-Since: yesterday"], Answer.whole),
            (["If-Modified-Since: SAME, SAME"], Answer.whole),
            (["If-Modified-Since: SAME", "If-Modified-Since: SAME"], Answer.whole),
            // A trap: If-Modified-Since used beside If-None-Match.
            (["If-None-Match: \"x\"", "If-Modified-Since: SAME"], Answer.whole),
            (["If-None-Match: TAG", "If-Modified-Since: BEFORE"], Answer.notModified),
        ]
    )
    func ifModifiedSince(fields: [String], answer: String) throws {
        let file = try TenDigits()
        try file.check("GET", fields, answer)
        try file.check("HEAD", fields, Answer.head(answer))
    }

    @Test(
        "If-Unmodified-Since counts in seconds, and neither beside If-Match nor with anything but one date",
        .rfc("9110-13.1.4-01", "9110-13.1.4-02", "9110-13.1.4-06", "9110-13.1.4-08", "9110-13.2.2-02"),
        arguments: [
            (["If-Unmodified-Since: SAME"], Answer.whole),
            (["If-Unmodified-Since: AFTER"], Answer.whole),
            (["If-Unmodified-Since: BEFORE"], Answer.failed),
            (["If-Unmodified-Since: yesterday"], Answer.whole),
            (["If-Unmodified-Since: BEFORE", "If-Unmodified-Since: BEFORE"], Answer.whole),
            (["If-Match: TAG", "If-Unmodified-Since: BEFORE"], Answer.whole),
            (["If-Match: \"x\"", "If-Unmodified-Since: AFTER"], Answer.failed),
        ]
    )
    func ifUnmodifiedSince(fields: [String], answer: String) throws {
        let file = try TenDigits()
        try file.check("GET", fields, answer)
        try file.check("HEAD", fields, Answer.head(answer))
    }

    @Test(
        "the server's own clock counts: what the client's Date says makes no difference",
        .rfc("9110-13.1.3-05", "9110-13.1.4-04"),
        arguments: ["Fri, 02 Jan 2026 03:04:04 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 2077 23:59:59 GMT"]
    )
    func clientClock(date: String) throws {
        let file = try TenDigits()
        try file.check("GET", ["Date: \(date)", "If-Modified-Since: SAME"], Answer.notModified)
        try file.check("GET", ["Date: \(date)", "If-Modified-Since: BEFORE"], Answer.whole)
        try file.check("GET", ["Date: \(date)", "If-Unmodified-Since: SAME"], Answer.whole)
        try file.check("GET", ["Date: \(date)", "If-Unmodified-Since: BEFORE"], Answer.failed)
    }

    @Test(
        "If-Range lets a Range count only for the very same octets",
        .rfc(
            "9110-13.1.5-01",
            "9110-13.1.5-03",
            "9110-13.1.5-04",
            "9110-13.1.5-06",
            "9110-13.1.5-07",
            "9110-13.1.5-08",
            "9110-13.1.5-09",
            "9110-13.2.2-05"
        ),
        arguments: [
            (["Range: bytes=2-4", "If-Range: TAG"], Answer.part(2...4)),
            (["Range: bytes=2-4", "If-Range: SAME"], Answer.part(2...4)),
            (["Range: bytes=2-4", "If-Range: W/TAG"], Answer.whole),  // A trap: weak comparison in If-Range.
            (["Range: bytes=2-4", "If-Range: \"x\""], Answer.whole),
            (["Range: bytes=2-4", "If-Range: BEFORE"], Answer.whole),
            (["Range: bytes=2-4", "If-Range: AFTER"], Answer.whole),
            (["Range: bytes=2-4", "If-Range: yesterday"], Answer.whole),
            (["Range: bytes=2-4", "If-Range: *"], Answer.whole),
            (["Range: bytes=10-", "If-Range: \"x\""], Answer.whole),
            (["If-Range: TAG"], Answer.whole),
            (["If-Range: \"x\""], Answer.whole),
        ]
    )
    func ifRange(fields: [String], answer: String) throws {
        let file = try TenDigits()
        try file.check("GET", fields, answer)
        try file.check("HEAD", fields, Answer.wholeHead)
    }

    @Test(
        "which condition decides when there are several, and all before Range",
        .rfc(
            "9110-13.2.2-01",
            "9110-13.2.2-02",
            "9110-13.2.2-03",
            "9110-13.2.2-04",
            "9110-13.2.2-05",
            "9110-13.2.2-06",
            "9110-14.2-06"
        ),
        arguments: [
            (["If-None-Match: TAG", "If-Match: \"x\""], Answer.failed),
            (["If-None-Match: TAG", "If-Match: TAG"], Answer.notModified),
            (["If-Modified-Since: SAME", "If-Unmodified-Since: BEFORE"], Answer.failed),
            (["If-Modified-Since: SAME", "If-Unmodified-Since: SAME"], Answer.notModified),
            (["Range: bytes=2-4", "If-None-Match: TAG"], Answer.notModified),
            (["Range: bytes=2-4", "If-Modified-Since: SAME", "If-Range: TAG"], Answer.notModified),
            (["Range: bytes=10-", "If-Match: \"x\""], Answer.failed),
            (["Range: bytes=10-", "If-Match: TAG"], Answer.outside),
            (["Range: bytes=2-4", "If-Match: TAG", "If-Range: TAG"], Answer.part(2...4)),
        ]
    )
    func order(fields: [String], answer: String) throws {
        try TenDigits().check("GET", fields, answer)
    }

    @Test(
        "no condition counts where the answer would be no success without it, nor for OPTIONS",
        .rfc("9110-13.2.1-01", "9110-13.2.1-02", "9110-13.2.1-05"),
        arguments: [
            ("GET", "/nosuch", 404), ("HEAD", "/nosuch", 404), ("GET", "/dir", 301), ("GET", "/dir/?sort=x", 400),
            ("POST", "/a.txt", 405), ("PUT", "/a.txt", 405), ("TRACE", "/a.txt", 405), ("OPTIONS", "/a.txt", 204),
            ("BREW", "/a.txt", 501), ("CONNECT", "a:80", 501),
        ]
    )
    func noSuccess(method: String, target: String, status: Int) throws {
        let server = try FileServer(["a.txt": "a", "dir/b.txt": "b"])
        let conditions = [
            "If-Match: \"x\"", "If-None-Match: *", "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT",
            "If-Modified-Since: Fri, 31 Dec 2077 23:59:59 GMT",
        ]
        for condition in conditions {
            let answer = try server.ask(method, target, [condition, "Range: bytes=9-"])
            #expect(answer.status == status, "\(condition)")
        }
    }

    @Test(
        "a listing has neither tag nor date: dates and ranges say nothing about it, a tag is not its own",
        .rfc(
            "9110-13.1.1-03",
            "9110-13.1.1-04",
            "9110-13.1.1-05",
            "9110-13.1.2-03",
            "9110-13.1.3-04",
            "9110-13.1.4-03",
            "9110-13.1.5-02"
        ),
        arguments: [
            (["If-Match: *"], 200), (["If-Match: \"x\""], 412), (["If-None-Match: \"x\""], 200),
            (["If-None-Match: *"], 304), (["If-Modified-Since: Fri, 31 Dec 2077 23:59:59 GMT"], 200),
            (["If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT"], 200), (["Range: bytes=0-1"], 200),
            (["Range: bytes=0-1", "If-Range: \"x\""], 200),
            (["Range: bytes=0-1", "If-Range: Fri, 02 Jan 2026 03:04:05 GMT"], 200), (["If-Range: \"x\""], 200),
        ]
    )
    func listing(fields: [String], status: Int) throws {
        let server = try FileServer(["dir/b.txt": "b"])
        for method in ["GET", "HEAD"] {
            let answer = try server.ask(method, "/dir/", fields)
            #expect(answer.status == status)
            #expect(answer["ETag"] == nil && answer["Last-Modified"] == nil && answer["Accept-Ranges"] == nil)
            // What a cache needs to find the page again comes with a 304 as well.
            if status < 400 { #expect(answer["Vary"] == "Accept" && answer["Cache-Control"] == "no-cache") }
            let isWhole = method == "GET" && status == 200
            #expect(answer.text.contains("b.txt</") == isWhole)
        }
    }
}
