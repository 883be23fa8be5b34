import Glibc
import MartletReactor
import TestSupport
import Testing

@Suite("Where it listens, and what it says of that")
struct ListeningTests {
    private func folder() throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        try folder.write("a.txt", "Hello")
        return folder
    }

    /// What curl gets from a URL of the banner.
    private func fetch(_ url: String, _ file: String) throws -> String {
        guard url.hasPrefix("unix:") else { return try Tool.curl("\(url)\(file)").text }
        return try Tool.curl("--unix-socket", String(url.dropFirst(5)), "http://localhost/\(file)").text
    }

    @Test("off a terminal the banner is one line")
    func line() throws {
        let folder = try folder()
        let martlet = try Martlet([folder.path])
        #expect(martlet.banner.hasPrefix("Martlet "))
        #expect(martlet.banner.contains(" serves \(folder.path) at http://127.0.0.1:"))
        #expect(try martlet.stop().output.isEmpty)
    }

    @Test("a folder's name cannot steer the terminal")
    func printable() throws {
        let folder = try TemporaryDirectory()
        try folder.makeDirectory("a\u{1B}[31mb\nc")
        #expect(try Martlet([folder.path(of: "a\u{1B}[31mb\nc")]).banner.contains("/a?[31mb?c at http"))
    }

    @Test("on a terminal the banner has a line for each URL, and Ctrl-C ends it with 0")
    func terminal() throws {
        let folder = try folder()
        let result = try Tool.python(
            "terminal.py",
            ["3", try Martlet.executable, folder.path, "-p", "0", "--no-sandbox"]
        )
        let lines = result.text.split(separator: "\n")
        #expect(lines.count == 5, "\(result.text) \(result.errorText)")
        guard lines.count == 5 else { return }
        #expect(lines[0].hasSuffix(" serves \(folder.path)"))
        #expect(lines[1].hasPrefix("  http://127.0.0.1:") && lines[1].hasSuffix("/"))
        #expect(lines[2].hasPrefix("Sandbox: none, as you asked; ") && lines[2].hasSuffix(" descriptors"))
        #expect(lines[3] == "Ctrl-C stops.")
        #expect(lines[4] == "exit 0")
    }

    @Test("a log on a terminal that nobody reads holds nothing up, not even the end")
    func stuckTerminal() throws {
        let folder = try folder()
        let result = try Tool.python(
            "stuck_terminal.py",
            [try Martlet.executable, folder.path, "-p", "0", "--threads", "1"]
        )
        #expect(result.text == "ok 0\n", "\(result.errorText)")
    }

    @Test("a file that takes both outputs has all that was said, whoever else writes to it")
    func sharedFile() throws {
        let folder = try folder()
        let log = folder.path(of: "log")
        let line = "{ echo before; \"$0\" nosuch; echo after; } >\"$1\" 2>&1"
        _ = try Tool.run("sh", ["-c", line, try Martlet.executable, log])
        let lines = try contents(ofFile: log).split(separator: "\n")
        #expect(lines.count == 3 && lines.first == "before" && lines.last == "after", "\(lines)")
        #expect(lines.dropFirst().first?.hasPrefix("martlet: there is no folder or file 'nosuch'.") == true)
    }

    @Test("a path that a server listens on already is named; there is no port to talk of")
    func busyPath() throws {
        let folder = try folder()
        let path = folder.path(of: "socket")
        let first = try Martlet([folder.path, "--bind", "unix:\(path)"])
        let second = try Martlet.fails([folder.path, "--bind", "unix:\(path)", "--port-fallback"])
        #expect(second.status == 1)
        #expect(second.errorText.contains("unix:\(path)"), "\(second.errorText)")
        #expect(!second.errorText.contains("port 8"), "\(second.errorText)")
        _ = try first.stop()
    }

    @Test("a bare number is the port, beside a path or alone")
    func bareNumber() throws {
        let folder = try folder()
        #expect(try Martlet([folder.path, "0"], port: nil).get("/a.txt").text == "Hello")
        #expect(try Martlet(["0", folder.path], port: nil).get("/a.txt").text == "Hello")
        let port = try freePort()
        let martlet = try Martlet([folder.path, "\(port)"], port: nil)
        #expect(martlet.url == "http://127.0.0.1:\(port)/")
    }

    @Test("loopback by default: IPv4 and, where there is IPv6, the same port there")
    func loopback() throws {
        let folder = try folder()
        let port = try freePort()
        let martlet = try Martlet([folder.path], port: "\(port)")
        let expected = ["http://127.0.0.1:\(port)/"] + (hasIPv6 ? ["http://[::1]:\(port)/"] : [])
        #expect(martlet.urls == expected)
        for url in martlet.urls { #expect(try fetch(url, "a.txt") == "Hello", "\(url)") }
        for own in SocketAddress.ofInterfaces().map(\.address) where !own.isLoopback {
            #expect(throws: SystemError.self) { try TestSocket.connect(to: own.with(port: port), timeout: .seconds(2)) }
        }
    }

    @Test("--bind several times, a Unix socket among them: every URL works")
    func several() throws {
        let folder = try folder()
        let path = folder.path(of: "socket")
        let hosts = ["127.0.0.1", "127.0.0.2", "unix:\(path)"] + (hasIPv6 ? ["::1"] : [])
        let martlet = try Martlet([folder.path] + hosts.flatMap { ["--bind", $0] })
        #expect(martlet.urls.count == hosts.count)
        #expect(martlet.urls.contains("unix:\(path)"))
        for url in martlet.urls { #expect(try fetch(url, "a.txt") == "Hello", "\(url)") }
        // The name is free again afterwards, also when nobody could tidy up.
        try martlet.stop(SIGKILL)
        let again = try Martlet([folder.path, "-b", "unix:\(path)"], port: nil)
        #expect(try fetch(again.url, "a.txt") == "Hello")
        let busy = try Martlet.fails([folder.path, "--bind", "unix:\(path)"])
        #expect(busy.status == 1)
    }

    @Test("a Unix socket is gone when the server has stopped")
    func unixSocket() throws {
        let folder = try folder()
        let path = folder.path(of: "socket")
        let martlet = try Martlet([folder.path, "--bind", "unix:\(path)"])
        #expect(unsafe access(path, F_OK) == 0)
        #expect(try martlet.stop().status == 0)
        #expect(unsafe access(path, F_OK) != 0)
    }

    @Test("--bind takes names and brackets")
    func names() throws {
        let folder = try folder()
        #expect(
            try Martlet([folder.path, "--bind", "localhost"]).urls.contains {
                $0.contains("127.0.0.1") || $0.contains("::1")
            }
        )
        guard hasIPv6 else { return }
        #expect(try Martlet([folder.path, "--bind", "[::1]"]).url.hasPrefix("http://[::1]:"))
    }

    @Test("--lan prints the loopback and every address of the machine, and all of them work")
    func lan() throws {
        let folder = try folder()
        let martlet = try Martlet([folder.path, "--lan"])
        #expect(martlet.url.hasPrefix("http://127.0.0.1:"))
        let own = SocketAddress.ofInterfaces().map(\.address).filter { !$0.isLoopback }
        #expect(martlet.urls.count > own.count { if case .ipv4 = $0 { true } else { false } })
        for url in martlet.urls { #expect(try fetch(url, "a.txt") == "Hello", "\(url)") }
        let terminal = try Tool.python(
            "terminal.py",
            ["\(martlet.urls.count + 3)", try Martlet.executable, folder.path, "-p", "0", "--lan"]
        )
        #expect(terminal.text.contains("\nEverybody in the network can connect.\n"), "\(terminal.errorText)")
    }

    @Test("a busy port names its owner and the remedies")
    func busy() throws {
        let folder = try folder()
        let first = try Martlet([folder.path])
        let port = try #require(try first.address.port)
        let second = try Martlet.fails([folder.path, "-p", "\(port)"])
        #expect(second.status == 1)
        #expect(
            second.errorText == """
                martlet: port \(port) is in use by martlet (process \(first.process.process)). Choose another with \
                --port, or take the next free one with --port-fallback.

                """
        )
        #expect(try first.get("/a.txt").text == "Hello")
    }

    @Test("--port-fallback takes the next free port and says so")
    func fallback() throws {
        let folder = try folder()
        let first = try Martlet([folder.path])
        let port = try #require(try first.address.port)
        let second = try Martlet([folder.path, "--port-fallback"], port: "\(port)")
        let taken = try #require(try second.address.port)
        #expect(taken > port && taken <= port + 100)
        #expect(try second.get("/a.txt").text == "Hello")
        #expect(try second.stop().errorText.hasPrefix("martlet: port \(port) is in use; took \(taken).\n"))
    }

    // MARK: Rights

    @Test("a port below 1024 without the right: a message that says what to do")
    func privileged() throws {
        let first = Int(try contents(ofFile: "/proc/sys/net/ipv4/ip_unprivileged_port_start").dropLast()) ?? 1024
        try #require(first > 81, "every port is free for everybody on this machine")
        let folder = try folder()
        try folder.setMode(".", 0o755)
        let result = try unprivileged([folder.path, "-p", "81"], folder).finish()
        #expect(result.status == 1)
        #expect(result.errorText.hasPrefix("martlet: port 81 is below 1024 and needs a right that this user does not"))
        #expect(result.errorText.contains("--port 8080"))
    }

    @Test("what the user may not read: 403 for files and folders in it, exit code 1 for the folder itself")
    func unreadable() throws {
        let folder = try folder()
        try folder.setMode(".", 0o755)
        try folder.write("closed.txt", "secret")
        try folder.write("closed/a.txt", "secret")
        try folder.write("listless/a.txt", "fine")
        try folder.setMode("closed.txt", 0)
        try folder.setMode("closed", 0)
        try folder.setMode("listless", 0o711)
        let child = try unprivileged([folder.path, "-p", "0"], folder)
        let url = try #require(try child.readLine()?.split(separator: " ").last.map(String.init))
        let code = ["-o", "/dev/null", "-w", "%{http_code}"]
        for (path, status) in [
            ("a.txt", "200"), ("closed.txt", "403"), ("closed/", "403"), ("closed", "403"), ("closed/a.txt", "403"),
            ("listless/a.txt", "200"), ("listless/", "403"), ("", "200"),
        ] {
            #expect(try Tool.run("curl", ["-s"] + code + ["\(url)\(path)"]).text == status, "\(path)")
        }
        let result = try unprivileged([folder.path(of: "closed"), "-p", "0"], folder).finish()
        #expect(result.status == 1)
        #expect(result.errorText.hasPrefix("martlet: permission denied for '"))
        #expect(result.errorText.contains("chmod"))
        for name in ["closed", "listless"] { try folder.setMode(name, 0o755) }
    }

    /// martlet as a user without rights: root takes those of nobody.
    private func unprivileged(_ arguments: [String], _ folder: TemporaryDirectory) throws -> ChildProcess {
        guard geteuid() == 0 else { return try ChildProcess(try Martlet.executable, arguments: arguments) }
        // The build folder may be closed to others.
        let copy = folder.path(of: ".martlet")
        _ = try run("cp", arguments: [try Martlet.executable, copy])
        try folder.setMode(".martlet", 0o755)
        let rights = ["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"]
        return try ChildProcess("setpriv", arguments: rights + [copy] + arguments)
    }

    private var hasIPv6: Bool {
        guard let sockets = try? ListeningSocket.bind(.ipv6(0, 1, port: 0, zone: 0), count: 1) else { return false }
        for socket in sockets { socket.close() }
        return true
    }
}
