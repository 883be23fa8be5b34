import MartletWire
import TestSupport
import Testing

@Suite struct RequestPathTests {
    private func decoded(_ raw: String) throws -> RequestPath {
        try RequestPath(bytes: raw.utf8)
    }

    @Test(
        "segments are split first and decoded once",
        .rfc("3986-2.3-01", "3986-2.4-01", "3986-2.4-02", "3986-2.1-01", "3986-2.2-03", "3986-3.3-03"),
        arguments: [
            ("/", [], true), ("", [], true), ("/a", ["a"], false), ("/a/", ["a"], true), ("/a/b", ["a", "b"], false),
            ("/a//b", ["a", "b"], false), ("//a", ["a"], false), ("///", [], true), ("/a//", ["a"], true),
            ("/%7Euser", ["~user"], false), ("/%7euser", ["~user"], false), ("/%41%42", ["AB"], false),
            ("/a%20b", ["a b"], false), ("/%252e%252e", ["%2e%2e"], false), ("/%2525", ["%25"], false),
            ("/gr%C3%BCn", ["grün"], false), ("/a%3Fb", ["a?b"], false), ("/a%23b", ["a#b"], false),
            ("/a;b,c=d", ["a;b,c=d"], false), ("/a:b@c", ["a:b@c"], false), ("/%0D%0A", ["\r\n"], false),
            ("/[1]", ["[1]"], false), ("/a%5Cb", ["a\\b"], false), ("/a+b", ["a+b"], false),
        ]
    )
    func decoding(raw: String, segments: [String], hasTrailingSlash: Bool) throws {
        let path = try decoded(raw)
        #expect(path.segments == segments)
        #expect(path.hasTrailingSlash == hasTrailingSlash)
        #expect(!path.hasEncodedSlash)
        #expect(String(decoding: path.bytes, as: UTF8.self) == segments.joined(separator: "/"))
    }

    @Test(
        "dot segments are resolved, plain and encoded alike, and never leave the root",
        .rfc("3986-5.2.4-01", "3986-6.2.2.3-01"),
        arguments: [
            ("/.", [], true), ("/..", [], true), ("/./", [], true), ("/../", [], true), ("/a/.", ["a"], true),
            ("/a/..", [], true), ("/a/b/..", ["a"], true), ("/a/b/../", ["a"], true), ("/a/./b", ["a", "b"], false),
            ("/a/../b", ["b"], false), ("/../../../etc", ["etc"], false), ("/a/../../b", ["b"], false),
            ("/%2e%2e/etc", ["etc"], false), ("/.%2E/etc", ["etc"], false), ("/%2E./etc", ["etc"], false),
            ("/a/%2e/b", ["a", "b"], false), ("/a/b/c/./../../g", ["a", "g"], false),
            ("/mid/content=5/../6", ["mid", "6"], false),
            ("/a//../b", ["b"], false), ("/...", ["..."], false), ("/..a", ["..a"], false), ("/.a", [".a"], false),
            ("/a..", ["a.."], false), ("/a/...", ["a", "..."], false), ("/%2e%2e%2e", ["..."], false),
            ("/a/b/../../c/", ["c"], true), ("..", [], true), ("../a", ["a"], false),
        ]
    )
    func dotSegments(raw: String, segments: [String], hasTrailingSlash: Bool) throws {
        let path = try decoded(raw)
        #expect(path.segments == segments)
        #expect(path.hasTrailingSlash == hasTrailingSlash)
        #expect(String(decoding: path.bytes, as: UTF8.self) == segments.joined(separator: "/"))
    }

    @Test(
        "an encoded slash separates nothing and is reported",
        .rfc("3986-2.2-01"),
        arguments: [
            ("/a%2Fb/c", ["a/b", "c"]), ("/a%2fb", ["a/b"]), ("/%2F", ["/"]), ("/..%2F..%2Fetc", ["../../etc"]),
            ("/%2e%2e%2fetc", ["../etc"]), ("/a/%2F/..", ["a"]), ("/x%2Fy/z/../w", ["x/y", "w"]),
            ("/a%2Fb%20c", ["a/b c"]),
        ]
    )
    func encodedSlash(raw: String, segments: [String]) throws {
        let path = try decoded(raw)
        #expect(path.hasEncodedSlash)
        #expect(path.segments == segments)
        #expect(path.segmentCount == segments.count)
        for index in segments.indices {
            #expect(path.segmentOctets(index) == Array(segments[index].utf8))
        }
    }

    @Test(
        "what is no path is refused",
        .rfc("3986-2.1-03", "3986-3.3-01", "3986-7.3-02"),
        arguments: [
            ("/%", .invalidPercentEncoding), ("/%4", .invalidPercentEncoding), ("/%zz", .invalidPercentEncoding),
            ("/%4g", .invalidPercentEncoding), ("/%g4", .invalidPercentEncoding), ("/%%41", .invalidPercentEncoding),
            ("/a/%/b", .invalidPercentEncoding), ("/%00", .encodedNUL), ("/a%00.html", .encodedNUL),
            ("/a b", .invalidPathOctet), ("/a\\b", .invalidPathOctet), ("/a\"b", .invalidPathOctet),
            ("/a<b", .invalidPathOctet), ("/a>b", .invalidPathOctet), ("/a^b", .invalidPathOctet),
            ("/a`b", .invalidPathOctet), ("/a{b", .invalidPathOctet), ("/a}b", .invalidPathOctet),
            ("/a|b", .invalidPathOctet), ("/gr\u{FC}n", .invalidPathOctet), ("/a?b", .invalidPathOctet),
            ("/a#b", .invalidPathOctet), ("/a\0b", .invalidPathOctet), ("/a\r\nb", .invalidPathOctet),
        ] as [(String, RequestError)]
    )
    func refused(raw: String, error: RequestError) {
        #expect(throws: error) { try decoded(raw) }
    }

