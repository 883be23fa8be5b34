import MartletFiles
import TestSupport
import Testing

@Suite("Files compressed in advance")
struct SidecarTests {
    private func server() throws -> FileServer {
        try FileServer([
            "all.js": "plain", "all.js.br": "brotli", "all.js.zst": "zstandard", "all.js.gz": "gzipped",
            "one.css": "plain", "one.css.gz": "gzipped", "none.html": "plain", "pic.png": "plain",
            "pic.png.gz": "gzipped",
        ])
    }

    @Test(
        "the client's weights choose; among equals the smallest form",
        .rfc(
            "9110-8.4-01",
            "9110-8.4-02",
            "9110-8.4-04",
            "9110-8.4.1-01",
            "9110-8.4.1.3-01",
            "9110-12.5.3-02",
            "9110-12.5.3-03",
            "9110-12.5.3-04",
            "9110-12.5.3-05",
            "9110-12.5.3-06",
            "9110-12.5.5-03"
        ),
        arguments: [
            ("gzip", "gzipped"), ("x-gzip", "gzipped"), ("GZIP", "gzipped"), ("br", "brotli"), ("zstd", "zstandard"),
            ("gzip, deflate, br, zstd", "brotli"), ("gzip, zstd", "zstandard"), ("gzip, br;q=0", "gzipped"),
            ("br;q=0.5, gzip;q=0.8", "gzipped"), ("br;q=0.8, gzip;q=0.5", "brotli"), ("*", "brotli"),
            ("*, br;q=0", "zstandard"), ("gzip;q=0", "plain"), ("deflate", "plain"), ("", "plain"),
            ("identity", "plain"), ("identity, gzip", "gzipped"), ("identity, gzip;q=0.5", "plain"),
            ("identity;q=0.5, gzip;q=0.4", "plain"), ("identity;q=0, gzip;q=0.1", "gzipped"),
            ("gzip;q=0.001", "gzipped"), ("gzip;q=x", "plain"), ("*;q=0", "plain"), ("*;q=0, gzip", "gzipped"),
        ]
    )
    func choice(accepted: String, content: String) throws {
        let answer = try server().get("/all.js", "Accept-Encoding: \(accepted)")
        #expect(answer.status == 200)
        #expect(answer.text == content)
        let codings = ["plain": nil, "brotli": "br", "zstandard": "zstd", "gzipped": "gzip"]
        #expect(answer["Content-Encoding"] == codings[content] ?? nil)
        #expect(answer["Content-Length"] == "\(content.utf8.count)")
        #expect(answer["Content-Type"] == "text/javascript; charset=utf-8")
        #expect(answer["Vary"] == "Accept-Encoding")
    }

    @Test("a form that is not there is not chosen")
    func missing() throws {
        let server = try server()
        #expect(try server.get("/one.css", "Accept-Encoding: br, gzip;q=0.1").text == "gzipped")
        let none = try server.get("/none.html", "Accept-Encoding: br, gzip")
        #expect(none.text == "plain")
        #expect(none["Content-Encoding"] == nil)
        #expect(none["Vary"] == "Accept-Encoding")
        // A picture is compressed already.
        let picture = try server.get("/pic.png", "Accept-Encoding: gzip")
        #expect(picture.text == "plain")
        #expect(picture["Vary"] == nil)
    }

    @Test("asked for by its own name a sidecar is a file like others", .rfc("9110-8.4-05"))
    func byName() throws {
        let answer = try server().get("/all.js.gz", "Accept-Encoding: gzip")
        #expect(answer.text == "gzipped")
        #expect(answer["Content-Encoding"] == nil)
        #expect(answer["Content-Type"] == "application/gzip")
    }

    @Test(
        "each form has a tag of its own, and conditions are about the form that would be sent",
        .rfc("9110-8.8.3.3-01", "9110-8.4-04", "9110-12.5.5-03", "9110-15.4.5-01")
    )
    func tags() throws {
        let server = try server()
        let plain = try #require(try server.get("/all.js")["ETag"])
        let zipped = try #require(try server.get("/all.js", "Accept-Encoding: gzip")["ETag"])
        #expect(plain != zipped)
        #expect(try server.get("/all.js", "If-None-Match: \(plain)").status == 304)
        #expect(try server.get("/all.js", "If-None-Match: \(zipped)").status == 200)
        let same = try server.get("/all.js", "Accept-Encoding: gzip", "If-None-Match: \(zipped)")
        #expect(same.status == 304)
        #expect(same["ETag"] == zipped)
        #expect(same["Vary"] == "Accept-Encoding")
        #expect(try server.get("/all.js", "Accept-Encoding: gzip", "If-None-Match: \(plain)").status == 200)
    }

    @Test("a sidecar older than its original is out of date")
    func older() throws {
        let server = try server()
        try server.folder.setModified("one.css.gz", 1_700_000_000)
        try server.folder.setModified("one.css", 1_700_000_000, nanoseconds: 1)
        #expect(try server.get("/one.css", "Accept-Encoding: gzip").text == "plain")
        try server.folder.setModified("one.css", 1_700_000_000)
        #expect(try server.get("/one.css", "Accept-Encoding: gzip").text == "gzipped")
    }

    @Test("a sidecar that leads outside, or is no file, is none")
    func odd() throws {
        let outside = try TemporaryDirectory()
        try outside.write("secret", "secret")
        let server = try FileServer(["a.css": "plain", "b.css": "plain", "c.css": "plain"])
        try server.folder.link("a.css.gz", to: outside.path(of: "secret"))
        try server.folder.makeDirectory("b.css.gz")
        try server.folder.makeFIFO("c.css.gz")
        for name in ["a", "b", "c"] {
            #expect(try server.get("/\(name).css", "Accept-Encoding: gzip").text == "plain")
        }
    }
}
