import Glibc
import MartletDaemon
import MartletReactor
import TestSupport
import Testing

@Suite("Reload and upgrade", .timeLimit(.patient))
struct SuccessionTests {
    @Test("a reload takes the new settings, keeps connections, and says what is wrong with settings that are")
    func reload() throws {
        let martlet = try Background()
        try martlet.folder.write("other/a.txt", "Other")
        let file = martlet.folder.path(of: "martlet.toml")
        try martlet.folder.write("martlet.toml", "directory = \"site\"\nport = 0\n")
        let address = try Background.address(try martlet("start", "--config", file))
        let idle = try TestSocket.connect(to: address)
        try idle.send("GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try idle.receive(through: "Hello")

        try martlet.folder.write("martlet.toml", "directory = \"other\"\nport = 0\nheader = [\"X-New: yes\"]\n")
        let reloaded = try martlet("reload")
        #expect(reloaded.status == 0, "\(reloaded.errorText)")
        #expect(try Background.get("/a.txt", address) == "200 Other")
        // The old connection belongs to the old settings, and may ask once more.
        try idle.send("GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n")
        let last = String(decoding: try idle.receiveAll(), as: UTF8.self)
        #expect(last.contains("Connection: close") && last.hasSuffix("Hello"))

        try martlet.folder.write("martlet.toml", "directory = \"other\"\nprot = 0\n")
        let refused = try martlet("reload")
        #expect(refused.status == 1)
        #expect(refused.errorText.contains("martlet.toml:2: there is no setting 'prot'; did you mean 'port'?"))
        #expect(try Background.get("/a.txt", address) == "200 Other")
        #expect(try martlet("status").text.contains("the last reload failed"))
        #expect(try martlet("stop").status == 0)
    }

    @Test("settings behind a link that is led elsewhere are read: their target's folder is in the sandbox, too")
    func linkedSettings() throws {
        let martlet = try Background()
        let settings = "directory = \"\(martlet.site)\"\nport = 0\n"
        try martlet.folder.write("archive/1.toml", settings)
        try martlet.folder.write("archive/2.toml", settings + "header = [\"X-New: yes\"]\n")
        try martlet.folder.makeDirectory("live")
        try martlet.folder.link("live/martlet.toml", to: "../archive/1.toml")
        let link = martlet.folder.path(of: "live/martlet.toml")
        let address = try Background.address(try martlet("start", "--config", link))
        #expect(unsafe unlink(link) == 0)
        try martlet.folder.link("live/martlet.toml", to: "../archive/2.toml")
        let reloaded = try martlet("reload")
        #expect(reloaded.status == 0, "\(reloaded.errorText)")
        let socket = try TestSocket.connect(to: address)
        try socket.send("GET /a.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(String(decoding: try socket.receiveAll(), as: UTF8.self).contains("X-New: yes"))
        #expect(try martlet("stop").status == 0)
    }

    @Test("with --port-fallback a reload stays at the port that was free, which is all that the sandbox allows")
    func fallback() throws {
        let martlet = try Background()
        let other = try ListeningSocket.bind(.loopback(port: 0), count: 1)
        defer { for socket in other { socket.close() } }
        let port = try #require(other.first?.address.port)
        let address = try Background.address(
            try martlet("start", martlet.site, "--port", "\(port)", "--port-fallback")
        )
        #expect(address.port != port)
        for _ in 0..<2 {
            let reloaded = try martlet("reload")
            #expect(reloaded.status == 0, "\(reloaded.errorText)")
            #expect(try Background.get("/a.txt", address) == "200 Hello")
        }
        #expect(try martlet("stop").status == 0)
    }

    @Test("an upgrade puts another process on the same socket, under the same name; the old one ends")
    func upgrade() throws {
        let martlet = try Background()
        let address = try Background.address(try martlet("start", martlet.site, "--port", "0"))
        for _ in 0..<3 {
            let old = try #require(martlet.process())
            _ = kill(old, SIGUSR2)
            try waited("another process serves") { martlet.process() != old && !Background.lives(old) }
            #expect(try Background.get("/a.txt", address) == "200 Hello")
            #expect(try martlet("status").status == 0)
        }
        #expect(try martlet("stop").status == 0)
        #expect(throws: SystemError.self) { try TestSocket.connect(to: address) }
    }

    @Test(
        "a server that root started for another user is upgraded, too: its successor finds the files it is known by",
        .enabled(if: geteuid() == 0)
    )
    func upgradeOfLesserRights() throws {
        let martlet = try Background(forOthers: true)
        let address = try Background.address(try martlet("start", martlet.site, "--port", "0", "--user", "nobody"))
        let old = try #require(martlet.process())
        _ = kill(old, SIGUSR2)
        try waited("another process serves") { martlet.process() != old && !Background.lives(old) }
        #expect(try Background.get("/a.txt", address) == "200 Hello")
        #expect(try martlet("stop").status == 0)
    }

    @Test("what a running server cannot change is refused with the remedy: restart")
    func fixed() throws {
        let martlet = try Background()
        let file = martlet.folder.path(of: "martlet.toml")
        try martlet.folder.write("martlet.toml", "directory = \"site\"\nport = 0\nadmin = \"unix:admin.sock\"\n")
        _ = try martlet("start", "--config", file)
        #expect(try martlet("status").text.contains("health and metrics: "))
        try martlet.folder.write("martlet.toml", "directory = \"site\"\nport = 0\n")
        let reload = try martlet("reload")
        #expect(reload.status == 1 && reload.errorText.contains("--admin has changed, which takes a restart"))
        // The folder of the settings is allowed; one elsewhere is not.
        try martlet.folder.write(
            "martlet.toml",
            "directory = \"/usr/share/doc\"\nport = 0\nadmin = \"unix:admin.sock\"\n"
        )
        guard Sandbox.availableABI > 0 else { return }
        #expect(try martlet("reload").errorText.contains("allows only the folders and ports of its start: restart it"))
        #expect(try martlet("stop").status == 0)
    }

    @Test("a successor that cannot serve is no harm: the old process goes on and says why")
    func failedUpgrade() throws {
        let martlet = try Background()
        let file = martlet.folder.path(of: "martlet.toml")
        try martlet.folder.write("martlet.toml", "directory = \"site\"\nport = 0\n")
        let address = try Background.address(try martlet("start", "--config", file))
        let process = try #require(martlet.process())
        try martlet.folder.write("martlet.toml", "directory = \"nosuch\"\n")
        _ = kill(process, SIGUSR2)
        try waited("the log tells of it") { martlet.log().contains("the upgrade failed") }
        #expect(martlet.log().contains("there is no folder or file"))
        #expect(martlet.process() == process)
        #expect(try Background.get("/a.txt", address) == "200 Hello")
        #expect(try martlet("stop").status == 0)
    }

    @Test("a download goes on through a reload and an upgrade")
    func download() throws {
        let martlet = try Background()
        let size = 16 << 20
        try martlet.folder.setSize("site/big.bin", size)
        let address = try Background.address(try martlet("start", martlet.site, "--port", "0", "--threads", "1"))
        let socket = try TestSocket.connect(to: address, receiveBuffer: 65_536)
        try socket.send("GET /big.bin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        _ = try socket.receive(through: "\r\n\r\n")
        #expect(try martlet("reload").status == 0)
        let old = try #require(martlet.process())
        _ = kill(old, SIGUSR2)
        try waited("a successor serves") { martlet.process() != old }
        var received = 0
        while true {
            let bytes = try socket.receive(upTo: 1 << 20)
            if bytes.isEmpty { break }
            received += bytes.count
        }
        #expect(received == size)
        try waited("the old process ends") { !Background.lives(old) }
        #expect(try martlet("stop").status == 0)
    }

    @Test("a reload that fails leaves the file of a Unix socket where it is; one that drops it removes it")
    func unixSocket() throws {
        let martlet = try Background()
        let path = martlet.folder.path(of: "socket")
        let file = martlet.folder.path(of: "martlet.toml")
        try martlet.folder.write("martlet.toml", "directory = \"site\"\nbind = [\"unix:\(path)\"]\n")
        #expect(try martlet("start", "--config", file).status == 0)
        try martlet.folder.write(
            "martlet.toml",
            "directory = \"site\"\nbind = [\"unix:\(path)\"]\ntls-cert = [\"nosuch.pem\"]\n"
        )
        #expect(try martlet("reload").status == 1)
        #expect(try Background.get("/a.txt", .unix(path: path)) == "200 Hello")
        try martlet.folder.write("martlet.toml", "directory = \"site\"\nport = 0\nno-sandbox = true\n")
        _ = try martlet("reload")
        _ = try martlet("stop")
        #expect(unsafe access(path, F_OK) != 0)
    }

    @Test("an address that the settings no longer have is not served any more, after an upgrade too")
    func droppedAddress() throws {
        let martlet = try Background()
        let file = martlet.folder.path(of: "martlet.toml")
        try martlet.folder.write(
            "martlet.toml",
            "directory = \"site\"\nport = 0\nbind = [\"127.0.0.1\", \"127.0.0.2\"]\n"
        )
        let started = try martlet("start", "--config", file)
        let urls = started.text.split(whereSeparator: \.isWhitespace).filter { $0.hasPrefix("http://127.0.0.2:") }
        let other = SocketAddress.ipv4(
            0x7F00_0002,
            port: try #require(UInt16(urls.first?.dropFirst(17).dropLast() ?? ""))
        )
        #expect(try Background.get("/a.txt", other) == "200 Hello")
        let old = try #require(martlet.process())
        _ = kill(old, SIGUSR2)
        try waited("a successor serves") { martlet.process() != old && !Background.lives(old) }
        #expect(try Background.get("/a.txt", other) == "200 Hello")
        try martlet.folder.write("martlet.toml", "directory = \"site\"\nport = 0\nbind = [\"127.0.0.1\"]\n")
        let reloaded = try martlet("reload")
        #expect(reloaded.status == 0, "\(reloaded.errorText)")
        try waited("nobody listens there") { (try? TestSocket.connect(to: other)) == nil }
        #expect(try Background.get("/a.txt", Background.address(started)) == "200 Hello")
        #expect(try martlet("stop").status == 0)
    }

    @Test("a handler that never lets go of its loop does not keep the server from ending")
    func stuck() throws {
        let probe = try ChildProcess(
            builtExecutable("ServiceProbe"),
            arguments: ["--port", "0", "--threads", "1", "--drain-timeout", "1"]
        )
        let url = try #require(try probe.readLine()?.split(separator: " ").first { $0.hasPrefix("http://127.0.0.1:") })
        let socket = try TestSocket.connect(to: .loopback(port: try #require(UInt16(url.dropFirst(17).dropLast()))))
        try socket.send("GET /stick HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try probe.readLine() == "stuck")
        probe.send(signal: SIGTERM)
        let result = try probe.finish(timeout: .seconds(40))
        #expect(result.status == 1)
        #expect(result.errorText.contains("a handler does not let go of its loop"), "\(result.errorText)")
        withExtendedLifetime(socket) {}
    }

    @Test("SIGUSR1 opens the logs anew; SIGQUIT lets answers take their time")
    func otherSignals() throws {
        let folder = try TemporaryDirectory()
        try folder.write("root/a.txt", "Hello")
        let log = folder.path(of: "access.log")
        let martlet = try Martlet([folder.path(of: "root"), "--threads", "1", "--log-file", log])
        _ = try martlet.get("/before")
        try waited("the line is written") { try contents(ofFile: log).contains("/before") }
        #expect(unsafe rename(log, log + ".1") == 0)
        martlet.process.send(signal: SIGUSR1)
        try waited("the file is there") { unsafe access(log, F_OK) == 0 }
        _ = try martlet.get("/after")
        #expect(try martlet.stop(SIGQUIT).status == 0)
        #expect(try contents(ofFile: log).split(separator: "\n").count == 1)
        #expect(try contents(ofFile: log).contains("GET /after "))
        #expect(try contents(ofFile: log + ".1").split(separator: "\n").count == 1)
    }
}
