import Glibc
import MartletReactor
import TestSupport
import Testing

/// What is held open is used only while it is the truth. Each test first sees the file held, so that it can fail.
@Suite("Nothing stale is served", .timeLimit(.patient))
struct HeldFileTests {
    private static func serve(_ files: [String: String]) throws -> FileServer {
        try FileServer(files)
    }

    /// Asks until the file is held after the answer; a file must be some seconds old for that.
    private func hold(_ target: String, as name: String? = nil, on server: FileServer, _ fields: String...) async throws
    {
        let path = server.folder.path(of: name ?? String(target.dropFirst()))
        try await eventually("\(target) is held") {
            let answer = try server.ask("GET", target, fields)
            return answer.status == 200 && isHeld(path)
        }
    }

    @Test("a change of the same length, with the modification time set back, is seen by the very next request")
    func rewrittenInPlace() async throws {
        let server = try Self.serve(["a.txt": "one"])
        try await hold("/a.txt", on: server)
        var status = stat()
        unsafe #expect(stat(server.folder.path(of: "a.txt"), &status) == 0)
        let tag = try server.get("/a.txt")["ETag"]
        try server.folder.overwrite("a.txt", at: 0, Array("two".utf8))
        try server.folder.setModified("a.txt", status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
        let answer = try server.get("/a.txt")
        #expect(answer.text == "two")
        #expect(answer["ETag"] != tag)
        #expect(try server.get("/a.txt", "If-None-Match: \(tag ?? "")").status == 200)
    }

    @Test("two changes within the same tick of the clock are both seen")
    func changedTwice() async throws {
        let server = try Self.serve(["a.txt": "one"])
        try await hold("/a.txt", on: server)
        for number in 0..<200 {
            let text = "\(100 + number)"
            try server.folder.overwrite("a.txt", at: 0, Array(text.utf8))
            #expect(try server.get("/a.txt").text == text)
        }
    }

    @Test("a file replaced by another is served at once, however often")
    func replaced() async throws {
        let server = try Self.serve(["a.txt": "one"])
        try await hold("/a.txt", on: server)
        for text in ["two", "three", "four"] {
            try server.folder.write("new", Array(text.utf8))
            try server.folder.setModified("new", 1_000_000_000)
            try server.folder.rename("new", to: "a.txt")
            #expect(try server.get("/a.txt").text == text)
        }
    }

    @Test("a file that is cut, emptied, grown or touched says so")
    func sizes() async throws {
        let server = try Self.serve(["a.txt": "one two"])
        try await hold("/a.txt", on: server)
        let before = try server.get("/a.txt")
        for size in [3, 0, 5000] {
            try server.folder.setSize("a.txt", size)
            let answer = try server.get("/a.txt")
            #expect(answer["Content-Length"] == "\(size)")
            #expect(answer.content.count == size)
        }
        try server.folder.setModified("a.txt", 1_000_000_000)
        let answer = try server.get("/a.txt")
        #expect(answer["Last-Modified"] == "Sun, 09 Sep 2001 01:46:40 GMT")
        #expect(answer["ETag"] != before["ETag"])
    }

    @Test("a file that is gone is not found, and let go of after a while though nobody asks")
    func removed() async throws {
        let server = try Self.serve(["a.txt": "one", "b.txt": "two"])
        try await hold("/a.txt", on: server)
        try await hold("/b.txt", on: server)
        unsafe #expect(unlink(server.folder.path(of: "a.txt")) == 0)
        #expect(try server.get("/a.txt").status == 404)
        unsafe #expect(unlink(server.folder.path(of: "b.txt")) == 0)
        try await eventually("the deleted file is let go") { !isHeld(server.folder.path(of: "b.txt") + " (deleted)") }
    }

    @Test("folders on the way are asked too: moved, replaced, or made a link to elsewhere")
    func folders() async throws {
        let server = try Self.serve(["a/b/c.txt": "one", "other/b/c.txt": "two"])
        let outside = try TemporaryDirectory()
        try outside.write("b/c.txt", Array("secret".utf8))
        try await hold("/a/b/c.txt", on: server)
        try server.folder.rename("a", to: "away")
        #expect(try server.get("/a/b/c.txt").status == 404)
        try server.folder.rename("other", to: "a")
        #expect(try server.get("/a/b/c.txt").text == "two")
        try await hold("/a/b/c.txt", on: server)
        // The same file, outside of what is served: only a link leads to it.
        let kept = "\(outside.path)/moved"
        unsafe #expect(rename(server.folder.path(of: "a"), kept) == 0)
        try server.folder.link("a", to: kept)
        #expect(try server.get("/a/b/c.txt").status == 404)
        #expect(try server.get("/away/b/c.txt").text == "one")
    }

    @Test("a file that becomes a link to one outside is not found")
    func link() async throws {
        let server = try Self.serve(["a.txt": "one"])
        let outside = try TemporaryDirectory()
        try await hold("/a.txt", on: server)
        unsafe #expect(rename(server.folder.path(of: "a.txt"), outside.path(of: "a.txt")) == 0)
        try server.folder.link("a.txt", to: outside.path(of: "a.txt"))
        #expect(try server.get("/a.txt").status == 404)
    }

    @Test("a link within the folder is followed anew each time")
    func linkWithin() async throws {
        let server = try Self.serve(["one/a.txt": "one", "two/a.txt": "two"])
        try server.folder.link("now", to: "one")
        try await hold("/one/a.txt", on: server)
        #expect(try server.get("/now/a.txt").text == "one")
        try server.folder.link("next", to: "two")
        try server.folder.rename("next", to: "now")
        #expect(try server.get("/now/a.txt").text == "two")
    }

    @Test("sidecars that come, change and go are seen by the very next request")
    func sidecars() async throws {
        let server = try Self.serve(["a.css": "plain"])
        let gzip = "Accept-Encoding: gzip, br"
        try await hold("/a.css", on: server, gzip)
        try server.folder.write("a.css.gz", Array("zipped".utf8))
        #expect(try server.get("/a.css", gzip).text == "zipped")
        try await hold("/a.css", as: "a.css.gz", on: server, gzip)
        try server.folder.overwrite("a.css.gz", at: 0, Array("ZIPPED".utf8))
        #expect(try server.get("/a.css", gzip).text == "ZIPPED")
        try server.folder.write("a.css.br", Array("brotli".utf8))
        #expect(try server.get("/a.css", gzip).text == "brotli")
        try await hold("/a.css", as: "a.css.br", on: server, gzip)
        unsafe #expect(unlink(server.folder.path(of: "a.css.br")) == 0)
        #expect(try server.get("/a.css", gzip).text == "ZIPPED")
        unsafe #expect(unlink(server.folder.path(of: "a.css.gz")) == 0)
        #expect(try server.get("/a.css", gzip).text == "plain")
    }

    @Test("a held file's answers name their own range, whatever was asked for before", .rfc("9110-14.4-02"))
    func ranges() async throws {
        let server = try Self.serve(["a.txt": String(repeating: "0123456789", count: 200)])
        try await hold("/a.txt", on: server)
        let whole = try server.get("/a.txt")
        for (range, named) in [
            ("5-6", "5-6"), ("1000-", "1000-1999"), ("-1", "1999-1999"), ("0-", "0-1999"), ("0-0", "0-0"),
        ] {
            let answer = try server.get("/a.txt", "Range: bytes=\(range)")
            #expect(answer.status == 206)
            #expect(answer["Content-Range"] == "bytes \(named)/2000")
            #expect(answer["ETag"] == whole["ETag"])
            #expect(try server.get("/a.txt").head() == whole.head())
            #expect(try server.get("/a.txt", "Range: bytes=0-0,500-500")["Content-Range"] == nil)
        }
        // Pipelined, the answers stand behind each other in one buffer.
        let requests = ["Range: bytes=1000-1001", "Range: bytes=2-2", "Connection: close"]
        let socket = try server.connect()
        try socket.send(requests.flatMap { FileServer.head("GET", "/a.txt", [$0]) })
        let received = String(decoding: try socket.receiveAll(), as: UTF8.self)
        let named = received.split(separator: "\r\n").filter { $0.hasPrefix("Content-Range: ") }
        #expect(named == ["Content-Range: bytes 1000-1001/2000", "Content-Range: bytes 2-2/2000"])
    }

    @Test("a held file's sidecars are chosen anew for each client")
    func choices() async throws {
        let server = try Self.serve(["a.css": "plain", "a.css.gz": "zipped", "b.css": "bare"])
        try await hold("/a.css", as: "a.css.gz", on: server, "Accept-Encoding: br, zstd, gzip")
        try await hold("/b.css", on: server, "Accept-Encoding: br, zstd, gzip")
        for (accepted, content) in [
            ("br, zstd, gzip", "zipped"), ("br", "plain"), ("gzip;q=0.5, identity", "plain"), ("gzip;q=0", "plain"),
            ("br, gzip;q=0.1", "zipped"), ("*", "zipped"), ("", "plain"),
        ] {
            #expect(try server.get("/a.css", "Accept-Encoding: \(accepted)").text == content)
            #expect(try server.get("/b.css", "Accept-Encoding: \(accepted)").text == "bare")
        }
        #expect(try server.get("/a.css").text == "plain")
        try server.folder.write("b.css.zst", "small")
        #expect(try server.get("/b.css", "Accept-Encoding: br, zstd, gzip").text == "small")
    }

    @Test("the index page of a folder is held like other files, and a listing comes when it goes")
    func index() async throws {
        let server = try Self.serve(["sub/index.html": "one", "index.html": "root"])
        try await hold("/sub/", as: "sub/index.html", on: server)
        try await hold("/", as: "index.html", on: server)
        #expect(try server.get("/sub").status == 301)
        #expect(try server.get("/sub/index.html/").status == 404)
        try server.folder.rename("sub/index.html", to: "sub/other.html")
        #expect(try server.get("/sub/").text.contains("other.html"))
        #expect(try server.get("/").text == "root")
    }

    @Test("rights that are taken away count", .enabled(if: geteuid() != 0, "nothing is withheld from root"))
    func rights() async throws {
        let server = try Self.serve(["a/b.txt": "one"])
        try await hold("/a/b.txt", on: server)
        try server.folder.setMode("a/b.txt", 0)
        #expect(try server.get("/a/b.txt").status == 403)
        try server.folder.setMode("a/b.txt", 0o644)
        try await hold("/a/b.txt", on: server)
        try server.folder.setMode("a", 0)
        #expect(try server.get("/a/b.txt").status == 403)
        try server.folder.setMode("a", 0o755)
    }
}

/// Whether this process has what is called `path` open.
private func isHeld(_ path: String) -> Bool {
    (0..<CInt(4096)).contains { fd in
        var target = [UInt8](repeating: 0, count: 4096)
        let count = unsafe target.withUnsafeMutableBytes { buffer in
            unsafe readlink(
                "/proc/self/fd/\(fd)",
                buffer.baseAddress!.assumingMemoryBound(to: CChar.self),
                buffer.count
            )
        }
        return count > 0 && String(decoding: target[..<count], as: UTF8.self) == path
    }
}
