import Glibc
import MartletReactor
import TestSupport
import Testing

@Suite("Flags that say what is served, and how")
struct FlagTests {
    private func folder() throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        try folder.write("root/a.txt", "Hello")
        try folder.write("root/.hidden", "hidden")
        try folder.write("root/sub/index.html", "<p>sub")
        try folder.write("outside.txt", "outside")
        try folder.link("root/link", to: "../outside.txt")
        return folder
    }

    @Test("--help lists every flag")
    func help() throws {
        let result = try Martlet.fails(["--help"])
        #expect(result.status == 0)
        let flags = [
            "-p, --port", "-b, --bind", "--lan", "--port-fallback", "--threads", "--proxy-protocol", "-o, --open",
            "-d, --directory",
            "-H, --header", "--cache", "--hidden", "--follow-symlinks", "--no-listing", "--spa", "-q, --quiet",
            "-v, --verbose", "--log-format", "--log-file", "--max-request-line", "--max-head", "--max-fields",
            "--max-body", "--max-connections", "--head-timeout", "--body-timeout", "--keep-alive-timeout",
            "--write-timeout", "--version", "-h, --help", "<path-or-port>",
            "--proxy", "--tls", "--tls-cert", "--tls-key", "--tls-password-file", "--tls-min", "--tls-strict-sni",
            "--tls-conf",
            "--tls-keylog", "--client-ca", "--client-auth", "--redirect-http", "--hsts", "--ca-dir",
            "--syslog", "--drain-delay", "--drain-timeout", "--user", "--admin", "--no-sandbox", "--config",
            "--print-config", "--cgi", "--cgi-dir", "--cgi-interpreter", "--cgi-env", "--cgi-timeout",
            "--cgi-processes",
            "--cgi-authorization", "--cgi-writes", "--fastcgi", "--scgi", "--front-controller", "--application-root",
            "-a, --auth", "--auth-scheme", "--auth-file", "--auth-digests",
            "--auth-tokens", "--auth-groups", "--auth-rule", "--auth-realm", "--auth-plain", "--auth-md5",
            "--auth-no-limit", "--allow",
            "--deny", "--shares", "--share-dir", "--qr",
        ]
        for flag in flags { #expect(result.text.contains("  \(flag)"), "\(flag)") }
        // And no other: what has no test here is not done.
        let listed = result.text.split(separator: "\n").filter { $0.hasPrefix("  -") || $0.hasPrefix("  <") }
        #expect(listed.count == flags.count, "\(listed)")
        #expect(try Martlet.fails(["-h"]).text == result.text)
    }

    @Test("help alone is --help, unless there is something of that name to serve")
    func helpAlone() throws {
        let folder = try TemporaryDirectory()
        func run(_ environment: [String: String] = [:]) throws -> ProcessResult {
            let line = "cd \"$1\" && exec \"$0\" help"
            return try Tool.run("sh", ["-c", line, try Martlet.executable, folder.path], environment: environment)
        }
        #expect(try run().text == Martlet.fails(["--help"]).text)
        try folder.makeDirectory("help")
        #expect(try run(["MARTLET_PORT": "x"]).status == 64)
    }

    @Test("--version is one line")
    func version() throws {
        let result = try Martlet.fails(["--version"])
        #expect(result.status == 0)
        #expect(result.text.split(separator: " ").first == "martlet")
        #expect(result.text.split(separator: "\n").count == 1)
    }

    @Test("shell completions are made", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) throws {
        let result = try Martlet.fails(["--generate-completion-script", shell])
        #expect(result.status == 0)
        #expect(result.text.contains("follow-symlinks"))
        guard shell == "bash" else { return }
        #expect(try run("bash", arguments: ["-n"], input: result.output).status == 0)
    }

    @Test("PATH may be a folder, a file, a link to either, or be left out")
    func path() throws {
        let folder = try folder()
        try folder.link("way", to: "root")
        let root = folder.path(of: "root")
        #expect(try Martlet([root]).get("/a.txt").text == "Hello")
        #expect(try Martlet([folder.path(of: "way")]).get("/a.txt").text == "Hello")
        #expect(try Martlet(["--directory", root]).get("/a.txt").text == "Hello")
        #expect(try Martlet(["-d", root]).get("/a.txt").text == "Hello")
        let file = try Martlet(["\(root)/a.txt"])
        #expect(try file.get("/")["Location"] == "/a.txt")
        #expect(try file.get("/a.txt").text == "Hello")
        #expect(try file.get("/sub/").status == 404)
        let script = "cd '\(root)' && exec '\(try Martlet.executable)' -p 0"
        let here = try ChildProcess("sh", arguments: ["-c", script])
        #expect(try here.readLine()?.contains("serves \(root) at ") == true)
    }

    @Test("--hidden, --follow-symlinks, --no-listing, --spa, --cache: off and on")
    func switches() throws {
        let root = try folder()
        let path = root.path(of: "root")
        let off = try Martlet([path])
        #expect(try off.get("/.hidden").status == 404)
        #expect(try off.get("/link").status == 404)
        #expect(try off.get("/").status == 200)
        #expect(try off.get("/page", "Accept: text/html").status == 404)
        #expect(try off.get("/a.txt")["Cache-Control"] == "no-cache")
        try root.write("root/index.html", "<p>app")
        let on = try Martlet([path, "--hidden", "--follow-symlinks", "--no-listing", "--spa", "--cache", "60"])
        #expect(try on.get("/.hidden").text == "hidden")
        #expect(try on.get("/link").text == "outside")
        #expect(try on.get("/page", "Accept: text/html").text == "<p>app")
        #expect(try on.get("/a.txt")["Cache-Control"] == "max-age=60")
        try root.makeDirectory("root/bare")
        #expect(try on.get("/bare/").status == 404)
    }

    @Test("--header Server replaces the server's own name, once")
    func serverName() throws {
        let folder = try TemporaryDirectory()
        let martlet = try Martlet([folder.path, "-H", "Server: mine"])
        #expect(try martlet.get("/")["Server"] == "mine")
    }

    @Test("--header Vary adds to what an answer depends on anyway")
    func vary() throws {
        let folder = try folder()
        let martlet = try Martlet([folder.path(of: "root"), "-H", "Vary: Origin"])
        #expect(try martlet.get("/a.txt")["Vary"] == "Accept-Encoding, Origin")
        #expect(try martlet.get("/nosuch")["Vary"] == "Accept, Origin")
    }

    @Test("--header adds fields to every answer")
    func header() throws {
        let folder = try folder()
        let martlet = try Martlet([
            folder.path(of: "root"), "-H", "X-One: 1", "--header", "Cache-Control:no-transform", "-H", "X-Empty:",
        ])
        for target in ["/a.txt", "/nosuch", "/sub", "/sub/"] {
            let answer = try martlet.get(target)
            #expect(answer["X-One"] == "1", "\(target)")
            #expect(answer["Cache-Control"] == "no-transform")
            #expect(answer["X-Empty"] == "")
        }
    }

    @Test("--open starts the browser with the first URL")
    func open() async throws {
        let folder = try folder()
        let opener = "#!/bin/sh\necho \"$@\" > '\(folder.path(of: "opened.part"))'\n"
        try folder.write("bin/xdg-open", "\(opener)mv '\(folder.path)/opened.part' '\(folder.path)/opened'\n")
        try folder.setMode("bin/xdg-open", 0o755)
        let environment = ["PATH": "\(folder.path(of: "bin")):/usr/bin:/bin"]
        let martlet = try Martlet([folder.path(of: "root"), "-o"], environment: environment)
        try await eventually("the browser has started") { unsafe access(folder.path(of: "opened"), F_OK) == 0 }
        #expect(try contents(ofFile: folder.path(of: "opened")) == "\(martlet.url)\n")
        let none = try Martlet([folder.path(of: "root"), "--open"], environment: ["PATH": "/nosuch"])
        #expect(try none.stop().errorText.contains("no browser could be started"))
    }

    @Test("--threads starts so many loops")
    func threads() throws {
        let folder = try folder()
        let martlet = try Martlet([folder.path(of: "root"), "--threads", "3"])
        #expect(try martlet.get("/a.txt").text == "Hello")
        #expect(try loops(of: martlet) == ["martlet-0", "martlet-1", "martlet-2"])
        let one = try Martlet([folder.path(of: "root")], environment: ["MARTLET_THREADS": "1"])
        // The loop runs, and so has its name.
        #expect(try one.get("/a.txt").text == "Hello")
        #expect(try loops(of: one) == ["martlet-0"])
    }

    private func loops(of martlet: Martlet) throws -> [String] {
        let tasks = try run("ls", arguments: ["/proc/\(martlet.process.process)/task"]).text.split(separator: "\n")
        return try tasks.map { task in
            String(try contents(ofFile: "/proc/\(martlet.process.process)/task/\(task)/comm").dropLast())
        }.filter { $0.hasPrefix("martlet-") }.sorted()
    }

    @Test(
        "limits answer with their statuses",
        arguments: [
            (
                ["--max-request-line", "1k"], "GET /\(String(repeating: "a", count: 1100)) HTTP/1.1\r\nHost: a\r\n\r\n",
                414
            ),
            (
                ["--max-head", "1k"], "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 1100))\r\n\r\n",
                431
            ),
            (["--max-fields", "2"], "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nY: 2\r\n\r\n", 431),
            (["--max-body", "10"], "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", 413),
            (["--head-timeout", "1"], "GET / HTTP/1.1\r\n", 408),
        ]
    )
    func limits(arguments: [String], request: String, status: Int) throws {
        let folder = try folder()
        let martlet = try Martlet([folder.path(of: "root")] + arguments)
        let socket = try TestSocket.connect(to: martlet.address)
        try socket.send(request)
        #expect(WireAnswer(try socket.receiveAll())?.status == status)
    }

    @Test("--max-connections answers 503 to one more")
    func maxConnections() throws {
        let folder = try folder()
        let martlet = try Martlet([folder.path(of: "root"), "--max-connections", "1"])
        let first = try TestSocket.connect(to: martlet.address)
        try first.send("GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try first.receive(through: "Hello")
        #expect(try martlet.get("/a.txt").status == 503)
    }

    @Test("--keep-alive-timeout, --body-timeout and --write-timeout end what stands still")
    func timeouts() throws {
        let folder = try folder()
        try folder.setSize("root/big.bin", 1 << 30)
        let martlet = try Martlet([
            folder.path(of: "root"), "--keep-alive-timeout", "1", "--body-timeout", "1", "--write-timeout", "1",
        ])
        let idle = try TestSocket.connect(to: martlet.address)
        let stalled = try TestSocket.connect(to: martlet.address, receiveBuffer: 65_536)
        let silent = try TestSocket.connect(to: martlet.address)
        try stalled.send("GET /big.bin HTTP/1.1\r\nHost: a\r\n\r\n")
        try silent.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
        #expect(try idle.receiveAll().isEmpty)
        #expect(WireAnswer(try silent.receiveAll())?.status == 405)
        // Until the stalled one is reset nothing here reads it.
        var entry = pollfd(fd: stalled.fd, events: 0, revents: 0)
        #expect(unsafe poll(&entry, 1, 10_000) == 1)
        #expect(stalled.option(SOL_SOCKET, SO_ERROR) == ECONNRESET)
    }
}

@Suite("Command lines that are wrong")
struct WrongCommandLineTests {
    @Test(
        "a wrong value: exit code 64, a message that names the flag and says what it takes",
        arguments: [
            (["--port", "x"], "--port", "x"), (["-p", "65536"], "-p", "65536"), (["-p", "-1"], "-p", "-p"),
            (["65536"], "65536", "65535"), (["1", "2"], "Two ports", "2"), (["-p", "1", "2"], "--port 1", "2"),
            (["/tmp", "/etc"], "Two paths", "/etc"), (["/tmp", "-d", "/etc"], "--directory", "/etc"),
            (["--threads", "0"], "--threads", "1 to 256"), (["--threads", "x"], "--threads", "x"),
            (["--cache", "x"], "--cache", "Seconds"), (["--cache=-1"], "--cache", "from 0"),
            (["--header", "X"], "--header", "Name: value"), (["--header", "A b: c"], "--header", "Name: value"),
            (["--header", "Date: now"], "--header", "for the server"),
            (["--header", "Content-Type: text/plain"], "--header", "for the server"),
            (["--bind", "127.0.0.1:8000"], "--bind", "--port 8000"),
            (["--header", "Content-Length: 1"], "--header", "for the server"),
            (["--header", "X: a\r\nY: b"], "--header", "control character"),
            (["--log-format", "x"], "--log-format", "'common', 'combined' or 'json'"),
            (["--lan", "--bind", "127.0.0.1"], "--lan", "--bind"), (["--bind", "unix:"], "unix:", "107"),
            (["--max-head", "1"], "--max-head", "1024"), (["--max-head", "x"], "--max-head", "64k"),
            (["--max-request-line", "1g"], "--max-request-line", "1048576"),
            (["--max-fields", "0"], "--max-fields", "1 to 10000"), (["--max-body", "x"], "--max-body", "x"),
            (["--max-body", "9999999999999g"], "--max-body", "g"),
            (["--max-connections", "0"], "--max-connections", "1 to"),
            (["--head-timeout", "0"], "--head-timeout", "1 to 86400"),
            (["--body-timeout", "0"], "--body-timeout", "1 to 86400"),
            (["--keep-alive-timeout", "86401"], "--keep-alive-timeout", "1 to 86400"),
            (["--write-timeout", "x"], "--write-timeout", "x"), (["--nosuch"], "--nosuch", "--help"),
            (["--generate-completion-script", "nosuch"], "--generate-completion-script", "nosuch"),
        ]
    )
    func wrong(arguments: [String], named: String, remedy: String) throws {
        let result = try Martlet.fails(arguments)
        #expect(result.status == 64)
        #expect(result.errorText.contains(named) && result.errorText.contains(remedy), "\(result.errorText)")
        #expect(result.output.isEmpty)
    }

    @Test(
        "a wrong variable: exit code 64, a message that names it",
        arguments: [
            ("PORT", "x"), ("THREADS", "x"), ("CACHE", "x"), ("LOG_FORMAT", "x"), ("MAX_HEAD", "x"), ("MAX_BODY", "x"),
            ("MAX_FIELDS", "x"), ("HEAD_TIMEOUT", "x"), ("LAN", "x"), ("HIDDEN", "x"),
        ]
    )
    func variable(name: String, value: String) throws {
        let result = try Martlet.fails(["/tmp"], environment: ["MARTLET_\(name)": value])
        #expect(result.status == 64)
        #expect(result.errorText.contains("MARTLET_\(name) is 'x'; it must be "), "\(result.errorText)")
    }

    @Test("a variable's value that its option does not allow is told with the variable's name, once")
    func variableOutOfRange() throws {
        let result = try Martlet.fails(["/tmp"], environment: ["MARTLET_THREADS": "0"])
        #expect(result.status == 64)
        #expect(
            result.errorText.hasPrefix("Error: MARTLET_THREADS: --threads goes from 1 to 256"),
            "\(result.errorText)"
        )
    }

    @Test(
        "what cannot be served: exit code 1, one line that names it and says what to do",
        arguments: [
            (["nosuch"], "martlet: there is no folder or file 'nosuch'. Give one that exists."),
            (["/nosuch/x"], "martlet: there is no folder or file '/nosuch/x'."),
            (["/etc/passwd/x"], "martlet: there is no folder or file '/etc/passwd/x'."),
            (["-d", "nosuch"], "martlet: there is no folder or file 'nosuch'."),
            (["/dev/null"], "martlet: '/dev/null' is neither a folder nor a regular file. Give"),
            (
                ["/tmp", "--log-file", "/nosuch/log"],
                "martlet: cannot write the log file '/nosuch/log': No such file or"
            ),
            (["/tmp", "--bind", "203.0.113.9"], "martlet: bind 203.0.113.9:8000: Cannot assign requested address."),
            (["/tmp", "--bind", "no.such.invalid"], "martlet: cannot listen on 'no.such.invalid': "),
        ]
    )
    func cannot(arguments: [String], message: String) throws {
        let result = try Martlet.fails(arguments)
        #expect(result.status == 1)
        #expect(result.errorText.hasPrefix(message), "\(result.errorText)")
        #expect(result.errorText.split(separator: "\n").count == 1)
        #expect(result.errorText.split(separator: ". ").count > 1, "no remedy: \(result.errorText)")
    }

    @Test("a variable stands in for each flag, and the flag wins")
    func environment() throws {
        let folder = try TemporaryDirectory()
        try folder.write("root/.hidden", "hidden")
        try folder.write("root/index.html", "<p>app")
        try folder.write("outside", "outside")
        try folder.link("root/link", to: "../outside")
        try folder.makeDirectory("root/bare")
        let martlet = try Martlet(
            [],
            port: nil,
            environment: [
                "MARTLET_DIRECTORY": folder.path(of: "root"), "MARTLET_PORT": "0", "MARTLET_BIND": "127.0.0.1",
                "MARTLET_HIDDEN": "1", "MARTLET_FOLLOW_SYMLINKS": "yes", "MARTLET_NO_LISTING": "true",
                "MARTLET_SPA": "on", "MARTLET_CACHE": "5", "MARTLET_HEADER": "X-One: 1", "MARTLET_LOG_FORMAT": "json",
                "MARTLET_LOG_FILE": folder.path(of: "log"), "MARTLET_MAX_FIELDS": "3",
            ]
        )
        let answer = try martlet.get("/.hidden")
        #expect(answer.text == "hidden")
        #expect(answer["Cache-Control"] == "max-age=5")
        #expect(answer["X-One"] == "1")
        #expect(try martlet.get("/link").text == "outside")
        #expect(try martlet.get("/bare/").status == 404)
        #expect(try martlet.get("/page", "Accept: text/html").text == "<p>app")
        #expect(try martlet.get("/", "A: 1", "B: 2").status == 431)
        try martlet.stop()
        #expect(try contents(ofFile: folder.path(of: "log")).hasPrefix("{\"time\":"))

        let flags = try Martlet(
            [folder.path(of: "root"), "--cache", "7"],
            environment: [
                "MARTLET_DIRECTORY": "/nosuch", "MARTLET_PORT": "1", "MARTLET_CACHE": "5", "MARTLET_HIDDEN": "0",
                "MARTLET_SPA": "",
            ]
        )
        #expect(try flags.get("/")["Cache-Control"] == "max-age=7")
        #expect(try flags.get("/.hidden").status == 404)
        let quiet = try run(
            "timeout",
            arguments: ["--signal=INT", "1", try Martlet.executable, "/tmp", "-p", "0"],
            environment: ["MARTLET_QUIET": "1"]
        )
        #expect(quiet.output.isEmpty && quiet.errors.isEmpty)
    }

    @Test("a variable that is nearly an option's is told of, others are not")
    func misspelt() throws {
        let martlet = try Martlet(
            ["/tmp"],
            environment: ["MARTLET_PROT": "1", "MARTLET_LOG_FROMAT": "json", "MARTLET_OF_ANOTHER_PROGRAM": "1"]
        )
        let text = try martlet.stop().errorText
        #expect(text.contains("the environment's MARTLET_PROT is no option. Is MARTLET_PORT meant?"))
        #expect(text.contains("Is MARTLET_LOG_FORMAT meant?"))
        #expect(!text.contains("ANOTHER"))
    }
}
