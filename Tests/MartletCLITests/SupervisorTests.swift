import Glibc
import MartletReactor
import TestSupport
import Testing

@Suite("Under a service manager", .timeLimit(.patient))
struct SupervisorTests {
    private func supervise(_ name: String, _ program: String, _ arguments: [String]) throws -> String {
        let result = try Tool.python(
            "supervise.py",
            [name, try builtExecutable(program)] + arguments,
            timeout: .seconds(180)
        )
        return result.status == 0 ? result.text : result.errorText
    }

    private func site() throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        try folder.write("a.txt", "Hello")
        try folder.setSize("big.bin", 64 << 20)
        return folder
    }

    @Test(
        "a notify socket hears of start, reload, upgrade and stop, and of nothing else",
        arguments: ["life", "abstract"]
    )
    func life(name: String) throws {
        let folder = try site()
        #expect(try supervise(name, "martlet", [folder.path, "--port", "0"]) == "ok\n")
    }

    @Test("while it drains it asks for more time and gives signs of life")
    func drain() throws {
        let folder = try site()
        #expect(try supervise("drain", "martlet", [folder.path, "--port", "0", "--threads", "1"]) == "ok\n")
    }

    @Test("a loop that is stuck gives no more signs of life")
    func watchdog() throws {
        #expect(try supervise("watchdog", "ServiceProbe", ["--port", "0"]) == "ok\n")
    }

    @Test("systemd-socket-activate starts it, and the socket given is served", arguments: ["activation", "unix"])
    func activation(name: String) throws {
        let folder = try site()
        #expect(try supervise(name, "martlet", [folder.path, "--port", "9"]) == "ok\n")
    }

    @Test("the units that service prints are sound, and rate below 2.0", arguments: [[], ["--socket"]])
    func units(options: [String]) throws {
        let folder = try site()
        let out = try TemporaryDirectory()
        let installed = try run(
            Martlet.executable,
            arguments: ["service", "install", "--name", "web", "--root", out.path] + options + [
                folder.path, "--port", "8080",
            ]
        )
        #expect(installed.status == 0, "\(installed.errorText)")
        let units = (["service"] + (options.isEmpty ? [] : ["socket"])).map {
            out.path(of: "etc/systemd/system/web.\($0)")
        }
        let verified = try Tool.run("systemd-analyze", ["verify"] + units, package: "systemd")
        #expect(verified.status == 0 && verified.errorText.isEmpty && verified.text.isEmpty, "\(verified.errorText)")
        let rated = try Tool.run(
            "systemd-analyze",
            ["security", "--offline=true", "--threshold=19", units[0]],
            package: "systemd"
        )
        #expect(rated.status == 0, "\(rated.text.suffix(200))")
        // The settings that the unit names are those of the command line.
        let checked = try run(
            Martlet.executable,
            arguments: ["check", "--config", out.path(of: "etc/martlet/web.toml")]
        )
        #expect(checked.text == "ok: serves \(folder.path)\n", "\(checked.errorText)")
        let removed = try run(
            Martlet.executable,
            arguments: ["service", "uninstall", "--name", "web", "--root", out.path]
        )
        #expect(removed.status == 0)
        #expect(unsafe access(units[0], F_OK) != 0)
    }

    @Test("a unit that somebody else wrote is neither replaced nor removed")
    func foreign() throws {
        let out = try TemporaryDirectory()
        let unit = try out.write("etc/systemd/system/web.service", "[Unit]\n")
        for arguments in [["install", "/srv"], ["uninstall"]] {
            let result = try run(
                Martlet.executable,
                arguments: ["service", arguments[0], "--name", "web", "--root", out.path] + arguments.dropFirst()
            )
            #expect(result.status == 1)
            #expect(result.errorText.contains("\(unit) is not ours"), "\(result.errorText)")
        }
        #expect(try contents(ofFile: unit) == "[Unit]\n")
        #expect(unsafe access(out.path(of: "etc/martlet/web.toml"), F_OK) != 0)
    }

    @Test("an install without --socket takes back the socket unit of an earlier one")
    func socketTakenBack() throws {
        let out = try TemporaryDirectory()
        for options in [["--socket"], []] {
            let result = try run(
                Martlet.executable,
                arguments: ["service", "install", "--name", "web", "--root", out.path] + options + [out.path]
            )
            #expect(result.status == 0, "\(result.errorText)")
            let isThere = unsafe access(out.path(of: "etc/systemd/system/web.socket"), F_OK) == 0
            #expect(isThere == !options.isEmpty)
        }
    }

    @Test("a service must say which folder")
    func folder() throws {
        let result = try run(Martlet.executable, arguments: ["service", "print"])
        #expect(result.status == 1)
        #expect(result.errorText.contains("name the folder"))
    }
}

