import MartletFiles
import TestSupport
import Testing

@Suite("Names in paths and links (RFC 3986)")
struct NamesInPathsTests {
    /// Sends the request in every way and takes the answer apart.
    private func everyWay(_ server: FileServer, _ target: String) throws -> WireAnswer {
        let outcome = try EveryWay(FileServer.head("GET", target), at: server.address)
        #expect(outcome.difference == nil, "\(target)")
        return try #require(WireAnswer(Array(outcome.answer.utf8)))
    }

    @Test(
        "a file is found by each spelling of its name and by no other",
        .rfc(
            "3986-2.1-01",
            "3986-2.2-01",
            "3986-2.3-01",
            "3986-2.4-01",
            "3986-2.4-02",
            "3986-3.3-03",
            "3986-6.2.2.3-01",
            "3986-2.2-03"
        )
    )
    func spellings() throws {
        let names = ["~user", "a;b=c,d", "%2e%2e", "a?b", "a%b", "é", "dir/x", "a+b", "a:b"]
        let server = try FileServer(Dictionary(uniqueKeysWithValues: names.map { ($0, "file \($0)") }))
        for (target, name) in [
            ("/~user", "~user"), ("/%7Euser", "~user"), ("/%7euser", "~user"), ("/a;b=c,d", "a;b=c,d"),
            ("/a%3Bb%3dc%2Cd", "a;b=c,d"), ("/%252e%252e", "%2e%2e"), ("/a%3Fb", "a?b"), ("/a%25b", "a%b"),
            ("/%C3%A9", "é"), ("/%c3%a9", "é"), ("/dir/x", "dir/x"), ("/dir/../dir/./x", "dir/x"),
            ("/%2e%2e/dir/%2E/x", "dir/x"), ("/a+b", "a+b"), ("/a%2Bb", "a+b"), ("/a:b", "a:b"),
            ("/~user?/../x", "~user"),
        ] {
            let answer = try everyWay(server, target)
            #expect(answer.status == 200 && answer.text == "file \(name)", "\(target)")
        }
        for target in ["/dir%2Fx", "/a%20b", "/a;b", "/~user;v=1", "/%25252e%25252e", "/dir;/x", "/%257Euser", "/a"] {
            #expect(try everyWay(server, target).status == 404, "\(target)")
        }
    }

    @Test(
        "what a name cannot hold or must not mean is refused after decoding; a backslash, colon or device name is a plain name",
        .rfc("3986-7.3-01", "3986-7.3-02", "3986-7.3-03")
    )
    func specialNames() throws {
        let server = try FileServer([
            "a\\b": "file", "C:": "file", "nul": "file", "aux": "file", "dir/x": "inner",
        ])
        for target in ["/a%5cb", "/C:", "/C%3A", "/nul", "/aux"] {
            #expect(try everyWay(server, target).text == "file", "\(target)")
        }
        for (target, status) in [
            ("/a%00", 400), ("/%00", 400), ("/dir%00/x", 400), ("/dir%2fx", 404), ("/%2e%2e%2fdir", 404),
            ("/dir%2f..%2fdir%2fx", 404), ("/dir%5cx", 404), ("/..%5c..%5cdir", 404), ("/%2fdir", 404),
        ] {
            #expect(try everyWay(server, target).status == status, "\(target)")
        }
    }

    @Test(
        "links of a listing are relative with ./ in front, and encode what could be read otherwise",
        .rfc("3986-4.2-01", "3986-3.3-02", "3986-2.1-02", "3986-2.2-02", "3986-2.3-02", "3986-2.4-03", "3986-2.5-01")
    )
    func links() throws {
        let names = [
            "javascript:x", "a:b", "//evil".replacing("/", with: "\\"), "100%", "%41", "a?b#c", "é", "~a-b_c.d",
        ]
        let server = try FileServer(Dictionary(uniqueKeysWithValues: names.map { ($0, "") }))
        let page = try StrictHTML(try server.get("/").content)
        let links = page.links.filter { !$0.hasPrefix("./?") && !$0.hasPrefix("data:image/svg+xml,") }
        #expect(
            Set(links) == [
                "./javascript%3Ax", "./a%3Ab", "./%5C%5Cevil", "./100%25", "./%2541", "./a%3Fb%23c", "./%C3%A9",
                "./~a-b_c.d",
            ]
        )
    }

    @Test(
        "redirects to folders stay on this host and name no authority",
        .rfc("3986-3.3-02", "3986-2.1-02", "3986-2.5-01", "3986-3.2.3-01"),
        arguments: [
            ("//evil.com", "/evil.com/"), ("/%2e//evil.com", "/evil.com/"),
            ("http://localhost:80//evil.com", "/evil.com/"),
            ("/%c3%a9", "/%C3%A9/"), ("/x/..//evil.com?//a", "/evil.com/?//a"),
        ]
    )
    func redirects(target: String, location: String) throws {
        let folder = try TemporaryDirectory()
        for name in ["evil.com", "é"] { try folder.makeDirectory(name) }
        let answer = try everyWay(try FileServer(folder), target)
        #expect(answer.status == 301)
        #expect(answer["Location"] == location)
    }
}
