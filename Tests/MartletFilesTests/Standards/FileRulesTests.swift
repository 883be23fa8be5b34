import Glibc
import MartletFiles
import TestSupport
import Testing

@Suite("What RFC 9110 asks of files and listings")
struct FileRulesTests {
    private static let files = [
        "a.txt": "0123456789", "a.bin": "octets", "b.html": "<p>b", "empty": "", "dir/a b.txt": "inner",
        "site/index.html": "<p>site", "é.css": "p {}", "é.css.gz": "not really",
    ]

    @Test(
        "every answer parses under the grammar, with nothing in it that is not for servers to say",
        .rfc("9110-2.2-01", "9110-2.2-02", "9110-5.6.1.1-01", "9110-5.6.3-01", "9110-5.6.3-02", "9110-5.6.3-03"),
        .rfc("9110-5.3-03", "9110-5.6.7-02", "9110-6.6.1-02", "9110-4.2.4-01", "9110-10.2.2-01"),
        arguments: [
            ("GET", "/a.txt", [], 200), ("HEAD", "/a.txt", [], 200), ("GET", "/empty", [], 200),
            ("GET", "/%C3%A9.css", ["Accept-Encoding: gzip"], 200), ("GET", "/", [], 200),
            ("GET", "/", ["Accept: application/json"], 200), ("GET", "/dir/", ["Accept: text/html"], 200),
            ("HEAD", "/dir/", [], 200), ("GET", "/site/", [], 200), ("GET", "/dir", [], 301),
            ("GET", "//dir?a=b", [], 301),
            ("GET", "/nosuch", [], 404), ("GET", "/nosuch", ["Accept: text/html"], 404), ("HEAD", "/nosuch", [], 404),
            ("GET", "/a.txt", ["Range: bytes=1-2"], 206), ("GET", "/a.txt", ["Range: bytes=0-0,4-5,9-"], 206),
            ("GET", "/a.txt", ["Range: bytes=10-"], 416), ("GET", "/a.txt", ["If-None-Match: *"], 304),
            ("GET", "/a.txt", ["If-Match: \"x\""], 412), ("OPTIONS", "/a.txt", [], 204), ("OPTIONS", "*", [], 204),
            ("POST", "/a.txt", [], 405), ("TRACE", "/a.txt", [], 405), ("BREW", "/a.txt", [], 501),
        ]
    )
    func grammar(method: String, target: String, fields: [String], status: Int) throws {
        let server = try FileServer(Self.files)
        let socket = try server.connect()
        try socket.send(FileServer.head(method, target, fields + ["Connection: close"]))
        let answers = try StrictAnswer.all(in: socket.receiveAll(), to: method)
        #expect(answers.map(\.status) == [status])
        #expect(answers.first?["server"] == ["Martlet"])
    }

    @Test("GET, HEAD, OPTIONS and TRACE leave the folder as it was", .rfc("9110-9.2.1-01"))
    func safe() throws {
        let server = try FileServer(Self.files)
        func state() -> [String] {
            (Self.files.keys + ["", "dir", "site"]).sorted().map { name in
                var status = stat()
                guard unsafe lstat(server.folder.path(of: name), &status) == 0 else { return "\(name) is gone" }
                return "\(name) \(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec) "
                    + "\(status.st_ctim.tv_sec) \(status.st_ctim.tv_nsec) \(status.st_nlink) \(status.st_mode)"
            }
        }
        let before = state()
        for method in ["GET", "HEAD", "OPTIONS", "TRACE"] {
            for target in ["/", "/a.txt", "/dir/", "/dir", "/nosuch", "/%C3%A9.css", "/?sort=size&order=desc"] {
                _ = try server.ask(method, target, ["Accept-Encoding: gzip", "Range: bytes=0-1"])
            }
        }
        #expect(state() == before)
    }

    @Test("PUT and POST are refused whatever they ask for, never with 206, 304 or 416", .rfc("9110-9.3.3-03"))
    func changes() throws {
        let server = try FileServer(Self.files)
        for method in ["POST", "PUT", "DELETE"] {
            let answer = try server.ask(
                method,
                "/a.txt",
                ["Range: bytes=100-", "If-None-Match: *", "Content-Length: 0"]
            )
            #expect(answer.status == 405)
            #expect(answer["ETag"] == nil)
        }
        #expect(try server.get("/a.txt").text == "0123456789")
    }

    @Test("links as long as names get, and the tags of files, are understood when they come back", .rfc("9110-2.3-02"))
    func long() throws {
        let folder = try TemporaryDirectory()
        // 254 octets, three times as many in a URL; ten of them make a path of 7,630.
        let name = String(repeating: "é", count: 127)
        let path = Array(repeating: name, count: 9).joined(separator: "/")
        try folder.write(path + "/" + name, "found")
        let server = try FileServer(folder)
        var target = "/"
        for _ in 1...9 {
            let page = try StrictHTML(try server.get(target).content)
            let link = try #require(page.links.first { $0.hasPrefix("./%C3") })
            // Without its slash it leads to a redirect, whose Location leads back.
            let redirect = try server.get(target + link.dropFirst(2).dropLast())
            #expect(redirect.status == 301)
            target += link.dropFirst(2)
            #expect(redirect["Location"] == target)
        }
        let page = try StrictHTML(try server.get(target).content)
        target += try #require(page.links.first { $0.hasPrefix("./%C3") }).dropFirst(2)
        #expect(target.utf8.count == 7630)
        let answer = try server.get(target)
        #expect(answer.text == "found")
        let tag = try #require(answer["ETag"])
        #expect(try server.get(target, "If-None-Match: \(tag)").status == 304)
        #expect(
            try server.get(
                target,
                "If-None-Match: \(Array(repeating: "\"x\"", count: 1000).joined(separator: ", ")), \(tag)"
            ).status == 304
        )
    }
}
