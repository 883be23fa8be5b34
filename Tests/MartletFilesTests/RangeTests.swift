import MartletFiles
import TestSupport
import Testing

@Suite("Ranges of files")
struct RangeTests {
    @Test(
        "one range",
        .rfc(
            "9110-14.1.2-01",
            "9110-14.1.2-03",
            "9110-14.1.2-04",
            "9110-14.1-01",
            "9110-14.1.2-07",
            "9110-14.2-07",
            "9110-14.4-02",
            "9110-14.4-03",
            "9110-15.3.7-04",
            "9110-15.3.7.1-01",
            "9110-15.3.7.2-05",
            "9110-15.3.7.2-06"
        ),
        arguments: [
            ("bytes=0-0", 0..<1), ("bytes=0-", 0..<1000), ("bytes=0-999", 0..<1000), ("bytes=0-1000", 0..<1000),
            ("bytes=999-", 999..<1000), ("bytes=998-998", 998..<999), ("bytes=500-599", 500..<600),
            ("bytes=-1", 999..<1000), ("bytes=-1000", 0..<1000), ("bytes=-99999999999999999999", 0..<1000),
            ("bytes=10-99999999999999999999", 10..<1000), ("BYTES=1-2", 1..<3), ("bytes= 1-2 ,", 1..<3),
            // Overlapping, touching and near ones are one.
            ("bytes=0-9,5-14", 0..<15), ("bytes=0-9,10-19", 0..<20), ("bytes=20-29,0-9", 0..<30),
            ("bytes=0-9,2000-", 0..<10), ("bytes=-10,-20,-30", 970..<1000),
        ]
    )
    func single(range: String, expected: Range<Int>) throws {
        let bytes = pattern(1000)
        let folder = try TemporaryDirectory()
        try folder.write("a.bin", bytes)
        let answer = try FileServer(folder).get("/a.bin", "Range: \(range)")
        #expect(answer.status == 206)
        #expect(answer["Content-Range"] == "bytes \(expected.lowerBound)-\(expected.upperBound - 1)/1000")
        #expect(answer["Content-Length"] == "\(expected.count)")
        #expect(answer["Content-Type"] == "application/octet-stream")
        #expect(answer.content == Array(bytes[expected]))
    }