    @Test("every octet decodes from its encoding, in either case, but for NUL")
    func allEncodings() throws {
        let digits = Array("0123456789ABCDEF".utf8)
        for octet in UInt8.min...UInt8.max where octet != 0 && octet != 0x2E {
            let raw = [0x2F, 0x25, digits[Int(octet >> 4)], digits[Int(octet & 15)]]
            let path = try RequestPath(bytes: raw)
            #expect(path.bytes == [octet])
            #expect(path.hasEncodedSlash == (octet == 0x2F))
            let lower = raw.map { (0x41...0x46).contains($0) ? $0 | 0x20 : $0 }
            #expect(try RequestPath(bytes: lower) == path)
        }
    }

    @Test("every octet that may stand for itself does, and every other is refused")
    func allOctets() {
        let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@[]/".utf8)
        for octet in UInt8.min...UInt8.max where octet != 0x25 {
            let raw = [0x2F, 0x61, octet, 0x62]
            #expect(((try? RequestPath(bytes: raw)) != nil) == allowed.contains(octet), "octet \(octet)")
        }
    }

    @Test("decoding again replaces what was there, and a refused path leaves nothing")
    func reuse() throws {
        var path = try decoded("/a%2Fb/c/")
        try path.decode(bytes: "/x".utf8)
        #expect(try path == decoded("/x"))
        #expect(throws: RequestError.encodedNUL) { try path.decode(bytes: "/a/%00".utf8) }
        #expect(path == RequestPath())
        #expect(path.segmentCount == 0)
        #expect(!path.hasTrailingSlash)
    }

    @Test(
        "segments at the beginning can be hidden, and what is left is a path like any other",
        arguments: [
            ("/a/b/c", 0, "/a/b/c"), ("/a/b/c", 1, "/b/c"), ("/a/b/c/", 2, "/c/"), ("/a/", 1, "/"), ("/", 0, "/"),
            ("/", 3, "/"), ("/a/b/", 9, "/"), ("/a%2Fb/c", 1, "/c"), ("/a/b%2Fc/d", 1, "/b%2Fc/d"),
            ("/a/%2F", 1, "/%2F"),
            ("/a%2Fb/c%2Fd/e", 1, "/c%2Fd/e"), ("/a%2Fb/", 1, "/"), ("/%FF/x%20y", 1, "/x%20y"),
        ]
    )
    func hiding(raw: String, count: Int, rest: String) throws {
        let path = try decoded(raw).droppingFirst(count)
        let expected = try decoded(rest)
        #expect(path == expected)
        #expect(path.hashValue == expected.hashValue)
        #expect(path.bytes == expected.bytes)
        #expect(path.segments == expected.segments)
        #expect(path.segmentCount == expected.segmentCount)
        #expect(path.hasEncodedSlash == expected.hasEncodedSlash)
        #expect(path.description == expected.description)
        #expect(path.encoded == Array(rest.utf8))
        for index in 0..<path.segmentCount { #expect(path.segmentOctets(index) == expected.segmentOctets(index)) }
    }

    @Test("hiding goes on where it ended, and a path that is read again hides nothing")
    func hidingTwice() throws {
        var path = try decoded("/a/b/c/d").droppingFirst(1).droppingFirst(2)
        #expect(try path == decoded("/d"))
        #expect(try path != decoded("/c"))
        try path.decode(bytes: "/a/b".utf8)
        #expect(try path == decoded("/a/b"))
        #expect(try decoded("/x%2Fy") != decoded("/x/y"))
        #expect(try decoded("/x%2Fy/z") != decoded("/x/y%2Fz"))
    }

    @Test(
        "an encoded path begins with one slash and holds nothing that would end it",
        arguments: [
            ("/", "/"), ("//evil.com", "/evil.com"), ("/%2F%2Fevil.com/", "/%2F%2Fevil.com/"),
            ("/a%3fb%23c", "/a%3Fb%23c"),
            ("/%0d%0aX:1", "/%0D%0AX%3A1"), ("/a//./b/", "/a/b/"),
        ]
    )
    func encoding(raw: String, encoded: String) throws {
        #expect(try String(decoding: decoded(raw).encoded, as: UTF8.self) == encoded)
    }

    /// RFC 3986 §5.2.4 done slowly, with strings.
    private func slowly(_ raw: String) -> [String] {
        var output: [String] = []
        for segment in raw.split(separator: "/", omittingEmptySubsequences: true) {
            let name = String(segment).replacing("%2e", with: ".")
            if name == ".." { _ = output.popLast() } else if name != "." { output.append(name) }
        }
        return output
    }

    @Test("all short paths of slashes, dots, encoded dots and a letter agree with the slow way")
    func exhaustive() throws {
        let pieces = ["/", ".", "%2e", "a"]
        var paths = ["/"]
        for _ in 0..<6 {
            for path in paths { #expect(try decoded(path).segments == slowly(path), "\(path)") }
            paths = paths.flatMap { path in pieces.map { path + $0 } }
        }
    }
}
