import Martlet
import MartletCGI
import TestSupport
import Testing

/// Which script a path means, and what is left of the path (RFC 3875 §3.3, §4.1.5, §4.1.13).
@Suite("CGI: paths", .timeLimit(.patient))
struct PathTests {
    /// A script that says what it takes its path for.
    private static let sayPath = """
        #!/bin/sh
        printf 'Content-Type: text/plain\\n\\n%s|%s|%s|%s\\n' "$SCRIPT_NAME" "$PATH_INFO" "${PATH_TRANSLATED-unset}" "$PWD"

        """

    @Test("the first file on the path is the script, the rest PATH_INFO", .rfc("3875-4.1.5-01", "3875-4.1.13-01"))
    func rest() async throws {
        try await withSite { site in
            try site.scripts.makeDirectory("deep/er")
            try site.write("a.cgi", Self.sayPath)
            try site.write("deep/er/b.cgi", Self.sayPath)
            let root = site.scripts.path
            #expect(try site.get("a.cgi").text == "/cgi-bin/a.cgi||unset|\(root)\n")
            #expect(try site.get("a.cgi/").text == "/cgi-bin/a.cgi|/|\(root)/|\(root)\n")
            #expect(try site.get("a.cgi/x/y%20z/").text == "/cgi-bin/a.cgi|/x/y z/|\(root)/x/y z/|\(root)\n")
            #expect(
                try site.get("deep/er/b.cgi/a.cgi").text
                    == "/cgi-bin/deep/er/b.cgi|/a.cgi|\(root)/a.cgi|\(root)/deep/er\n"
            )
        }
    }

    @Test("PATH_TRANSLATED is there with PATH_INFO alone", .rfc("3875-4.1.6-01", "3875-4.1.6-02"))
    func translated() async throws {
        let elsewhere = try TemporaryDirectory()
        var options = CGIOptions()
        options.documentRoot = elsewhere.path
        try await withSite(options: options) { site in
            try site.write("a.cgi", Self.sayPath)
            #expect(try site.get("a.cgi").text.contains("||unset|"))
            #expect(try site.get("a.cgi/b").text.contains("|/b|\(elsewhere.path)/b|"))
        }
    }

    @Test("a path that keeps its case", .rfc("3875-4.1.5-02"))
    func letterCase() async throws {
        try await withSite { site in
            try site.write("a.cgi", Self.sayPath)
            #expect(try site.get("a.cgi/Upper/lower").text.contains("|/Upper/lower|"))
            #expect(try site.get("A.cgi").status == 404)
        }
    }

    @Test(
        "dot segments are resolved before the script is looked for, and lead nowhere else",
        .rfc("3875-9.8-01", "3875-9.8-02")
    )
    func dots() async throws {
        try await withSite { site in
            try site.write("a.cgi", Self.sayPath)
            try site.write("b.cgi", Self.sayPath)
            let root = site.scripts.path
            #expect(try site.get("b.cgi/../a.cgi/x").text == "/cgi-bin/a.cgi|/x|\(root)/x|\(root)\n")
            #expect(try site.get("a.cgi/x/%2e%2e/%2E%2E/../../../etc/passwd").status == 404)
            #expect(try site.get("a.cgi/x/../../../../cgi-bin/a.cgi/%2e%2e%2fetc").status == 404)
            #expect(try site.get("a.cgi/x/../y").text.contains("|/y|\(root)/y|"))
            #expect(try site.get("../../../../bin/ls").status == 404)
        }
    }

    @Test("an encoded slash is refused", .rfc("3875-4.1.5-03"))
    func encodedSlash() async throws {
        try await withSite { site in
            try site.write("a.cgi", Self.sayPath)
            #expect(try site.get("a.cgi/x%2Fy").status == 404)
            #expect(try site.get("a.cgi%2Fx").status == 404)
            #expect(try site.get("a.cgi/x%00").status == 400)
        }
    }

    @Test("empty segments do not count")
    func emptySegments() async throws {
        try await withSite { site in
            try site.write("a.cgi", Self.sayPath)
            #expect(try site.get("/a.cgi//x///y").text.hasPrefix("/cgi-bin/a.cgi|/x/y|"))
        }
    }

    @Test("the URL made of the variables runs the same script with the same path and query", .rfc("3875-3.3-02"))
    func scriptURI() async throws {
        try await withSite { site in
            try site.scripts.makeDirectory("a b")
            try site.write("a b/c+d%.cgi", printEnvironment)
            let first = try site.get("a%20b/c+d%25.cgi/x%20y/%25?q=%20").variables
            func encoded(_ name: String) -> String {
                (first[name] ?? "").split(separator: "/", omittingEmptySubsequences: false)
                    .map { PercentEncoding.component(String($0)) }.joined(separator: "/")
            }
            let target = encoded("SCRIPT_NAME") + encoded("PATH_INFO") + "?" + (first["QUERY_STRING"] ?? "")
            let second = try site.ask("GET \(target) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").variables
            for name in ["SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "SCRIPT_FILENAME"] {
                #expect(second[name] != nil && second[name] == first[name], "\(name)")
            }
        }
    }

    @Test("the script URI encodes nothing that need not be: what is plain stays plain", .rfc("3875-2.3-01"))
    func encoding() throws {
        var text: [UInt8] = []
        PercentEncoding.appendSegment(Array("aZ0-._~!$()*+,;=@".utf8), to: &text)
        #expect(String(decoding: text, as: UTF8.self) == "aZ0-._~!$()*+,;=@")
    }

    @Test("what is no program is a 403, and its source is never sent")
    func source() async throws {
        try await withSite { site in
            try site.write("secret.py", "#!/usr/bin/python3\nprint('secret')\n", mode: 0o644)
            try site.write("data.txt", "secret\n", mode: 0o644)
            for name in ["secret.py", "data.txt", "data.txt/x"] {
                let answer = try site.get(name)
                #expect(answer.status == 403)
                #expect(!answer.text.contains("secret'"))
            }
            #expect(try site.get("nothing").status == 404)
            #expect(try site.get("").status == 404)
        }
    }

    @Test("an interpreter runs files by the end of their name")
    func interpreter() async throws {
        var options = CGIOptions()
        options.interpreters = [".py": "python3", ".sh": "sh"]
        try await withSite(options: options) { site in
            try site.write("a.py", "import sys\nprint('Content-Type: text/plain\\n')\nprint(sys.argv)\n", mode: 0o644)
            try site.write("b.sh", "printf 'Content-Type: text/plain\\n\\nshell %s\\n' $#\n", mode: 0o644)
            #expect(try site.get("a.py").text == "['\(site.scripts.path(of: "a.py"))']\n")
            // No words of a search for it: they might be taken for options.
            #expect(try site.get("b.sh?-a+b").text == "shell 0\n")
        }
    }

    @Test("an interpreter that is not there is an error when the handler is made")
    func noInterpreter() throws {
        let folder = try TemporaryDirectory()
        var options = CGIOptions()
        options.interpreters = [".x": "martlet-has-no-such-interpreter"]
        #expect(throws: SystemError.self) { try CGI(folder.path, options: options) }
        #expect(throws: SystemError.self) { try CGI(folder.path(of: "none")) }
        #expect(throws: SystemError.self) { try CGI(program: folder.path(of: "none")) }
    }

    @Test("a folder's index is run where the folder is asked for, with its slash")
    func index() async throws {
        try await withSite { site in
            try site.scripts.makeDirectory("sub")
            try site.scripts.makeDirectory("bare")
            try site.write("index.cgi", Self.sayPath)
            try site.write("sub/index.cgi", Self.sayPath)
            #expect(try site.get("").text.hasPrefix("/cgi-bin/index.cgi||unset|"))
            #expect(try site.get("sub/").text.hasPrefix("/cgi-bin/sub/index.cgi||unset|"))
            let redirect = try site.get("sub?a=b")
            #expect(redirect.status == 301)
            #expect(redirect["location"] == ["/cgi-bin/sub/?a=b"])
            #expect(try site.get("bare/").status == 404)
            #expect(try site.get("sub/x").status == 404)
        }
    }

    @Test("links that leave the folder, hidden names and FIFOs are not there")
    func links() async throws {
        let outside = try TemporaryDirectory()
        try outside.writeScript("evil.cgi", Self.sayPath)
        try await withSite { site in
            try site.write("a.cgi", Self.sayPath)
            try site.write(".hidden.cgi", Self.sayPath)
            try site.scripts.link("inside.cgi", to: "a.cgi")
            try site.scripts.link("outside.cgi", to: outside.path(of: "evil.cgi"))
            try site.scripts.link("folder", to: outside.path)
            try site.scripts.makeFIFO("fifo")
            try site.scripts.setMode("fifo", 0o777)
            #expect(try site.get("inside.cgi").text.hasPrefix("/cgi-bin/inside.cgi|"))
            for name in ["outside.cgi", "folder/evil.cgi", ".hidden.cgi", "fifo"] {
                #expect(try site.get(name).status == 404, "\(name)")
            }
            // What a script is asked about may be called as it likes.
            #expect(try site.get("a.cgi/.git/config").text.contains("|/.git/config|"))
        }
    }

    @Test("methods can be restricted; TRACE is never a script's", .rfc("3875-4.3.4-01"))
    func methods() async throws {
        var options = CGIOptions()
        options.methods = [.get, .post]
        try await withSite(options: options) { site in
            try site.write("env.cgi", printEnvironment)
            #expect(try site.get("env.cgi").status == 200)
            let refused = try site.get("env.cgi", method: "DELETE")
            #expect(refused.status == 405)
            #expect(refused["allow"] == ["GET, POST"])
        }
        try await withSite { site in
            try site.write("env.cgi", printEnvironment)
            #expect(try site.get("env.cgi", method: "BREW").variables["REQUEST_METHOD"] == "BREW")
            #expect(try site.get("env.cgi", method: "OPTIONS").variables["REQUEST_METHOD"] == "OPTIONS")
            #expect(try site.get("env.cgi", method: "TRACE").status == 405)
        }
    }

    @Test("no script runs before what stands in front of it says so", .rfc("3875-3.1-02"))
    func access() async throws {
        struct Closed: Middleware {
            func respond(to request: Request, next: Next) async throws -> Response { throw HTTPError(.forbidden) }
        }
        try await withSite(serving: { scripts, options in
            try Router {
                try Group(middleware: [Closed()]) { Route("/cgi-bin/**", try CGI(scripts.path, options: options)) }
                Route("/open/**", try CGI(scripts.path, options: options))
            }
        }) { site in
            try site.write("touch.cgi", "#!/bin/sh\necho > ran\nprintf 'Content-Type: a/b\\n\\n'\n")
            // A local redirect passes it as well.
            try site.write("around.cgi", "#!/bin/sh\nprintf 'Location: /cgi-bin/touch.cgi\\n\\n'\n")
            #expect(try site.get("touch.cgi").status == 403)
            let around = try site.ask("GET /open/around.cgi HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(around.status == 403)
            #expect(site.scripts.text(of: "ran") == nil)
        }
    }

    @Test("a program alone has the mount as its name and the rest as its path")
    func program() async throws {
        let folder = try TemporaryDirectory()
        try folder.writeScript("one", Self.sayPath)
        let program = folder.path(of: "one")
        try await withSite(serving: { _, options in
            try Router { Route("/app/**", try CGI(program: program, options: options)) }
        }) { site in
            func ask(_ target: String) throws -> String {
                try site.ask("GET \(target) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").text
            }
            let (root, below) = (try ask("/app/"), try ask("/app/x/y"))
            #expect(root == "/app|/|\(folder.path)/|\(folder.path)\n")
            #expect(below.hasPrefix("/app|/x/y|"))
        }
    }

    @Test("OPTIONS of the whole server is answered, and is no script's", .rfc("9112-3.2.4-01"))
    func asterisk() async throws {
        let folder = try TemporaryDirectory()
        try folder.writeScript("index.php", Self.sayPath)
        let path = folder.path
        try await withSite(serving: { scripts, options in try CGI(scripts.path, options: options) }) { site in
            try site.write("index.cgi", Self.sayPath)
            #expect(try site.ask("OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").status == 204)
        }
        try await withSite(serving: { _, _ in try FastCGI("127.0.0.1:1", .folder(path)) }) { site in
            try #expect(site.ask("OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").status == 204)
        }
    }

    @Test("what a client writes into a script's name cannot look like another line of the log")
    func logged() async throws {
        let folder = try TemporaryDirectory()
        try folder.writeScript("fails", "#!/bin/sh\necho one >&2\n")
        let program = folder.path(of: "fails")
        try await withSite(serving: { _, options in
            try Router { Route("/:who/**", try CGI(program: program, options: options)) }
        }) { site in
            let target = "/a%0Aerror:%1B[2Jb%E2%80%AEc/x"
            let answer = try site.ask("GET \(target) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(answer.status == 502)
            func told() -> [String] { site.log.lines.filter { $0.contains("script ") } }
            try await eventually("both lines are told") { told().count == 2 }
            #expect(told().allSatisfy { $0.hasPrefix("warning: script /a?error:?[2Jb?c: ") }, "\(told())")
        }
    }

    @Test("a handler that is called off every loop answers as well")
    func offLoop() async throws {
        let folder = try TemporaryDirectory()
        try folder.writeScript("a.cgi", "#!/bin/sh\nprintf 'Content-Type: text/plain\\nContent-Length: 2\\n\\nok'\n")
        let handler = try CGI(folder.path)
        let response = try await handler.respond(to: Request(.get, "/a.cgi"))
        #expect(response.status == .ok)
        #expect(response.fields[.contentType] == "text/plain")
        guard case .stream(let stream) = response.body else {
            Issue.record("no stream")
            return
        }
        let received = Locked<[UInt8]>([])
        try await stream.write(to: ResponseWriter { octets in received.withLock { $0 += octets } })
        #expect(received.withLock { $0 } == Array("ok".utf8))
    }
}
