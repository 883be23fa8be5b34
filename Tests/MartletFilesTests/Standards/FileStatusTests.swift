import Martlet
import MartletFiles
import TestSupport
import Testing

@Suite("Answers for files, as RFC 9110 sections 15 and 17 have them", .timeLimit(.patient))
struct FileStatusTests {
    /// Fields without those that differ between a whole and a part.
    private func metadata(_ answer: WireAnswer) -> [String] {
        answer.lines.dropFirst().filter { line in
            !["Content-Length:", "Content-Range:", "Date:"].contains { line.hasPrefix($0) }
        }
    }

    @Test("200 and HEAD carry a strong entity tag and the time of the last change", .rfc("9110-15.3.1-01"))
    func validators() throws {
        let server = try FileServer(["a.txt": "0123456789"])
        for method in ["GET", "HEAD"] {
            let answer = try server.ask(method, "/a.txt")
            #expect(answer.status == 200)
            #expect(answer["ETag"]?.hasPrefix("\"") == true)
            #expect(answer["Last-Modified"]?.hasSuffix(" GMT") == true)
        }
    }

    @Test(
        "a 206 has every field of the 200, says where its octets are from, and counts them; in every delivery",
        .rfc("9110-15.3.7-01", "9110-15.3.7-03", "9110-15.3.7-04", "9110-15.3.7.1-01", "9110-15.3.7.2-06")
    )
    func partial() throws {
        let server = try FileServer(["a.txt": "0123456789"])
        let whole = try server.get("/a.txt")
        let request = "GET /a.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=2-4\r\nConnection: close\r\n\r\n"
        let text = try everyDelivery(of: request, at: server.address)
        let part = try #require(WireAnswer(Array(text.utf8)))
        #expect(part.status == 206)
        #expect(metadata(part) == metadata(whole))
        for name in ["Date", "Cache-Control", "ETag", "Vary"] { #expect(part[name] != nil, "\(name)") }
        #expect(part["Content-Range"] == "bytes 2-4/10")
        #expect(part["Content-Length"] == "3")
        #expect(part.text == "234")
        let ifRange = try server.get("/a.txt", "Range: bytes=2-4", "If-Range: \(try #require(whole["ETag"]))")
        for name in ["Date", "Cache-Control", "ETag", "Vary", "Content-Range"] {
            #expect(ifRange[name] != nil, "\(name)")
        }
    }

    @Test(
        "several ranges are parts with a Content-Range and Content-Type each, in the order asked for, none on top",
        .rfc(
            "9110-15.3.7.2-01",
            "9110-15.3.7.2-02",
            "9110-15.3.7.2-03",
            "9110-15.3.7.2-04",
            "9110-15.3.7.2-08"
        )
    )
    func parts() throws {
        let bytes = pattern(10_000)
        let folder = try TemporaryDirectory()
        try folder.write("a.html", bytes)
        let answer = try FileServer(folder).get("/a.html", "Range: bytes=9000-9009, 0-4, 4000-4001")
        #expect(answer.status == 206)
        #expect(answer["Content-Range"] == nil)
        #expect(answer["Content-Type"]?.hasPrefix("multipart/byteranges; boundary=") == true)
        #expect(answer["Content-Length"] == "\(answer.content.count)")
        let parts = try Multipart(answer).parts
        #expect(parts.map(\.range) == ["bytes 9000-9009/10000", "bytes 0-4/10000", "bytes 4000-4001/10000"])
        #expect(parts.allSatisfy { $0.type == "text/html; charset=utf-8" })
        #expect(parts.map(\.content) == [9000..<9010, 0..<5, 4000..<4002].map { Array(bytes[$0]) })
    }

    @Test(
        "ranges that overlap or are near become one, and one range is never multipart",
        .rfc("9110-15.3.7.2-05", "9110-15.3.7.2-06", "9110-15.3.7.2-07"),
        arguments: [
            ("0-9,5-14", "bytes 0-14/1000"), ("0-9,50-59", "bytes 0-59/1000"), ("7-7,2000-", "bytes 7-7/1000"),
            ("-1", "bytes 999-999/1000"),
        ]
    )
    func coalesced(ranges: String, range: String) throws {
        let folder = try TemporaryDirectory()
        try folder.write("a.txt", pattern(1000))
        let answer = try FileServer(folder).get("/a.txt", "Range: bytes=\(ranges)")
        #expect(answer.status == 206)
        #expect(answer["Content-Range"] == range)
        #expect(answer["Content-Type"] == "text/plain; charset=utf-8")
    }

    @Test("416 says how long the file is now, in every delivery", .rfc("9110-15.5.17-01"))
    func unsatisfiable() throws {
        let server = try FileServer(["a.txt": "0123456789"])
        let request = "GET /a.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=10-\r\nConnection: close\r\n\r\n"
        let answer = try everyDelivery(of: request, at: server.address)
        #expect(answer.hasPrefix("HTTP/1.1 416 Range Not Satisfiable\r\n"))
        #expect(answer.contains("\r\nContent-Range: bytes */10\r\n"))
    }

    @Test(
        "thousands of overlapping ranges, or of tiny ones, cost no more than the file",
        .rfc("9110-17.15-01"),
        arguments: [(5000, 0), (5000, 1), (5000, 100), (201, 0), (17, 100), (1300, 2)]
    )
    func egregious(count: Int, step: Int) throws {
        let folder = try TemporaryDirectory()
        let bytes = pattern(600_000)
        try folder.write("a.bin", bytes)
        let ranges = (0..<count).map { step == 0 ? "0-" : "\($0 * step)-\($0 * step)" }.joined(separator: ",")
        // A long list takes more than one field line.
        let answer = try FileServer(folder).get("/a.bin", "Range: bytes=\(ranges)")
        #expect([200, 431].contains(answer.status))
        #expect(answer.content.count <= bytes.count)
        #expect(answer["Content-Range"] == nil)
    }

    @Test(
        "304 has the fields of the 200 that a cache needs, nothing about content, none of it, and the next answer follows",
        .rfc("9110-15.4.5-01", "9110-15.4.5-02", "9110-15.4.5-03", "9110-15.4.5-05")
    )
    func notModified() throws {
        let server = try FileServer(["a.txt": "0123456789"])
        let whole = try server.get("/a.txt")
        let tag = try #require(whole["ETag"])
        let request = "GET /a.txt HTTP/1.1\r\nHost: a\r\nIf-None-Match: \(tag)\r\nConnection: close\r\n\r\n"
        let text = try everyDelivery(of: request, at: server.address)
        #expect(
            text == """
                HTTP/1.1 304 Not Modified\r
                Date: *\r
                Server: Martlet\r
                ETag: \(tag)\r
                Cache-Control: no-cache\r
                Vary: Accept-Encoding\r
                Connection: close\r
                \r

                """
        )
        #expect(whole["Cache-Control"] == "no-cache" && whole["Vary"] == "Accept-Encoding")
        let socket = try server.connect()
        try socket.send(FileServer.head("GET", "/a.txt", ["If-None-Match: \(tag)"]))
        try socket.send(FileServer.head("GET", "/a.txt", ["Connection: close"]))
        _ = try socket.receive(through: "\r\n\r\n")
        let next = try #require(WireAnswer(try socket.receiveAll()))
        #expect(next.status == 200 && next.text == "0123456789")
    }