@Suite("Rights", .timeLimit(.patient))
struct RightsTests {
    @Test("root becomes the user named, and serves", .enabled(if: geteuid() == 0, "needs root"))
    func user() throws {
        let folder = try TemporaryDirectory()
        try folder.write("root/a.txt", "Hello")
        for path in [folder.path, folder.path(of: "root")] { _ = unsafe chmod(path, 0o755) }
        _ = unsafe chmod(folder.path(of: "root/a.txt"), 0o644)
        let martlet = try Martlet([folder.path(of: "root"), "--user", "nobody", "--threads", "1"])
        #expect(try martlet.get("/a.txt").status == 200)
        let status = try contents(ofFile: "/proc/\(martlet.process.process)/status")
        for line in ["Uid:\t65534\t65534\t65534\t65534", "CapEff:\t0000000000000000", "NoNewPrivs:\t1"] {
            #expect(status.contains(line))
        }
        try martlet.stop()
    }

    @Test("the file of a Unix socket becomes the user's", .enabled(if: geteuid() == 0, "needs root"))
    func unixSocket() throws {
        let folder = try TemporaryDirectory()
        _ = unsafe chmod(folder.path, 0o755)
        let path = folder.path(of: "sock")
        let martlet = try ChildProcess(
            Martlet.executable,
            arguments: [folder.path, "--user", "nobody", "--bind", "unix:\(path)", "--threads", "1"]
        )
        _ = try martlet.readLine()
        var status = stat()
        #expect(unsafe lstat(path, &status) == 0 && status.st_uid == 65534 && status.st_gid == 65534)
        martlet.send(signal: SIGTERM)
        _ = try martlet.finish()
    }

    #if TLS
        @Test("a key that only root can read is told of at the start", .enabled(if: geteuid() == 0, "needs root"))
        func unreadableKey() throws {
            let home = try Home()
            for folder in [home.directory.path, home.site] { _ = unsafe chmod(folder, 0o755) }
            try home.makeCertificate("site", for: "DNS:localhost")
            _ = unsafe (chmod(home.file("site.pem"), 0o644), chmod(home.file("site.key"), 0o600))
            let martlet = try home.serve([
                "--tls-cert", home.file("site.pem"), "--tls-key", home.file("site.key"), "--user", "nobody",
            ])
            martlet.process.send(signal: SIGTERM)
            let messages = try martlet.process.finish().errorText
            #expect(messages.contains("\(home.file("site.key")) was read by root, and user nobody may not read it"))
            #expect(!messages.contains("\(home.file("site.pem")) was read by root"))
        }
    #endif

    @Test("root on a port below 1024 is refused with the ways out", .enabled(if: geteuid() == 0, "needs root"))
    func lowPort() throws {
        let folder = try TemporaryDirectory()
        let result = try Martlet.fails([folder.path, "--port", "1"])
        #expect(result.status == 1)
        for words in ["root is not to serve port 1", "--user www-data", "service install", "--port 8080"] {
            #expect(result.errorText.contains(words), "\(result.errorText)")
        }
    }

    @Test("in the sandbox a handler reads what the program named, and nothing else")
    func sandbox() throws {
        let folder = try TemporaryDirectory()
        try folder.write("secret.txt", "Secret")
        for options in [["-v"], ["-v", "--no-sandbox"]] {
            let probe = try ChildProcess(builtExecutable("ServiceProbe"), arguments: ["--port", "0"] + options)
            let line = try #require(try probe.readLine())
            let url = try #require(line.split(separator: " ").first { $0.hasPrefix("http://127.0.0.1:") })
            let port = try #require(UInt16(url.dropFirst(17).dropLast()))
            let answer = try Background.get("/read\(folder.path(of: "secret.txt"))", .loopback(port: port))
            let hosts = try Background.get("/read/etc/hosts", .loopback(port: port))
            let replaced = try Background.get("/read/etc/debian_version", .loopback(port: port))
            probe.send(signal: SIGTERM)
            let messages = try probe.finish().errorText
            #expect(messages.contains("Sandbox: "), "\(messages)")
            #expect(answer == (messages.contains("Landlock ABI") ? "200 refused\n" : "200 read\n"))
            #expect(hosts == "200 read\n")
            // It connects: names are looked up in what others put into /etc.
            #expect(replaced == "200 read\n")
        }
    }
}
