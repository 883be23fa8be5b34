import Glibc
import MartletDaemon
import MartletReactor
import TestSupport
import Testing

@Suite("martlet --fastcgi and --scgi", .timeLimit(.patient))
struct ApplicationTests {
    private func text(_ answer: WireAnswer) -> String { String(decoding: answer.content, as: UTF8.self) }

    @Test("PHP answers for its suffix, files beside are served, and no source is")
    func php() async throws {
        let php = try await PHPServer()
        try php.folder.write("site/index.php", "<?php echo 'index ', $_SERVER['REQUEST_URI']; // the source")
        try php.folder.write("site/page.html", "a page")
        try php.folder.write(
            "site/blog/post.php",
            "<?php echo implode(' ', [$_SERVER['PATH_INFO'], $_SERVER['GIVEN'], $_SERVER['HTTP_AUTHORIZATION'] ?? 'none']);"
        )
        let site = php.folder.path(of: "site")
        let martlet = try Martlet([site, "--fastcgi", ".php=\(php.place)", "--cgi-env", "GIVEN=1=2"])
        #expect(martlet.banner.contains("\(site), .php from \(php.place)"))
        #expect(text(try martlet.get("/?a=b")).contains("index /?a=b"))
        #expect(text(try martlet.get("/blog/post.php/5", "Authorization: Basic YTpi")).contains("/5 1=2 none"))
        #expect(text(try martlet.get("/page.html")) == "a page")
        for way in ["/index.PHP", "/index.php%00", "//index.php", "/./index.php", "/index.php/", "/%69ndex.php"] {
            #expect(!text(try martlet.get(way)).contains("the source"), "\(way)")
        }
        #expect(try martlet.get("/nosuch").status == 404)
        #expect(try martlet.stop().status == 0)

        let framework = try Martlet([
            site, "--fastcgi", ".php=\(php.place)", "--front-controller", "index.php", "--cgi-authorization",
        ])
        #expect(text(try framework.get("/no/such?c=d")).contains("index /no/such?c=d"))
        #expect(text(try framework.get("/blog/post.php/6", "Authorization: Basic YTpi")).contains("Basic YTpi"))
        #expect(text(try framework.get("/page.html")) == "a page")
    }

    @Test(
        "content in chunks is kept in a temporary file, which Landlock allows",
        .enabled(if: Sandbox.availableABI > 0, "the kernel has no Landlock")
    )
    func chunked() async throws {
        let php = try await PHPServer()
        let count = "<?php echo strlen(file_get_contents('php://input')), '|', $_SERVER['CONTENT_LENGTH'];"
        try php.folder.write("site/count.php", count)
        // Where Martlet may write for no other reason.
        let temporary = "/var/lib/martlet-test-\(getpid())-temporary"
        guard unsafe mkdir(temporary, 0o777) == 0 else { return }
        defer { unsafe rmdir(temporary) }
        let martlet = try Martlet(
            [php.folder.path(of: "site"), "--fastcgi", ".php=\(php.place)"],
            environment: ["TMPDIR": temporary]
        )
        let socket = try TestSocket.connect(to: martlet.address)
        let fields = "Host: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n"
        try socket.send("POST /count.php HTTP/1.1\r\n\(fields)\r\n")
        for _ in 0..<4 { try socket.send("c350\r\n" + String(repeating: "x", count: 50_000) + "\r\n") }
        try socket.send("0\r\n\r\n")
        let answer = try #require(WireAnswer(try socket.receiveAll()))
        #expect(text(answer).contains("200000|200000"))
    }

    @Test("an application has all below a path, or all of a site, and needs no folder then")
    func path() async throws {
        let folder = try TemporaryDirectory()
        try folder.write("page.html", "a page")
        let script = try folder.write(
            "app.py",
            """
            def application(environ, start_response):
                start_response('200 OK', [('Content-Type', 'text/plain')])
                return [(environ['SCRIPT_NAME'] + '|' + environ['PATH_INFO']).encode()]
            """
        )
        let socket = folder.path(of: "app.sock")
        let application = try ChildProcess(
            "uwsgi",
            arguments: [
                "--plugins", "python3", "--scgi-socket", socket, "--wsgi-file", script, "--need-app",
                "--die-on-term", "--disable-logging",
            ]
        )
        defer { application.send(signal: SIGTERM) }
        try await eventually("uWSGI listens") { (try? TestSocket.connect(to: .unix(path: socket))) != nil }
        let martlet = try Martlet([folder.path, "--scgi", "/app=unix:\(socket)"])
        #expect(martlet.banner.contains("/app from unix:\(socket)"))
        #expect(text(try martlet.get("/app/5")).contains("/app|/5"))
        #expect(text(try martlet.get("/page.html")) == "a page")

        let file = try folder.write("martlet.toml", "[[site]]\nscgi = [\"/=unix:\(socket)\"]\n")
        let site = try Martlet(["--config", file])
        #expect(text(try site.get("/page.html")).contains("|/page.html"))
    }

    @Test("an application that is not there is a 502, and the log says why")
    func missing() throws {
        let folder = try TemporaryDirectory()
        let socket = folder.path(of: "nobody.sock")
        try folder.write("a.php", "<?php")
        let martlet = try Martlet([folder.path, "--fastcgi", ".php=unix:\(socket)"])
        #expect(try martlet.get("/a.php").status == 502)
        #expect(try martlet.stop().errorText.contains("No such file or directory"))
    }

    @Test("what cannot be is said with the remedy")
    func mistakes() throws {
        let folder = try TemporaryDirectory()
        try folder.write("page.html", "")
        let php = [folder.path, "--fastcgi", ".php=127.0.0.1:9000"]
        let cases: [([String], String)] = [
            (
                [folder.path, "--fastcgi", "127.0.0.1:9000"],
                "is not of the form .php=unix:/run/app.sock or /path=127.0.0.1:9000"
            ),
            ([folder.path, "--fastcgi", ".php=/run/php.sock"], "it must be unix:/path/of/a/socket or host:port"),
            ([folder.path, "--scgi", "/a*=127.0.0.1:9000"], "--scgi '/a*=127.0.0.1:9000': the path begins with /"),
            ([folder.path, "--fastcgi", ".=127.0.0.1:9000"], "'.' is no end of a script's name"),
            (php + ["--scgi", ".php=127.0.0.1:9001"], "Two applications are given for .php"),
            (php + ["--front-controller", "app.py"], "--front-controller app.py ends in none of .php"),
            (
                [folder.path, "--front-controller", "index.php"],
                "--front-controller does nothing without an application"
            ),
            (php + ["--application-root", "html"], "'html' is no absolute path"),
            (php + ["--cgi-interpreter", ".py=python3"], "--cgi-interpreter does nothing without --cgi or --cgi-dir"),
            (
                [folder.path, "--cgi-timeout", "5"],
                "--cgi-timeout does nothing without --cgi, --cgi-dir, --fastcgi or --scgi"
            ),
            (["\(folder.path)/page.html", "--fastcgi", ".php=127.0.0.1:9000"], "--fastcgi .php= is for a folder"),
            (
                [folder.path, "--fastcgi", "/app=127.0.0.1:9000", "--proxy", "/app=http://127.0.0.1:1"],
                "--proxy and --fastcgi are both given for /app"
            ),
        ]
        for (arguments, message) in cases {
            let result = try Martlet.fails(["-p", "0"] + arguments)
            #expect(result.status != 0 && result.errorText.contains(message), "\(arguments): \(result.errorText)")
        }
    }
}
