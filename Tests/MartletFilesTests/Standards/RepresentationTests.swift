import Glibc
import TestSupport
import Testing

@Suite("Representations of files (RFC 9110 §8, §12)", .timeLimit(.patient))
struct RepresentationTests {
    private func server() throws -> FileServer {
        try FileServer([
            "a.js": "plain text", "a.js.gz": "zipped", "b.js": "only plain", "c.tar.gz": "archive",
            "site/index.html": "<p>index",
        ])
    }

    @Test(
        "HEAD has the Content-Length of GET or none, 304 and 204 have none, and none of them content",
        .rfc("9110-8.6-01", "9110-8.6-02", "9110-8.6-03", "9110-8.6-04", "9110-8.6-06"),
        arguments: [
            ("/a.js", []), ("/a.js", ["Accept-Encoding: gzip"]), ("/c.tar.gz", []), ("/site/", []), ("/", []),
            ("/nosuch", []), ("/site", []), ("/a.js", ["Range: bytes=0-1"]),
            ("/?sort=size", ["Accept: application/json"]),
        ]
    )
    func headLength(target: String, fields: [String]) throws {
        let server = try server()
        // To HEAD a Range says nothing.
        let get = try server.ask("GET", target, fields.filter { !$0.hasPrefix("Range") })
        let head = try server.ask("HEAD", target, fields)
        #expect(head.status == get.status)
        #expect(get["Content-Length"] == "\(get.content.count)")
        #expect(head["Content-Length"] == get["Content-Length"])
        #expect(head.content.isEmpty)
        for (answer, status) in [
            (try server.ask("GET", "/a.js", fields + ["If-None-Match: *"]), 304),
            (try server.ask("OPTIONS", target), 204),
        ] {
            #expect(answer.status == status)
            #expect(answer["Content-Length"] == nil && answer["Transfer-Encoding"] == nil)
            #expect(answer.content.isEmpty)
        }
    }

    @Test(
        "the coded and the plain form have strong tags of their own, and both say Vary, the 206 and 304 too",
        .rfc("9110-8.4-01", "9110-8.4-02", "9110-8.4-04", "9110-8.8.3.3-01", "9110-12.5.5-03", "9110-14.1.2-02")
    )
    func forms() throws {
        let server = try server()
        let plain = try server.get("/a.js")
        let coded = try server.get("/a.js", "Accept-Encoding: gzip")
        #expect(plain.text == "plain text")
        #expect(coded.text == "zipped")
        #expect(plain["Content-Encoding"] == nil)
        #expect(coded["Content-Encoding"] == "gzip")
        #expect(plain["Content-Length"] == "10")
        #expect(coded["Content-Length"] == "6")
        let plainTag = try #require(plain["ETag"])
        let codedTag = try #require(coded["ETag"])
        #expect(plainTag != codedTag)
        #expect(plainTag.hasPrefix("\"") && codedTag.hasPrefix("\""))

        for (accepted, tag, part) in [("identity", plainTag, "ain"), ("gzip", codedTag, "ppe")] {
            let field = "Accept-Encoding: \(accepted)"
            let some = try server.get("/a.js", field, "Range: bytes=2-4", "If-Range: \(tag)")
            #expect(some.text == part)
            #expect(some["Content-Range"] == "bytes 2-4/\(accepted == "gzip" ? 6 : 10)")
            let fresh = try server.get("/a.js", field, "If-None-Match: \(tag)")
            #expect(fresh.status == 304)
            // What is known of the other form says nothing of this one.
            let other = tag == plainTag ? codedTag : plainTag
            #expect(try server.get("/a.js", field, "If-None-Match: \(other)").status == 200)
            #expect(try server.get("/a.js", field, "Range: bytes=2-4", "If-Range: \(other)").status == 200)
            #expect(some["ETag"] == tag && fresh["ETag"] == tag)
            #expect(some["Vary"] == "Accept-Encoding" && fresh["Vary"] == "Accept-Encoding")
        }
        // A trap: Vary missing on the uncoded variant, here also where there is no other yet.
        #expect(plain["Vary"] == "Accept-Encoding" && coded["Vary"] == "Accept-Encoding")
        #expect(try server.get("/b.js")["Vary"] == "Accept-Encoding")
    }

    @Test("a format that is compressed by nature is not called coded", .rfc("9110-8.4-05"))
    func archive() throws {
        let answer = try server().get("/c.tar.gz", "Accept-Encoding: gzip")
        #expect(answer["Content-Type"] == "application/gzip")
        #expect(answer["Content-Encoding"] == nil)
        #expect(answer.text == "archive")
    }

