import MartletFiles
import TestSupport
import Testing

@Suite("Redirects, hidden names, applications and single files")
struct RedirectTests {
    @Test(
        "a folder without its slash is redirected to it, on this host whatever the path says",
        .rfc(
            "9110-15.4.2-01",
            "9110-10.2.2-01",
            "3986-3.3-02",
            "3986-2.1-02",
            "3986-2.4-03",
            "3986-2.5-01",
            "3986-2.2-02"
        ),
        arguments: [
            ("/dir", "/dir/"),
            ("/dir?a=b&c=%20d", "/dir/?a=b&c=%20d"),
            ("/dir?", "/dir/?"),
            ("//dir", "/dir/"),
            ("//evil.com", "/evil.com/"),
            ("///evil.com", "/evil.com/"),
            ("/./evil.com", "/evil.com/"),
            ("/dir/..//evil.com", "/evil.com/"),
            ("/x/..//evil.com/.//a%20b", "/evil.com/a%20b/"),
            ("/%5cevil.com", "/%5Cevil.com/"),
            ("/a%20b%3F%23%25", "/a%20b%3F%23%25/"),
            ("/d%C3%A9j%C3%A0", "/d%C3%A9j%C3%A0/"),
            ("/%FF%0d%0aX:1", "/%FF%0D%0AX%3A1/"),
            ("http://other.example/dir", "/dir/"),
        ]
    )
    func toSlash(target: String, location: String) throws {
        let folder = try TemporaryDirectory()
        for name in ["dir", "evil.com/a b", "\\evil.com", "a b?#%", "déjà"] { try folder.makeDirectory(name) }
        try folder.makeDirectory(octets: [0xFF] + Array("\r\nX:1".utf8))
        let answer = try FileServer(folder).get(target)
        #expect(answer.status == 301)
        #expect(answer["Location"] == location)
        #expect(answer["Content-Length"] == "0")
        #expect(answer["Cache-Control"] == "no-cache")
    }

    @Test("names with a leading dot answer 404, but for .well-known at the root")
    func hidden() throws {
        let files = [
            ".env": "secret", "a/.git/config": "secret", ".well-known/security.txt": "contact",
            "a/.well-known/x": "secret", ".well-known/.x": "secret", "...": "dots", "a/b": "plain",
        ]
        let server = try FileServer(files)
        for target in [
            "/.env", "/%2eenv", "/a/.git/config", "/a/.git/", "/a/.git", "/a/.well-known/x", "/...",
            "/.well-known/.x", "/.well-known.",
        ] {
            let answer = try server.get(target)
            #expect(answer.status == 404, "\(target)")
            #expect(!answer.text.contains("secret"))
        }
        #expect(try server.get("/.well-known/security.txt").text == "contact")
        #expect(try !server.get("/").text.contains("env"))
        #expect(try !server.get("/a/").text.contains("git"))

        var options = FilesOptions()
        options.showsHidden = true
        let open = try FileServer(server.folder, options: options)
        for (name, text) in files { #expect(try open.get("/\(name)").text == text, "\(name)") }
        #expect(try open.get("/").text.contains("href=\"./.env\""))
    }

    @Test("--spa answers pages that are not there with the application, and nothing else")
    func application() throws {
        var options = FilesOptions()
        options.fallsBackToIndex = true
        let server = try FileServer(["index.html": "<p>app", "real.txt": "real", "dir/a.txt": "a"], options: options)
        let accept = "Accept: text/html,application/xhtml+xml,*/*;q=0.8"
        for target in ["/users/42", "/users/42/", "/deep/er?x=y", "/real.txt/x"] {
            let answer = try server.get(target, accept)
            #expect(answer.status == 200, "\(target)")
            #expect(answer.text == "<p>app")
            #expect(answer["Content-Type"] == "text/html; charset=utf-8")
        }
        #expect(try server.get("/users/42").status == 404)
        #expect(try server.get("/users/42", "Accept: application/json").status == 404)
        #expect(try server.get("/app.js", accept).status == 404)
        #expect(try server.get("/real.txt", accept).text == "real")
        #expect(try server.get("/dir/", accept).text.contains("a.txt"))
    }

    @Test("--spa with --no-listing answers for a folder without index page with the application")
    func applicationWithoutListings() throws {
        var options = FilesOptions()
        options.fallsBackToIndex = true
        options.listsFolders = false
        let server = try FileServer(["index.html": "<p>app", "dir/a.txt": "a"], options: options)
        #expect(try server.get("/dir/", "Accept: text/html").text == "<p>app")
        #expect(try server.get("/dir/").status == 404)
    }

    @Test("one file is served under its name and nothing beside it", .rfc("9110-15.4.3-01"))
    func single() throws {
        let folder = try TemporaryDirectory()
        try folder.write("my file.txt", "mine")
        try folder.write("other.txt", "secret")
        try folder.write("dir/my file.txt", "secret")
        let server = try FileServer(folder, only: "my file.txt")
        let redirect = try server.get("/?download")
        #expect(redirect.status == 302)
        #expect(redirect["Location"] == "/my%20file.txt?download")
        #expect(try server.get("/my%20file.txt").text == "mine")
        #expect(try server.get("/my%20file.txt", "Range: bytes=1-2").text == "in")
        for target in ["/other.txt", "/dir/", "/dir/my%20file.txt", "/my%20file.txt/", "/nosuch", "/my%20file.txt/.."] {
            let answer = try server.get(target)
            #expect(answer.status == (target.hasSuffix("..") ? 302 : 404), "\(target)")
            #expect(!answer.text.contains("secret"))
        }
    }

    @Test("a hidden file that was named is served")
    func singleHidden() throws {
        let folder = try TemporaryDirectory()
        try folder.write(".profile", "mine")
        let server = try FileServer(folder, only: ".profile")
        #expect(try server.get("/")["Location"] == "/.profile")
        #expect(try server.get("/.profile").text == "mine")
    }
}
