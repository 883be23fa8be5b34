import Glibc
import MartletReactor
import TestSupport
import Testing

@Suite("martlet --auth", .timeLimit(.patient))
struct LoginTests {
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
        for name in ["page.txt", "public/page.txt", "staff/page.txt"] { try folder.write(name, "the page") }
    }

    /// The status of a GET by curl.
    private func status(_ martlet: Martlet, _ path: String, _ arguments: String...) throws -> Int? {
        let url = martlet.url + path
        let result = try Tool.run("curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}"] + arguments + [url])
        return Int(result.text)
    }

    @Test("only users are let in, by the first rule that fits; the log has their names, and no password")
    func rules() throws {
        try folder.write("groups", "staff: bob\n")
        let martlet = try Martlet(
            [
                folder.path, "--auth-rule", "GET /public/** anyone", "--auth-rule", "* /staff/** @staff",
                "--auth-groups",
                folder.path(of: "groups"), "--auth", "alice:secret:1", "--auth", "bob:secret:2",
            ]
        )
        #expect(try status(martlet, "page.txt") == 401)
        #expect(try status(martlet, "public/page.txt") == 200)
        #expect(try status(martlet, "page.txt", "-u", "alice:secret:1") == 200)
        #expect(try status(martlet, "page.txt", "-u", "alice:secret:2") == 401)
        #expect(try status(martlet, "staff/page.txt", "-u", "alice:secret:1") == 403)
        #expect(try status(martlet, "staff/page.txt", "-u", "bob:secret:2") == 200)
        let log = try martlet.stop().errorText
        #expect(log.contains("127.0.0.1 - alice ["))
        #expect(log.split(separator: "\n").contains { $0.contains(" - alice [") && $0.contains(" 403 ") }, "\(log)")
        #expect(log.contains("can read the password of --auth in the list of processes"))
        #expect(log.contains("a login for user \"alice\" from 127.0.0.1 failed"))
        #expect(!log.contains("secret:"))
    }

    @Test("a password from the environment is no reason for a warning, and is shown nowhere")
    func environment() throws {
        let martlet = try Martlet([folder.path], environment: ["MARTLET_AUTH": "alice:sesame"])
        #expect(try status(martlet, "page.txt") == 401)
        #expect(try status(martlet, "page.txt", "-u", "alice:sesame") == 200)
        #expect(try !martlet.stop().errorText.contains("list of processes"))
        let printed = try Martlet.fails(["--print-config"], environment: ["MARTLET_AUTH": "alice:sesame"])
        #expect(printed.text.contains("# auth is not shown # MARTLET_AUTH") && !printed.text.contains("sesame"))
        let wrong = try Martlet.fails([folder.path], environment: ["MARTLET_AUTH": "sesame"])
        #expect(wrong.status != 0 && !wrong.errorText.contains("sesame"), "\(wrong.errorText)")
    }

    @Test("Digest sends no password, and needs no warning about the network")
    func digest() throws {
        let martlet = try Martlet([
            folder.path, "--auth", "alice:sesame", "--auth-scheme", "digest", "--bind", "0.0.0.0",
        ])
        #expect(try status(martlet, "page.txt", "--digest", "-u", "alice:sesame") == 200)
        #expect(try status(martlet, "page.txt", "-u", "alice:sesame") == 401)
        #expect(try !martlet.stop().errorText.contains("without TLS"))
        let basic = try Martlet([folder.path, "--auth", "alice:sesame", "--bind", "0.0.0.0"])
        #expect(try basic.stop().errorText.contains("passwords and tokens come without TLS"))
    }

    @Test("a file of users is read again when it changes")
    func file() throws {
        // "sesame", by openssl passwd -6.
        let hash = try run("openssl", arguments: ["passwd", "-6", "sesame"]).text.split(separator: "\n")[0]
        let file = try folder.write(".users", "alice:\(hash)\n")
        guard unsafe chmod(file, 0o600) == 0 else { throw SystemError(operation: "chmod") }
        let martlet = try Martlet([folder.path, "--auth-file", file])
        #expect(try status(martlet, "page.txt", "-u", "alice:sesame") == 200)
        #expect(try status(martlet, "page.txt", "-u", "bob:sesame") == 401)
        try folder.write(".new", "bob:\(hash)\n")
        guard unsafe rename(folder.path(of: ".new"), file) == 0 else { throw SystemError(operation: "rename") }
        try waited("bob is known") { try status(martlet, "page.txt", "-u", "bob:sesame") == 200 }
        #expect(try status(martlet, "page.txt", "-u", "alice:sesame") == 401)
        // It is among what is served, but hidden.
        #expect(try status(martlet, ".users", "-u", "bob:sesame") == 404)
    }

    @Test("a file of users that others can read, on the machine or through the server, is warned of")
    func readableFile() throws {
        let hash = try run("openssl", arguments: ["passwd", "-6", "sesame"]).text.split(separator: "\n")[0]
        for (name, mode, isServed, isOpen) in [
            ("users", mode_t(0o600), true, false), (".users", 0o644, false, true), ("staff/users", 0o644, true, true),
        ] {
            let file = try folder.write(name, "alice:\(hash)\n")
            guard unsafe chmod(file, mode) == 0 else { throw SystemError(operation: "chmod") }
            let martlet = try Martlet([folder.path, "--auth-file", file])
            let log = try martlet.stop().errorText
            #expect(log.contains("\(file) is among the files that are served") == isServed, "\(log)")
            #expect(log.contains("everybody on this machine can read \(file)") == isOpen, "\(log)")
        }
    }

    @Test("a rule about no method that there is, is refused where one is meant, and warned of elsewhere")
    func methodsOfRules() throws {
        for (name, meant) in [("GTE", "GET"), ("DELET", "DELETE"), ("ALL", "*"), ("PROPFND", "PROPFIND")] {
            let result = try Martlet.fails([
                folder.path, "-p", "0", "-a", "alice:a", "--auth-rule", "\(name) /** alice",
            ])
            #expect(
                result.status != 0 && result.errorText.contains("no method is called \(name). Is \(meant) meant?"),
                "\(result.errorText)"
            )
        }
        let martlet = try Martlet([folder.path, "-a", "alice:a", "--auth-rule", "PURGE,QUERY /** alice"])
        let log = try martlet.stop().errorText
        #expect(log.contains("the rule \"PURGE,QUERY /** alice\": no method is called PURGE."), "\(log)")
        #expect(!log.contains("called QUERY"), "\(log)")
    }

    @Test("users and groups that rules name and that nobody is, are warned of, by martlet check too")
    func strangersInRules() throws {
        let groups = try folder.write(".groups", "staff: alice\n")
        let rules = ["GET /a alicia,alice", "GET /b @staf", "GET /c @staff", "GET /d @read"]
        let digits = try run("sh", arguments: ["-c", "printf %s token-1 | sha256sum"]).text.prefix(64)
        let tokens = try folder.write(".tokens", "robot:read:\(digits)\n")
        let arguments =
            [folder.path, "-a", "alice:a", "--auth-groups", groups, "--auth-tokens", tokens]
            + rules.flatMap { ["--auth-rule", $0] }
        for log in [
            try Martlet(arguments).stop().errorText, try Martlet.fails(["check"] + arguments).errorText,
        ] {
            #expect(log.contains("\"GET /a alicia,alice\": no user is called alicia. Is alice meant?"), "\(log)")
            #expect(log.contains("\"GET /b @staf\": no group or scope of anybody is called staf. Is staff meant?"))
            #expect(!log.contains("GET /c") && !log.contains("GET /d"), "\(log)")
        }
    }

    @Test("files that let in nobody are warned of")
    func useless() throws {
        let empty = try folder.write(".empty", "# nobody yet\n")
        let old = try folder.write(".md5", "alice:files@example.org:\(String(repeating: "a", count: 32))\n")
        let hash = String(repeating: "a", count: 64)
        let new = try folder.write(".sha256", "alice:files@example.org:SHA-256:\(hash)\n")
        let realm = ["--auth-realm", "files@example.org"]
        let cases: [([String], String)] = [
            (["--auth-file", empty], "\(empty) has no user. Add one: htpasswd -B \(empty) USER"),
            (["--auth-tokens", empty], "\(empty) has no token."),
            (["--auth-digests", empty], "\(empty) has no user."),
            (["-a", "alice:a", "--auth-groups", empty], "nobody is in a group of \(empty)."),
            (
                ["--auth-digests", new],
                "so nobody can log in by Digest. Name that of the lines: --auth-realm 'files@ex"
            ),
            (["--auth-digests", old] + realm, "Add such lines, or --auth-md5 for those of MD5."),
        ]
        for (arguments, warning) in cases {
            let result = try Martlet.fails(["check", folder.path] + arguments)
            #expect(result.status == 0 && result.errorText.contains(warning), "\(result.errorText)")
        }
        for arguments in [["--auth-digests", new] + realm, ["--auth-digests", old, "--auth-md5"] + realm] {
            let result = try Martlet.fails(["check", folder.path] + arguments)
            #expect(result.status == 0 && !result.errorText.contains("nobody can"), "\(result.errorText)")
        }
    }

    @Test("a file of MD5 lines is offered to clients as MD5 alone, so that curl and urllib log in with it")
    func oldDigests() throws {
        let hash = try run("sh", arguments: ["-c", "printf %s alice:r:sesame | md5sum"]).text.prefix(32)
        let file = try folder.write(".digests", "alice:r:\(hash)\n")
        let martlet = try Martlet([folder.path, "--auth-digests", file, "--auth-realm", "r", "--auth-md5"])
        #expect(try status(martlet, "page.txt", "--digest", "-u", "alice:sesame") == 200)
        #expect(try status(martlet, "page.txt", "--digest", "-u", "alice:wrong") == 401)
        let script = """
            import sys, urllib.request
            manager = urllib.request.HTTPPasswordMgrWithDefaultRealm()
            manager.add_password(None, sys.argv[1], "alice", "sesame")
            handler = urllib.request.HTTPDigestAuthHandler(manager)
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), handler)
            print(opener.open(sys.argv[1] + "page.txt").read().decode())
            """
        let result = try Tool.run(Tool.debianPython, ["-c", script, martlet.url])
        #expect(result.text == "the page\n", "\(result.errorText)")
    }

    @Test("who fails often has to wait, unless that is switched off, as behind a proxy", arguments: [false, true])
    func limit(isOff: Bool) throws {
        let martlet = try Martlet([folder.path, "--auth", "alice:sesame"] + (isOff ? ["--auth-no-limit"] : []))
        // Each wait is longer than the one before: on the slowest machine one is met.
        var statuses: [Int?] = []
        while statuses.count < 20, statuses.last != 429 {
            statuses.append(try status(martlet, "page.txt", "-u", "alice:wrong"))
        }
        #expect(statuses.contains(429) == !isOff, "\(statuses)")
        if isOff { #expect(try status(martlet, "page.txt", "-u", "alice:sesame") == 200) }
    }

    @Test("tokens let in, too, and stand before the rest in what is offered")
    func tokens() throws {
        let digits = try run("sh", arguments: ["-c", "printf %s token-1 | sha256sum"]).text.prefix(64)
        let file = try folder.write(".tokens", "robot:read:\(digits)\n")
        let martlet = try Martlet([folder.path, "--auth-tokens", file, "--auth", "alice:sesame"])
        #expect(try status(martlet, "page.txt", "-H", "Authorization: Bearer token-1") == 200)
        #expect(try status(martlet, "page.txt", "-H", "Authorization: Bearer token-2") == 401)
        #expect(try status(martlet, "page.txt", "-u", "alice:sesame") == 200)
        let lines = try martlet.get("/page.txt").lines
        let offered = lines.filter { $0.hasPrefix("WWW-Authenticate: ") }.map { $0.dropFirst(18) }
        #expect(offered.count == 2 && offered[0].hasPrefix("Bearer ") && offered[1].hasPrefix("Basic "), "\(offered)")
    }

    @Test("a site of its own has users of its own; a front has them, too")
    func elsewhere() throws {
        let file = try folder.write(
            "martlet.toml",
            """
            [[site]]
            hosts = ["closed.test"]
            directory = "."
            auth = ["alice:sesame"]

            [[site]]
            hosts = ["open.test"]
            directory = "."
            """
        )
        let sites = try Martlet(["--config", file])
        #expect(try status(sites, "page.txt", "-H", "Host: closed.test") == 401)
        #expect(try status(sites, "page.txt", "-H", "Host: closed.test", "-u", "alice:sesame") == 200)
        #expect(try status(sites, "page.txt", "-H", "Host: open.test") == 200)
        let log = try sites.stop().errorText
        #expect(!log.contains("list of processes"))
        #expect(log.contains("everybody on this machine can read \(file)"))
        #expect(log.contains("\(file) is among the files that are served"))
        let behind = try Martlet([folder.path])
        let front = try Martlet(["front", "--to", String(behind.url.dropLast()), "--auth", "alice:sesame"])
        #expect(try status(front, "page.txt") == 401)
        #expect(try status(front, "page.txt", "-u", "alice:sesame") == 200)
    }

    @Test("scripts know who the user is, and not the password")
    func scripts() throws {
        let path = try folder.write("cgi-bin/who", "#!/bin/sh\necho Content-Type: text/plain\necho\nenv\n")
        guard unsafe chmod(path, 0o755) == 0 else { throw SystemError(operation: "chmod") }
        let martlet = try Martlet([folder.path, "--cgi", "--auth", "alice:sesame"])
        let answer = try Tool.run("curl", ["-s", "-u", "alice:sesame", martlet.url + "cgi-bin/who"]).text
        #expect(answer.contains("REMOTE_USER=alice\n") && answer.contains("AUTH_TYPE=Basic\n"))
        #expect(!answer.contains("AUTHORIZATION"))
        #expect(try status(martlet, "cgi-bin/who") == 401)
    }

    @Test("what cannot be is said with the remedy, and without the password")
    func mistakes() throws {
        let plain = try folder.write("plain", "alice:sesame\n")
        let cases: [([String], String)] = [
            (["--auth", "sesame"], "user:password"),
            (["--auth", "alice:"], "user:password"),
            (["--auth", "alice:sesame", "--auth", "alice:sesame"], "--auth has two passwords for alice"),
            (["--auth", "alice:sesame", "--auth-file", plain], "--auth and --auth-file are both given"),
            (["--auth-file", plain], "\(plain):1:"),
            (["--auth-file", "/nosuch"], "/nosuch"),
            (["--auth-rule", "* /** alice"], "--auth-rule lets nobody in"),
            (["--auth", "alice:sesame", "--auth-rule", "/** alice"], "/** alice"),
            (["--auth", "alice:sesame", "--auth-plain"], "--auth-plain is for the passwords of --auth-file"),
            (["--auth-scheme", "digest"], "--auth-scheme is for the users of --auth"),
            (["--auth-realm", "x"], "--auth-realm lets nobody in"),
        ]
        for (arguments, message) in cases {
            let result = try Martlet.fails([folder.path, "-p", "0"] + arguments)
            #expect(result.status != 0 && result.errorText.contains(message), "\(arguments): \(result.errorText)")
            #expect(!result.errorText.contains("sesame"), "\(result.errorText)")
        }
        let service = try Martlet.fails(["service", "print", folder.path, "--auth", "alice:sesame"])
        #expect(service.errorText.contains("Use --auth-file") && !service.text.contains("sesame"))
        // A password that is not hashed is taken where that was asked for.
        let martlet = try Martlet([folder.path, "--auth-file", plain, "--auth-plain"])
        #expect(try status(martlet, "page.txt", "-u", "alice:sesame") == 200)
    }
}
