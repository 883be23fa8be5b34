import Glibc
import MartletDaemon
import MartletReactor
import TestSupport
import Testing

@Suite("martlet --cgi", .timeLimit(.patient))
struct ScriptTests {
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
        try folder.write("page.html", "a page")
        try script("cgi-bin/variables", "env")
        guard unsafe chmod(folder.path, 0o755) == 0 else { throw SystemError(operation: "chmod") }
    }

    /// Makes a shell script that answers with what `lines` print.
    private func script(_ name: String, _ lines: String, runs: Bool = true) throws {
        let path = try folder.write(name, "#!/bin/sh\n# the source\necho Content-Type: text/plain\necho\n\(lines)\n")
        guard unsafe chmod(path, runs ? 0o755 : 0o644) == 0 else { throw SystemError(operation: "chmod \(path)") }
    }

    /// The content of an answer, with its chunk sizes.
    private func text(_ answer: WireAnswer) -> String { String(decoding: answer.content, as: UTF8.self) }

    /// The lines of it.
    private func lines(_ answer: WireAnswer) -> [Substring] { text(answer).split(whereSeparator: \.isNewline) }

    @Test("programs below /cgi-bin and /htbin are run, files beside them served")
    func folders() throws {
        try script("htbin/hello", "echo hello")
        let martlet = try Martlet([folder.path, "--cgi"])
        #expect(martlet.banner.contains("scripts at /cgi-bin, scripts at /htbin"))
        let variables = lines(try martlet.get("/cgi-bin/variables/more?a=b"))
        for line in [
            "SCRIPT_NAME=/cgi-bin/variables", "PATH_INFO=/more", "QUERY_STRING=a=b", "DOCUMENT_ROOT=\(folder.path)",
            "PATH_TRANSLATED=\(folder.path)/more", "PWD=\(folder.path)/cgi-bin",
        ] {
            #expect(variables.contains { $0 == line }, "\(line)")
        }
        #expect(lines(try martlet.get("/htbin/hello")).contains("hello"))
        #expect(text(try martlet.get("/page.html")) == "a page")
        #expect(try martlet.stop().status == 0)
    }

    @Test("by no path is a script's source served")
    func source() throws {
        try script("cgi-bin/unready", "echo no", runs: false)
        try script("cgi-bin/below/deep", "echo deep")
        let martlet = try Martlet([folder.path, "--cgi"])
        let ways = [
            "/cgi-bin/", "//cgi-bin/", "/./cgi-bin/", "/page/../cgi-bin/", "/%63gi-bin/", "/cgi-bin//",
            "/cgi-bin/below/../",
            "/cgi-bin%2f", "/cgi-bin/./", "/CGI-BIN/", "/cgi-bin/%2e/",
        ]
        for way in ways {
            for name in ["variables", "unready", "below/deep", "unready/", "variables%00", "variables."] {
                for method in ["GET", "HEAD", "POST"] {
                    let answer = try martlet.ask(method, way + name, method == "POST" ? ["Content-Length: 0"] : [])
                    #expect(!text(answer).contains("the source"), "\(method) \(way)\(name)")
                }
            }
        }
        #expect(try martlet.get("/cgi-bin/unready").status == 403)
        // Neither is a list of them.
        for way in ways { #expect(!text(try martlet.get(way)).contains("unready"), "\(way)") }
    }

    @Test("nor where the folder has a name that could be an encoded one, or is made later")
    func sourceOfOthers() throws {
        try script("a%20b/variables", "env")
        let named = try Martlet([folder.path, "--cgi-dir", "/a%20b"])
        #expect(lines(try named.get("/a%2520b/variables")).contains("SCRIPT_NAME=/a%20b/variables"))
        #expect(try named.get("/a%20b/variables").status == 404)

        let martlet = try Martlet([folder.path, "--cgi"])
        #expect(!martlet.banner.contains("htbin"))
        try script("htbin/later", "echo later")
        #expect(try martlet.get("/htbin/later").status == 404)
        #expect(text(try martlet.get("/cgi-bin/variables")).contains("GATEWAY_INTERFACE"))
    }

    @Test("interpreters, variables and time-outs are as the options say")
    func options() throws {
        try folder.write("scripts/hello.py", "print('Content-Type: text/plain\\n\\nhello from', 6 * 7)")
        try script("scripts/variables", "env")
        try script("scripts/slow", "sleep 100")
        let martlet = try Martlet(
            [
                folder.path, "--cgi-dir", "/scripts/", "--cgi-interpreter", ".py=python3", "--cgi-env", "GIVEN=1=2",
                "--cgi-env", "PASSED", "--cgi-authorization", "--cgi-timeout", "1",
            ],
            environment: ["PASSED": "on", "KEPT": "back"]
        )
        #expect(lines(try martlet.get("/scripts/hello.py")).contains("hello from 42"))
        let variables = lines(try martlet.get("/scripts/variables", "Authorization: Basic YTpi"))
        for line in ["GIVEN=1=2", "PASSED=on", "HTTP_AUTHORIZATION=Basic YTpi"] {
            #expect(variables.contains { $0 == line }, "\(line)")
        }
        #expect(!variables.contains { $0.hasPrefix("KEPT") })
        // Its head is sent at once: what is late is its content.
        _ = try? martlet.get("/scripts/slow")
        // These are files like others now.
        #expect(text(try martlet.get("/cgi-bin/variables")).contains("the source"))
        #expect(try martlet.stop().errorText.contains("slow"))
    }

    @Test(
        "Landlock lets scripts write to temporary files and to the folders that were named",
        .enabled(if: Sandbox.availableABI > 0, "the kernel has no Landlock")
    )
    func sandbox() throws {
        let served = "/var/lib/martlet-test-\(getpid())"
        // Not in /tmp, where scripts may write.
        guard unsafe mkdir(served, 0o755) == 0 else { return }
        defer { _ = try? run("rm", arguments: ["-r", served]) }
        for name in ["cgi-bin", "kept"] {
            guard unsafe mkdir("\(served)/\(name)", 0o755) == 0 else { throw SystemError(operation: "mkdir") }
        }
        try script(
            "try",
            """
            touch "$DOCUMENT_ROOT/new" && echo served
            mkdir "$DOCUMENT_ROOT/kept/new" && echo kept
            file=$(mktemp) && rm "$file" && echo temporary
            """
        )
        guard try run("cp", arguments: [folder.path(of: "try"), "\(served)/cgi-bin/try"]).status == 0 else { return }
        let martlet = try Martlet([served, "--cgi", "--cgi-writes", "\(served)/kept"])
        let allowed = lines(try martlet.get("/cgi-bin/try"))
        #expect(allowed.contains("kept") && allowed.contains("temporary") && !allowed.contains("served"), "\(allowed)")
    }

    @Test("--cgi and --cgi-dir together run the programs of all their folders")
    func together() throws {
        try script("scripts/hello", "echo hello")
        let martlet = try Martlet([folder.path, "--cgi", "--cgi-dir", "/scripts"])
        #expect(lines(try martlet.get("/scripts/hello")).contains("hello"))
        #expect(lines(try martlet.get("/cgi-bin/variables")).contains("GATEWAY_INTERFACE=CGI/1.1"))
    }

    // As docs/cgi.md has it.
    @Test("git clones and pushes by a script of one line")
    func git() throws {
        let made = folder.path(of: "srv")
        let prepared = try run(
            "sh",
            arguments: [
                "-ec",
                """
                mkdir -p "$1"/cgi-bin "$2"
                printf '#!/bin/sh\\nexec git http-backend\\n' >"$1"/cgi-bin/git
                chmod +x "$1"/cgi-bin/git
                git init -q --bare -b main "$2"/project.git
                """, "sh", folder.path, made,
            ]
        )
        try #require(prepared.status == 0, "\(prepared.errorText)")
        let martlet = try Martlet([
            folder.path, "--cgi", "--cgi-env", "GIT_PROJECT_ROOT=\(made)", "--cgi-env", "GIT_HTTP_EXPORT_ALL=1",
            "--cgi-writes", made, "-a", "alice:secret", "--max-body", "100m",
        ])
        let url = martlet.url.replacing("http://", with: "http://alice:secret@") + "cgi-bin/git/project.git"
        let result = try run(
            "sh",
            arguments: [
                "-ec",
                """
                git clone -q "$2" "$1"/one
                cd "$1"/one
                git config user.name a && git config user.email a@b.test
                head -c 3000000 /dev/urandom >large
                git add large && git commit -qm large && git push -q origin HEAD:main
                git clone -q "$2" "$1"/two
                cmp "$1"/one/large "$1"/two/large && echo same
                """, "sh", folder.path, url,
            ]
        )
        #expect(result.status == 0 && result.text == "same\n", "\(result.errorText)")
        let wrong = url.replacing("secret", with: "wrong")
        #expect(try run("env", arguments: ["GIT_TERMINAL_PROMPT=0", "git", "ls-remote", wrong]).status != 0)
    }

    @Test("why a script cannot be started is in the log, with the remedy")
    func unstartable() throws {
        for (name, text, mode) in [
            ("windows", "#!/bin/sh\r\necho\r\n", 0o755), ("plain", "echo hello\n", 0o755),
            ("idle", "#!/bin/sh\necho\n", 0o644),
        ] as [(String, String, mode_t)] {
            guard unsafe chmod(try folder.write("cgi-bin/\(name)", text), mode) == 0 else {
                throw SystemError(operation: "chmod")
            }
        }
        let martlet = try Martlet([folder.path, "--cgi"])
        #expect(try martlet.get("/cgi-bin/windows").status == 502)
        #expect(try martlet.get("/cgi-bin/plain").status == 502)
        #expect(try martlet.get("/cgi-bin/idle").status == 403)
        let log = try martlet.stop().errorText
        #expect(
            log.contains(
                "script /cgi-bin/windows: it cannot be started: the program that its first line names is not there"
            )
        )
        #expect(
            log.contains(
                "script /cgi-bin/plain: it cannot be started: it is no program, and has no first line such as #!/bin/sh"
            )
        )
        #expect(
            log.contains(
                "script /cgi-bin/idle: nothing runs it: it has no x bit for this user, and no interpreter is named for it"
            )
        )
    }

    @Test("a site of its own has scripts of its own")
    func sites() throws {
        let file = try folder.write(
            "martlet.toml",
            """
            [[site]]
            hosts = ["scripts.test"]
            directory = "."
            cgi = true

            [[site]]
            hosts = ["files.test"]
            directory = "."
            """
        )
        let martlet = try Martlet(["--config", file])
        func ask(_ host: String) throws -> String {
            let socket = try TestSocket.connect(to: martlet.address)
            try socket.send("GET /cgi-bin/variables HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
            return String(decoding: try socket.receiveAll(), as: UTF8.self)
        }
        #expect(try ask("scripts.test").contains("GATEWAY_INTERFACE=CGI/1.1"))
        #expect(try ask("files.test").contains("the source"))
    }

    @Test("what cannot be is said with the remedy")
    func mistakes() throws {
        try folder.write("empty/page.html", "")
        let cases: [([String], String)] = [
            (["\(folder.path)/empty", "--cgi"], "has neither cgi-bin nor htbin. Make one, or name another"),
            ([folder.path, "--cgi-dir", "/nosuch"], "--cgi-dir names a path below \(folder.path)"),
            ([folder.path, "--cgi-dir", "nosuch"], "--cgi-dir 'nosuch': the path begins with /"),
            ([folder.path, "--cgi-dir", "/a/../b"], "--cgi-dir '/a/../b' is not a path such as /scripts"),
            ([folder.path, "--cgi-dir", "/"], "--cgi-dir '/' is not a path such as /scripts"),
            (
                [folder.path, "--cgi-dir", "/cgi-bin", "--cgi-dir", "/cgi-bin/"],
                "--cgi-dir is given twice for /cgi-bin"
            ),
            ([folder.path, "--cgi", "--proxy", "/cgi-bin=http://127.0.0.1:1"], "--proxy and --cgi-dir are both given"),
            ([folder.path, "--cgi-interpreter", ".py=python3"], "--cgi-interpreter does nothing without --cgi"),
            ([folder.path, "--cgi", "--cgi-interpreter", "py"], "'py' is not of the form .py=python3"),
            ([folder.path, "--cgi", "--cgi-interpreter", ".py=nosuchprogram"], "find nosuchprogram in PATH"),
            (
                [folder.path, "--cgi", "--cgi-interpreter", ".py=nosuchprogram"],
                "--cgi-interpreter names a program, or its path"
            ),
            ([folder.path, "--cgi", "--cgi-env", "=x"], "'=x' is not of the form NAME=VALUE"),
            ([folder.path, "--cgi", "--cgi-timeout", "0"], "--cgi-timeout goes from 1 to 86400"),
            ([folder.path, "--cgi", "--cgi-processes", "0"], "--cgi-processes goes from 1 to 10000"),
            (["\(folder.path)/page.html", "--cgi"], "--cgi is for a folder"),
        ]
        for (arguments, message) in cases {
            let result = try Martlet.fails(["-p", "0"] + arguments)
            #expect(result.status != 0 && result.errorText.contains(message), "\(arguments): \(result.errorText)")
        }
    }

    @Test("root is warned that scripts are root, too", .enabled(if: geteuid() == 0, "needs root"))
    func asRoot() throws {
        let martlet = try Martlet([folder.path, "--cgi"])
        #expect(try martlet.stop().errorText.contains("scripts run as root"))
        let meant = try Martlet([folder.path, "--cgi", "--user", "root"])
        #expect(try !meant.stop().errorText.contains("scripts run as root"))
    }
}
