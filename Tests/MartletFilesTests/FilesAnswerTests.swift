import MartletFiles
import TestSupport
import Testing

@Suite("Answers for files")
struct FilesAnswerTests {
    /// 2026-01-02T03:04:05Z.
    static let time = 1_767_323_045
    static let date = "Fri, 02 Jan 2026 03:04:05 GMT"

    private func server(options: FilesOptions = FilesOptions()) throws -> FileServer {
        let folder = try TemporaryDirectory()
        try folder.write("a.txt", "Hello\n")
        try folder.write("empty.bin", [UInt8]())
        try folder.write("site/index.html", "<p>index")
        try folder.write("bare/b.png", "b")
        try folder.setModified("a.txt", Self.time, nanoseconds: 5)
        return try FileServer(folder, options: options)
    }

    @Test(
        "a GET answers with validators, type and content",
        .rfc(
            "9110-15.3.1-01",
            "9110-8.8.2.1-01",
            "9110-8.8.3.1-01",
            "9110-8.3-01",
            "9110-8.6-06",
            "9110-14.3-01",
            "9110-5.6.7-02",
            "9111-5.1-03",
            "9111-5.5-01",
            "7239-4-03"
        )
    )
    func get() throws {
        let answer = try server().get("/a.txt")
        #expect(
            answer.head(masking: ["Date", "ETag"]) == """
                HTTP/1.1 200 OK
                Date: *
                Server: Martlet
                Last-Modified: \(Self.date)
                ETag: *
                Cache-Control: no-cache
                Vary: Accept-Encoding
                Content-Type: text/plain; charset=utf-8
                X-Content-Type-Options: nosniff
                Accept-Ranges: bytes
                Content-Length: 6
                Connection: close
                """
        )
        #expect(answer.text == "Hello\n")
        let tag = try #require(answer["ETag"])
        #expect(tag.hasPrefix("\"") && tag.hasSuffix("\"") && tag.count > 10)
    }

    @Test(
        "a HEAD answers as a GET does, without the content",
        .rfc("9110-9.3.2-01", "9110-9.3.2-02", "9110-8.6-01", "9110-8.6-02")
    )
    func head() throws {
        let server = try server()
        let head = try server.head("/a.txt")
        #expect(head.head() == (try server.get("/a.txt").head()))
        #expect(head.content.isEmpty)
    }

    @Test("an empty file is an answer with no octets", .rfc("9110-6.4.1-01"))
    func empty() throws {
        let answer = try server().get("/empty.bin")
        #expect(answer.status == 200)
        #expect(answer["Content-Length"] == "0")
        #expect(answer["Vary"] == nil)
        #expect(answer.content.isEmpty)
    }

    @Test("two states of a file have two tags, also at one size and time", .rfc("9110-8.8.1-01"))
    func tags() async throws {
        let server = try server()
        let first = try server.get("/a.txt")["ETag"]
        // Some kernels tell times apart by 4 ms only.
        try await eventually("the tag differs") {
            try server.folder.write("a.txt", "HELLO\n")
            try server.folder.setModified("a.txt", Self.time, nanoseconds: 5)
            return try server.get("/a.txt")["ETag"] != first
        }
        #expect(try server.get("/a.txt")["Last-Modified"] == Self.date)
    }

    @Test("a modification time in the future is told as now", .rfc("9110-8.8.2.1-03", "9110-8.8.2.1-04"))
    func future() throws {
        let server = try server()
        try server.folder.setModified("a.txt", 4_000_000_000)
        let answer = try server.get("/a.txt")
        #expect(answer["Last-Modified"] == answer["Date"])
    }

    @Test("--cache lets clients keep a file so long", .rfc("9111-5.2.2.1-01"))
    func cache() throws {
        var options = FilesOptions()
        options.freshness = .seconds(3600)
        #expect(try server(options: options).get("/a.txt")["Cache-Control"] == "max-age=3600")
    }

    @Test("what is not there answers 404 with a page that nobody keeps", .rfc("9110-15.5-01"))
    func notFound() throws {
        let answer = try server().get("/nosuch")
        #expect(
            answer.head() == """
                HTTP/1.1 404 Not Found
                Date: *
                Server: Martlet
                Content-Type: text/plain; charset=utf-8
                Vary: Accept
                Cache-Control: no-store
                Content-Length: 48
                Connection: close
                """
        )
        #expect(answer.text == "404 Not Found\nThere is nothing at this address.\n")
    }

    @Test(
        "OPTIONS tells what works",
        .rfc("9110-9.3.7-01", "9110-9.3.7-02", "9112-3.2.4-01", "9110-10.2.1-02", "9110-8.6-04"),
        arguments: ["/a.txt", "/nosuch", "*"]
    )
    func options(target: String) throws {
        let answer = try server().ask("OPTIONS", target)
        #expect(
            answer.head() == """
                HTTP/1.1 204 No Content
                Date: *
                Server: Martlet
                Allow: GET, HEAD, OPTIONS
                Connection: close
                """
        )
    }

    @Test(
        "a method that changes things answers 405",
        .rfc("9110-9.1-03", "9110-9.3.8-01", "9110-10.2.1-01", "9110-10.2.1-03", "9110-15.5.6-01"),
        arguments: ["POST", "PUT", "DELETE", "PATCH", "QUERY", "TRACE"]
    )
    func notAllowed(method: String) throws {
        let answer = try server().ask(method, "/a.txt")
        #expect(answer.status == 405)
        #expect(answer["Allow"] == "GET, HEAD, OPTIONS")
    }

    @Test(
        "a method nobody knows answers 501",
        .rfc("9110-9.1-02", "9110-9.1-04", "9110-15.6.2-01"),
        arguments: ["BREW", "get", "PROPFIND"]
    )
    func notImplemented(method: String) throws {
        let answer = try server().ask(method, "/a.txt")
        #expect(answer.status == 501)
    }

    @Test("a file has no trailing slash")
    func fileWithSlash() throws {
        #expect(try server().get("/a.txt/").status == 404)
        #expect(try server().get("/a.txt/more").status == 404)
    }

    @Test("a folder with an index page answers with it, one without with its listing")
    func folders() throws {
        let server = try server()
        let index = try server.get("/site/")
        #expect(index.text == "<p>index")
        #expect(index["Content-Type"] == "text/html; charset=utf-8")
        let listing = try server.get("/bare/")
        #expect(listing.status == 200)
        #expect(listing.text.contains("href=\"./b.png\""))
    }

    @Test("an index.html that is a folder or a FIFO is none")
    func oddIndex() throws {
        let server = try server()
        try server.folder.makeDirectory("odd/index.html")
        try server.folder.makeDirectory("fifo")
        try server.folder.makeFIFO("fifo/index.html")
        #expect(try server.get("/odd/").text.contains("href=\"./index.html/\""))
        let listing = try server.get("/fifo/")
        #expect(listing.status == 200)
        #expect(listing.text.contains("This folder is empty."))
    }

    @Test("--no-listing answers 404 for a folder without index page, and serves what is in it")
    func noListing() throws {
        var options = FilesOptions()
        options.listsFolders = false
        let server = try server(options: options)
        #expect(try server.get("/").status == 404)
        #expect(try server.get("/bare/").status == 404)
        #expect(try server.get("/bare/b.png").text == "b")
        #expect(try server.get("/site/").text == "<p>index")
    }

    @Test("types as browsers need them, with charset where there is text", .rfc("9110-8.3-01"))
    func types() throws {
        let types = [
            "a.html": "text/html; charset=utf-8", "a.css": "text/css; charset=utf-8",
            "a.js": "text/javascript; charset=utf-8", "a.mjs": "text/javascript; charset=utf-8",
            "a.json": "application/json", "a.wasm": "application/wasm", "a.webp": "image/webp", "a.avif": "image/avif",
            "a.woff2": "font/woff2", "a.m4v": "video/mp4", "a.epub": "application/epub+zip",
            "a.svg": "image/svg+xml", "a.PNG": "image/png", "README": "text/plain; charset=utf-8",
            "a.md": "text/markdown; charset=utf-8", "a.nosuch": "application/octet-stream",
        ]
        let server = try FileServer(types)
        for (name, type) in types {
            #expect(try server.get("/\(name)")["Content-Type"] == type, "\(name)")
        }
    }

    @Test("answers leave in the order of pipelined requests", .rfc("9112-9.3.2-02"))
    func pipelining() throws {
        let server = try FileServer(["1": "one", "2": "two", "3": "three"])
        let socket = try server.connect()
        let requests =
            FileServer.head("GET", "/1") + FileServer.head("HEAD", "/2") + FileServer.head("GET", "/nosuch")
            + FileServer.head("GET", "/3", ["Connection: close"])
        try socket.send(requests)
        let text = String(decoding: try socket.receiveAll(), as: UTF8.self)
        let answers = text.split(separator: "HTTP/1.1 ").map { $0.prefix(3) + $0.suffix(5) }
        #expect(answers.count == 4)
        #expect(answers.first?.hasSuffix("one") == true)
        #expect(answers.last == "200three")
        #expect(answers.map { $0.prefix(3) } == ["200", "200", "404", "200"])
    }
}