    @Test("folders and a site's one file lead on by Location", .rfc("9110-15.4.2-01", "9110-15.4.3-01"))
    func redirects() throws {
        let folder = try TemporaryDirectory()
        try folder.write("dir/a.txt", "a")
        let moved = try FileServer(folder).get("/dir?q")
        #expect(moved.status == 301 && moved["Location"] == "/dir/?q")
        let found = try FileServer(folder, only: "a b.txt").get("/")
        #expect(found.status == 302 && found["Location"] == "/a%20b.txt")
    }

    @Test(
        "a 405 for files lists what they answer",
        .rfc("9110-15.5.6-01"),
        arguments: ["POST", "PUT", "DELETE", "TRACE"]
    )
    func notAllowed(method: String) throws {
        let answer = try FileServer(["a.txt": "a"]).ask(method, "/a.txt", ["Content-Length: 0"])
        #expect(answer.status == 405)
        #expect(answer["Allow"] == "GET, HEAD, OPTIONS")
    }

    @Test("a hidden file is as one that is not there", .rfc("9110-15.5.4-01"))
    func hidden() throws {
        let server = try FileServer([".secret": "s", "a/.git/config": "s"])
        let missing = try server.get("/missing")
        for target in ["/.secret", "/a/.git/config", "/%2esecret", "/a/%2Egit/config"] {
            let answer = try server.get(target)
            #expect(answer.head(masking: ["Date"]) == missing.head(masking: ["Date"]))
            #expect(answer.status == 404 && answer.text == missing.text)
        }
    }

