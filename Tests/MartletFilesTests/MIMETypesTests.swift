import Testing

@testable import MartletFiles

@Suite("The media type of a file name")
struct MIMETypesTests {
    @Test(
        "the extension decides",
        arguments: [
            ("index.html", "text/html; charset=utf-8"), ("a.htm", "text/html; charset=utf-8"),
            ("style.css", "text/css; charset=utf-8"), ("app.js", "text/javascript; charset=utf-8"),
            ("app.mjs", "text/javascript; charset=utf-8"), ("app.js.map", "application/json"),
            ("data.json", "application/json"), ("site.webmanifest", "application/manifest+json"),
            ("a.wasm", "application/wasm"), ("a.svg", "image/svg+xml"), ("a.webp", "image/webp"),
            ("a.avif", "image/avif"), ("a.jxl", "image/jxl"), ("a.heic", "image/heic"), ("a.png", "image/png"),
            ("a.jpg", "image/jpeg"), ("a.jpeg", "image/jpeg"), ("a.gif", "image/gif"),
            ("favicon.ico", "image/vnd.microsoft.icon"), ("a.woff", "font/woff"), ("a.woff2", "font/woff2"),
            ("a.ttf", "font/ttf"), ("a.otf", "font/otf"), ("a.mp4", "video/mp4"), ("a.m4v", "video/mp4"),
            ("a.m4a", "audio/mp4"), ("a.webm", "video/webm"), ("a.mkv", "video/x-matroska"),
            ("a.avi", "video/x-msvideo"), ("a.ogg", "audio/ogg"), ("a.opus", "audio/ogg"), ("a.mp3", "audio/mpeg"),
            ("a.flac", "audio/flac"), ("a.wav", "audio/wav"), ("a.pdf", "application/pdf"),
            ("a.epub", "application/epub+zip"), ("a.zip", "application/zip"), ("a.tar", "application/x-tar"),
            ("a.tar.gz", "application/gzip"), ("a.br", "application/x-brotli"), ("a.zst", "application/zstd"),
            ("a.7z", "application/x-7z-compressed"), ("a.apk", "application/vnd.android.package-archive"),
            ("a.gltf", "model/gltf+json"), ("a.glb", "model/gltf-binary"), ("a.xhtml", "application/xhtml+xml"),
            ("a.xml", "application/xml"), ("a.atom", "application/atom+xml"), ("a.rss", "application/rss+xml"),
            ("a.csv", "text/csv; charset=utf-8"), ("a.ics", "text/calendar; charset=utf-8"),
            ("a.vcf", "text/vcard; charset=utf-8"), ("a.txt", "text/plain; charset=utf-8"),
            ("a.log", "text/plain; charset=utf-8"), ("a.md", "text/markdown; charset=utf-8"),
            ("a.yaml", "application/yaml"), ("a.yml", "application/yaml"), ("a.toml", "application/toml"),
            ("a.swift", "text/plain; charset=utf-8"), ("a.py", "text/plain; charset=utf-8"),
        ]
    )
    func byExtension(name: String, expected: String) {
        #expect(MIMETypes.contentType(forFileName: Array(name.utf8)) == expected)
    }

    @Test("a .ts file is TypeScript, which browsers show as text, not an MPEG transport stream")
    func typeScript() {
        #expect(type("main.ts") == "text/plain; charset=utf-8")
        #expect(type("film.m2ts") == "video/mp2t")
    }

    @Test("ASCII case does not matter", arguments: ["A.HTML", "a.Html", "a.hTmL"])
    func anyCase(name: String) {
        #expect(type(name) == "text/html; charset=utf-8")
    }

    @Test("only the last extension counts", arguments: ["a.html.png", ".png.png", "..png", "a b.c.png"])
    func lastExtension(name: String) {
        #expect(type(name) == "image/png")
    }

    @Test(
        "text files known by their whole name are plain text",
        arguments: ["README", "readme", "LICENSE", "Makefile", "Dockerfile", ".gitignore", ".bashrc"]
    )
    func textNames(name: String) {
        #expect(type(name) == "text/plain; charset=utf-8")
    }

    @Test(
        "a name that says nothing is an octet stream",
        arguments: [
            "", ".", "..", "a", "a.", "READMEE", "READM", ".png", "a.unknownkind", "a.verylongextension",
            "a.png ", "a. png", "a.pn g", "a. ", "a.webmanifest1", "a.pn\u{0}", "\u{FFFD}.é", "a.html/", "aREADME",
        ]
    )
    func unknown(name: String) {
        #expect(type(name) == "application/octet-stream")
    }

    @Test("bytes that are not UTF-8 do no harm")
    func anyBytes() {
        #expect(MIMETypes.contentType(forFileName: [0xFF, 0xFE, 0x2E, 0x70, 0x6E, 0x67]) == "image/png")
        #expect(MIMETypes.contentType(forFileName: [0x61, 0x2E, 0xFF]) == "application/octet-stream")
        for byte in UInt8.min...UInt8.max {
            _ = MIMETypes.contentType(forFileName: [0x61, 0x2E, byte, byte])
        }
    }

    @Test("every extension of the table is found by the search, and the table is in order")
    func wholeTable() throws {
        let lines = MIMETable.extensions.split(separator: "\n")
        var previous: [UInt8] = []
        for line in lines {
            let name = line.dropLast(MIMETable.indexWidth).trimmingSuffix(" ")
            let index = try #require(Int(line.suffix(MIMETable.indexWidth)))
            #expect(type("file.\(name)") == MIMETable.types[index], "\(name)")
            #expect(previous.lexicographicallyPrecedes(name.utf8), "\(name)")
            previous = Array(name.utf8)
        }
        #expect(lines.count > 1_000)
    }

    @Test("every type is a media type that a field value may hold")
    func wellFormedTypes() {
        for type in MIMETable.types {
            #expect(type.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "\(type)")
            #expect(type.split(separator: "/").count == 2, "\(type)")
            #expect(type.hasPrefix("text/") == type.hasSuffix("; charset=utf-8"), "\(type)")
        }
    }

    private func type(_ name: String) -> String {
        MIMETypes.contentType(forFileName: Array(name.utf8))
    }
}

extension Substring {
    fileprivate func trimmingSuffix(_ character: Character) -> Substring {
        var rest = self
        while rest.last == character {
            rest.removeLast()
        }
        return rest
    }
}