    @Test(
        "which form a client gets, identity;q=0 included",
        .rfc(
            "9110-12.4.1-01",
            "9110-12.4.2-01",
            "9110-12.4.3-01",
            "9110-12.5.3-01",
            "9110-12.5.3-02",
            "9110-12.5.3-03",
            "9110-12.5.3-04",
            "9110-12.5.3-05",
            "9110-12.5.3-06",
            "9110-8.4.1-01",
            "9110-8.4.1.3-01"
        ),
        arguments: [
            ([], "plain text"), (["Accept-Encoding:"], "plain text"), (["Accept-Encoding: gzip"], "zipped"),
            (["Accept-Encoding: GZip"], "zipped"), (["Accept-Encoding: x-gzip"], "zipped"),
            (["Accept-Encoding: br"], "plain text"), (["Accept-Encoding: gzip;q=0"], "plain text"),
            (["Accept-Encoding: *"], "zipped"), (["Accept-Encoding: br, *;q=0"], "plain text"),
            (["Accept-Encoding: gzip;q=0, *"], "plain text"), (["Accept-Encoding: gzip;q=0.5, identity"], "plain text"),
            (["Accept-Encoding: gzip;Q=1, identity;q=0.999"], "zipped"),
            (["Accept-Encoding: identity;q=0, gzip;q=0.001"], "zipped"),
            (["Accept-Encoding: br", "Accept-Encoding: gzip"], "zipped"),
        ]
    )
    func choice(fields: [String], content: String) throws {
        let server = try server()
        let answer = try server.ask("GET", "/a.js", fields)
        #expect(answer.status == 200)
        #expect(answer.text == content)
        #expect(answer["Content-Encoding"] == (content == "zipped" ? "gzip" : nil))
    }

    @Test(
        "where there is only what the client refuses, it gets that: no 406",
        .rfc("9110-12.4.1-02"),
        arguments: [
            ("/b.js", "Accept-Encoding: identity;q=0"), ("/b.js", "Accept-Encoding: *;q=0"),
            ("/b.js", "Accept: image/png"),
            ("/b.js", "Accept-Language: xx, *;q=0"), ("/b.js", "Accept-Charset: utf-16"), ("/", "Accept: image/png"),
        ]
    )
    func unacceptable(target: String, field: String) throws {
        #expect(try server().get(target, field).status == 200)
    }

    @Test("Last-Modified in the future is told as Date", .rfc("9110-8.8.2.1-03", "9110-8.8.2.1-04"))
    func future() throws {
        let server = try server()
        try server.folder.setModified("b.js", 4_000_000_000)
        for method in ["GET", "HEAD"] {
            let answer = try server.ask(method, "/b.js")
            #expect(answer["Last-Modified"] == answer["Date"])
        }
    }

    @Test(
        "date and tag are those of the very file that is sent, also while it is replaced",
        .rfc("9110-8.8.1-01", "9110-8.8.2.1-02")
    )
    func replaced() throws {
        let server = try FileServer(["a.txt": "old"])
        let folder = server.folder
        try folder.setModified("a.txt", 1_000_000_000)
        var tags: [String: Set<String>] = [:]
        var dates: [String: Set<String>] = [:]
        for round in 0..<100 {
            let (name, text, time) =
                round.isMultiple(of: 2) ? ("x", "new one", 1_100_000_000) : ("y", "old", 1_000_000_000)
            try folder.write(name, text)
            try folder.setModified(name, time)
            let socket = try server.connect()
            let head = FileServer.head("GET", "/a.txt")
            // The file changes while the server answers the first ones.
            for _ in 0..<5 { try socket.send(head) }
            #expect(unsafe rename(folder.path(of: name), folder.path(of: "a.txt")) == 0)
            for _ in 0..<5 { try socket.send(head) }
            for _ in 0..<10 {
                let octets = try socket.receive(through: "\r\n\r\n")
                let answer = try #require(WireAnswer(octets))
                let length = try #require(answer["Content-Length"].flatMap { Int($0) })
                let content = String(decoding: try socket.receive(exactly: length), as: UTF8.self)
                dates[content, default: []].insert(try #require(answer["Last-Modified"]))
                tags[content, default: []].insert(try #require(answer["ETag"]))
            }
        }
        #expect(dates == ["old": ["Sun, 09 Sep 2001 01:46:40 GMT"], "new one": ["Tue, 09 Nov 2004 11:33:20 GMT"]])
        #expect(tags["old"]?.isDisjoint(with: tags["new one"] ?? []) == true)
    }

    @Test(
        "no answer says Content-Location: the target is where each form is had",
        .rfc("9110-8.7-03"),
        arguments: ["/a.js", "/site/", "/", "/site", "/nosuch"]
    )
    func contentLocation(target: String) throws {
        for fields in [[], ["Accept-Encoding: gzip"], ["Accept: application/json"], ["Range: bytes=0-0"]] {
            #expect(try server().ask("GET", target, fields)["Content-Location"] == nil)
        }
    }

    @Test("a Content-Location in a request leads nowhere else", .rfc("9110-8.7-02"))
    func requestedLocation() throws {
        #expect(try server().get("/a.js", "Content-Location: /b.js").text == "plain text")
        #expect(try server().get("/nosuch", "Content-Location: /b.js").status == 404)
    }
}