    // MARK: Section 17

    @Test(
        "no path reaches outside the folder, in every delivery",
        .rfc("9110-17.3-01"),
        arguments: [
            "/../secret", "/%2e%2e/secret", "/%2E%2e%2fsecret", "/..%2fsecret", "/..%5csecret", "/..\\secret",
            "/dir/../../secret", "/dir/%2e%2e/%2e%2e/secret", "/%252e%252e/secret", "/..%c0%afsecret", "/C:/secret",
            "//secret", "/./../secret", "http://a/../secret", "/link", "/up/secret",
        ]
    )
    func outside(target: String) throws {
        let folder = try TemporaryDirectory()
        try folder.write("secret", "TOP-SECRET")
        try folder.write("root/dir/a.txt", "a")
        try folder.link("root/link", to: "../secret")
        try folder.link("root/up", to: "..")
        let server = try FileServer(folder, at: folder.path(of: "root"))
        let request = "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n"
        let answer = try everyDelivery(of: request, at: server.address)
        #expect(answer.hasPrefix("HTTP/1.1 404 ") || answer.hasPrefix("HTTP/1.1 400 "))
        #expect(!answer.contains("TOP-SECRET"))
    }

    @Test(
        "names that mean something to a system are names, and what is no file is not there",
        .rfc("9110-17.3-02"),
        arguments: [
            "/fifo", "/null", "/CON", "/NUL", "/COM1.txt", "/aux", "/a.txt::$DATA", "/a.txt:stream", "/a.txt.",
            "/a.txt%20",
            "/a.txt%00", "/%00", "/a.txt%00.html", "/dev/null", "/proc/self/environ",
        ]
    )
    func devices(target: String) throws {
        let folder = try TemporaryDirectory()
        try folder.write("a.txt", "TOP-SECRET")
        try folder.makeFIFO("fifo")
        try folder.link("null", to: "/dev/null")
        let answer = try FileServer(folder).get(target)
        #expect([400, 404].contains(answer.status))
        #expect(!answer.text.contains("TOP-SECRET"))
    }

    @Test(
        "what a listing says of names is escaped, in HTML and in JSON",
        .rfc("9110-17.4-01"),
        arguments: ["text/html", "application/json"]
    )
    func escaped(type: String) throws {
        let name = "<img src=x onerror=\"a\">&'\u{1}\n"
        let server = try FileServer([name: "a"])
        let answer = try server.get("/", "Accept: \(type)")
        #expect(answer.status == 200)
        #expect(answer["Content-Type"]?.hasPrefix(type) == true)
        #expect(!answer.text.contains(type == "text/html" ? "<img src=x" : "onerror=\"a\""))
        #expect(!answer.content.contains(1))
    }
}