    @Test(
        "the head of a 206, field by field",
        .rfc("9110-15.3.7-01", "9110-15.3.7-03", "9110-6.6.1-02", "9110-14.3-01")
    )
    func fields() throws {
        let server = try FileServer(["a.txt": "0123456789"])
        #expect(
            try server.get("/a.txt", "Range: bytes=2-4").head() == """
                HTTP/1.1 206 Partial Content
                Date: *
                Server: Martlet
                Last-Modified: *
                ETag: *
                Cache-Control: no-cache
                Vary: Accept-Encoding
                Content-Type: text/plain; charset=utf-8
                X-Content-Type-Options: nosniff
                Accept-Ranges: bytes
                Content-Range: bytes 2-4/10
                Content-Length: 3
                Connection: close
                """
        )
    }

    @Test(
        "a range that lies outside answers 416 with the length",
        .rfc("9110-14.1.2-05", "9110-14.2-08", "9110-14.4-05", "9110-15.5.17-01"),
        arguments: ["bytes=10-", "bytes=10-20", "bytes=99999999999999999999-", "bytes=-0", "bytes=10-,20-"]
    )
    func unsatisfiable(range: String) throws {
        let server = try FileServer(["a.txt": "0123456789"])
        let answer = try server.get("/a.txt", "Range: \(range)")
        #expect(answer.status == 416)
        #expect(answer["Content-Range"] == "bytes */10")
        #expect(!answer.text.contains("0123"))
    }

    @Test(
        "a Range that makes no sense is as none",
        .rfc("9110-14.1.1-01", "9110-14.1.1-02", "9110-14.2-03", "9110-14.2-04"),
        arguments: [
            "bytes", "bytes=", "bytes=a-b", "bytes=5-2", "bytes=0-1,x", "bytes=--1", "bytes=1", "octets=0-1", "0-1",
            "bytes=0-1;2-3", "bytes=0 -1", "bytes=+1-2", "bytes=0x1-2", "bytes=-",
        ]
    )
    func ignored(range: String) throws {
        let server = try FileServer(["a.txt": "0123456789"])
        let answer = try server.get("/a.txt", "Range: \(range)")
        #expect(answer.status == 200)
        #expect(answer["Content-Range"] == nil)
        #expect(answer.text == "0123456789")
    }

    @Test(
        "HEAD and an empty file know no ranges, but that beyond the end there is nothing",
        .rfc("9110-14.1.2-06", "9110-14.2-02", "9110-14.2-05")
    )
    func noRanges() throws {
        let server = try FileServer(["a.txt": "0123456789", "empty": ""])
        let head = try server.head("/a.txt", "Range: bytes=2-4")
        #expect(head.status == 200)
        #expect(head["Content-Length"] == "10")
        #expect(try server.get("/empty", "Range: bytes=-5").status == 200)
        let beyond = try server.get("/empty", "Range: bytes=0-")
        #expect(beyond.status == 416)
        #expect(beyond["Content-Range"] == "bytes */0")
    }

    @Test(
        "several ranges come as parts that say where they are from",
        .rfc(
            "9110-8.3.3-01",
            "9110-14.6-01",
            "9110-14.6-02",
            "9110-15.3.7-04",
            "9110-15.3.7.2-01",
            "9110-15.3.7.2-02",
            "9110-15.3.7.2-03",
            "9110-15.3.7.2-04",
            "9110-15.3.7.2-08"
        ),
        arguments: [
            ("bytes=0-9,500-599", [0..<10, 500..<600]),
            ("bytes=500-599,0-9", [500..<600, 0..<10]),
            ("bytes=0-0,-1", [0..<1, 99_999..<100_000]),
            ("bytes=0-40000,50000-,40100-40200", [0..<40_001, 50_000..<100_000, 40_100..<40_201]),
            ("bytes=0-1, 200000-, 1000-1001", [0..<2, 1000..<1002]),
        ]
    )
    func several(range: String, expected: [Range<Int>]) throws {
        let bytes = pattern(100_000)
        let folder = try TemporaryDirectory()
        try folder.write("a.txt", bytes)
        let answer = try FileServer(folder).get("/a.txt", "Range: \(range)")
        #expect(answer.status == 206)
        #expect(answer["Content-Range"] == nil)
        #expect(answer["Content-Length"] == "\(answer.content.count)")
        let parts = try Multipart(answer)
        #expect(parts.parts.map(\.range) == expected.map { "bytes \($0.lowerBound)-\($0.upperBound - 1)/100000" })
        #expect(parts.parts.allSatisfy { $0.type == "text/plain; charset=utf-8" })
        for (part, range) in zip(parts.parts, expected) { #expect(part.content == Array(bytes[range])) }
    }

    @Test(
        "more than 16 ranges, or 200 in the field, are not worth it: the whole file comes",
        .rfc("9110-14.2-04", "9110-17.15-01")
    )
    func tooMany() throws {
        let bytes = pattern(100_000)
        let folder = try TemporaryDirectory()
        try folder.write("a.bin", bytes)
        let server = try FileServer(folder)
        func ask(_ count: Int, step: Int) throws -> WireAnswer {
            let list = (0..<count).map { "\($0 * step)-\($0 * step)" }.joined(separator: ",")
            return try server.get("/a.bin", "Range: bytes=\(list)")
        }
        #expect(try Multipart(try ask(16, step: 1000)).parts.count == 16)
        let whole = try ask(17, step: 1000)
        #expect(whole.status == 200)
        #expect(whole.content == bytes)
        #expect(try ask(200, step: 1).content == Array(bytes[..<200]))
        #expect(try ask(201, step: 1).status == 200)
    }

    @Test(
        "files of every size that has a path of its own through the server",
        arguments: [
            0, 1, 16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 512 * 1024 - 1, 512 * 1024, 512 * 1024 + 1, 10_000_000,
        ]
    )
    func sizes(size: Int) throws {
        let bytes = pattern(size)
        let folder = try TemporaryDirectory()
        try folder.write("a.bin", bytes)
        let server = try FileServer(folder)
        let whole = try server.get("/a.bin")
        #expect(whole["Content-Length"] == "\(size)")
        #expect(whole.content == bytes)
        guard size > 1 else { return }
        #expect(try server.get("/a.bin", "Range: bytes=1-").content == Array(bytes[1...]))
        #expect(try server.get("/a.bin", "Range: bytes=-\(size / 2)").content == Array(bytes.suffix(size / 2)))
        #expect(try server.get("/a.bin", "Range: bytes=\(size / 2)-\(size / 2)").content == [bytes[size / 2]])
    }

    @Test("a range beyond 4 GiB of a sparse file")
    func large() throws {
        let folder = try TemporaryDirectory()
        let place = 4_500_000_000
        try folder.setSize("a.bin", 5_000_000_000)
        try folder.overwrite("a.bin", at: place, Array("needle".utf8))
        let server = try FileServer(folder)
        #expect(try server.head("/a.bin")["Content-Length"] == "5000000000")
        let answer = try server.get("/a.bin", "Range: bytes=\(place)-\(place + 5)")
        #expect(answer["Content-Range"] == "bytes 4500000000-4500000005/5000000000")
        #expect(answer.text == "needle")
        #expect(try server.get("/a.bin", "Range: bytes=-3").content == [0, 0, 0])
        let parts = try Multipart(try server.get("/a.bin", "Range: bytes=0-1,\(place)-\(place + 5)"))
        #expect(parts.parts.last?.content == Array("needle".utf8))
    }

    @Test("ranges count octets of the compressed form", .rfc("9110-14.1.2-02"))
    func encoded() throws {
        let server = try FileServer(["a.txt": "0123456789", "a.txt.gz": "compressed"])
        let answer = try server.get("/a.txt", "Range: bytes=3-5", "Accept-Encoding: gzip")
        #expect(answer.status == 206)
        #expect(answer["Content-Encoding"] == "gzip")
        #expect(answer.text == "pre")
    }
}

/// A `multipart/byteranges` content, read strictly (RFC 2046 §5.1.1).
struct Multipart {
    struct Part {
        var type = ""
        var range = ""
        var content: [UInt8] = []
    }

    struct Malformed: Error {
        let why: String
    }

    private(set) var parts: [Part] = []

    init(_ answer: WireAnswer) throws {
        let prefix = "multipart/byteranges; boundary="
        guard let type = answer["Content-Type"], type.hasPrefix(prefix) else { throw Malformed(why: "no multipart") }
        let delimiter = Array("--\(type.dropFirst(prefix.count))".utf8)
        var rest = answer.content[...]
        func take(_ expected: [UInt8], _ why: String) throws {
            guard rest.starts(with: expected) else { throw Malformed(why: why) }
            rest = rest.dropFirst(expected.count)
        }
        func line() throws -> String {
            guard let end = rest.firstIndex(of: 13) else { throw Malformed(why: "no end of line") }
            let line = String(decoding: rest[..<end], as: UTF8.self)
            rest = rest[end...]
            try take([13, 10], "no newline")
            return line
        }
        try take(delimiter, "no first delimiter")
        while true {
            if rest.starts(with: [45, 45]) { break }
            try take([13, 10], "no newline after the delimiter")
            var part = Part()
            while true {
                let field = try line()
                if field.isEmpty { break }
                if field.hasPrefix("Content-Type: ") { part.type = String(field.dropFirst(14)) }
                if field.hasPrefix("Content-Range: ") { part.range = String(field.dropFirst(15)) }
            }
            // The length follows from the range: the content may hold anything.
            let bounds = part.range.split(whereSeparator: { " -/".contains($0) }).dropFirst().compactMap { Int($0) }
            guard bounds.count == 3 else { throw Malformed(why: "Content-Range: \(part.range)") }
            part.content = Array(rest.prefix(bounds[1] - bounds[0] + 1))
            rest = rest.dropFirst(part.content.count)
            try take([13, 10] + delimiter, "no delimiter after a part")
            parts.append(part)
        }
        try take([45, 45, 13, 10], "no end")
        guard rest.isEmpty else { throw Malformed(why: "octets after the end") }
    }
}
