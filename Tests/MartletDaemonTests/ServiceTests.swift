import Glibc
import MartletDaemon
import TestSupport
import Testing

@Suite("Service managers' files")
struct ServiceTests {
    private static func service(_ arguments: [String] = ["serve", "/srv/www"]) throws -> Service {
        try Service(
            name: ServerName("web"),
            description: "Martlet, 100 % of it",
            program: "/bin/true",
            arguments: arguments
        )
    }

    /// Each kind of service that the command line can print.
    enum Kind: String, CaseIterable {
        case plain, lowPort, sockets, home, named

        func service() throws -> Service {
            var service = try ServiceTests.service()
            switch self {
            case .plain: service.readable = ["/srv/www"]
            case .lowPort: service.bindsLowPort = true
            case .sockets: service.sockets = ["80", "[::1]:443", "/run/web.sock"]
            case .home: service.readable = ["/home/ann/my site: 100 % \"new\"", "/tmp/x"]
            case .named:
                service.user = .named("www-data")
                service.writable = ["/srv/uploads", "/home/ann/uploads"]
                service.waitsForAddresses = true
            }
            return service
        }
    }

    private func write(_ service: Service, in folder: TemporaryDirectory) throws -> String {
        unsafe chmod(folder.path, 0o755)
        if !service.sockets.isEmpty { try folder.write("web.socket", service.socketUnit()) }
        return try folder.write("web.service", service.serviceUnit())
    }

    @Test("systemd has nothing to say against the units", arguments: Kind.allCases)
    func verified(kind: Kind) throws {
        let folder = try TemporaryDirectory()
        let service = try kind.service()
        let unit = try write(service, in: folder)
        let units = service.sockets.isEmpty ? [unit] : [unit, folder.path(of: "web.socket")]
        let result = try run("systemd-analyze", arguments: ["verify", "--man=no"] + units)
        #expect(result.text + result.errorText == "")
        #expect(result.status == 0)
    }

    @Test("their exposure is below 2.0 of 10", arguments: Kind.allCases)
    func exposure(kind: Kind) throws {
        let folder = try TemporaryDirectory()
        let unit = try write(try kind.service(), in: folder)
        let result = try run(
            "systemd-analyze",
            arguments: ["security", "--no-pager", "--offline=true", "--threshold=19", unit]
        )
        #expect(result.status == 0, "\(result.text.split(separator: "\n").last ?? "")")
    }

    /// What systemd understands of a unit, by its own test mode, which root may not use.
    private func understood(_ service: Service) throws -> [String] {
        let folder = try TemporaryDirectory()
        _ = try write(service, in: folder)
        try folder.makeDirectory("run")
        unsafe chmod(folder.path(of: "run"), 0o700)
        var words = [
            "env", "-i", "HOME=/", "XDG_RUNTIME_DIR=\(folder.path)/run",
            "SYSTEMD_UNIT_PATH=\(folder.path):/usr/lib/systemd/user", "/lib/systemd/systemd", "--test", "--user",
            "--unit=web.service",
        ]
        if geteuid() == 0 {
            unsafe chown(folder.path(of: "run"), 65_534, 65_534)
            words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] + words
        }
        let result = try run(words[0], arguments: Array(words.dropFirst()))
        let lines = result.text.split(separator: "\n").map { $0.drop { $0 == "\t" } }
        let own = lines.drop { $0 != "-> Unit web.service:" }.dropFirst().prefix { !$0.hasPrefix("-> Unit ") }
        return own.map(String.init)
    }

    @Test("systemd reads the very words that were given: quotes, spaces, specifiers, variables, separators, controls")
    func words() throws {
        let arguments = [
            "a b", "it's", "\"", "\\", "%h", "$HOME", "${HOME}", ";", "", "tab\there", "new\nline", "ü\u{301}", "#",
            "-x=1",
            "%\u{301}", "\"\u{301}",
        ]
        let lines = try understood(Self.service(arguments))
        // systemd prints words for a shell; "$$" becomes "$" when it starts the program.
        let expected = [
            "/bin/true", "\"a b\"", "\"it's\"", "\"\\\"\"", "\"\\\\\"", "%h", "\"\\$\\$HOME\"", "\"\\$\\${HOME}\"",
            "\";\"",
            "\"\"", "\"tab\\there\"", "\"new\\nline\"", "ü\u{301}", "#", "-x=1", "%\u{301}", "\"\\\"\u{301}\"",
        ]
        #expect(lines.first { $0.hasPrefix("Command Line: ") } == "Command Line: " + expected.joined(separator: " "))
        #expect(lines.contains("Description: Martlet, 100 % of it"))
    }

    @Test("folders that the sandbox hides are shown, by their very names")
    func shownFolders() throws {
        let lines = try understood(Kind.home.service())
        let path = "/home/ann/my site: 100 % \"new\""
        #expect(lines.contains("BindReadOnlyPaths: \(path):\(path):rbind"))
        #expect(lines.contains("BindReadOnlyPaths: /tmp/x:/tmp/x:rbind"))
        #expect(lines.contains("ProtectHome: tmpfs"))
        let named = try understood(Kind.named.service())
        #expect(named.contains("BindPaths: /home/ann/uploads:/home/ann/uploads:rbind"))
        #expect(named.contains("ReadWritePaths: /srv/uploads"))
        #expect(try understood(Kind.plain.service()).contains("ProtectHome: yes"))
    }

    @Test("a file is shown with its folder, and with that of a link's target: what replaces it must be seen")
    func shownFiles() throws {
        let folder = try TemporaryDirectory()
        try folder.write("archive/key1.pem", "")
        try folder.makeDirectory("live")
        let (live, archive) = (folder.path(of: "live"), folder.path(of: "archive"))
        #expect(unsafe symlink("../archive/key1.pem", "\(live)/key.pem") == 0)
        var service = try Self.service()
        service.readable = ["\(live)/key.pem"]
        let unit = try service.serviceUnit()
        #expect(unit.contains("BindReadOnlyPaths=\(live)\nBindReadOnlyPaths=\(archive)\n"), "\(unit)")
        #expect(!unit.contains("\nReadOnlyPaths="))
    }

    @Test("the capability for low ports is there only when it is needed")
    func lowPort() throws {
        let low = try Kind.lowPort.service().serviceUnit()
        #expect(
            low.contains("\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n")
        )
        #expect(!low.contains("PrivateUsers"))
        let plain = try Kind.plain.service().serviceUnit()
        #expect(plain.contains("\nCapabilityBoundingSet=\nAmbientCapabilities=\nPrivateUsers=yes\n"))
    }

    @Test("the socket unit listens at all addresses and names the sockets for the server")
    func sockets() throws {
        #expect(
            try Kind.sockets.service().socketUnit() == """
                # Written by martlet service

                [Unit]
                Description=Sockets of Martlet, 100 %% of it

                [Socket]
                ListenStream=80
                ListenStream=[::1]:443
                ListenStream=/run/web.sock
                FileDescriptorName=web
                Backlog=4096

                [Install]
                WantedBy=sockets.target

                """
        )
        let plain = try Kind.plain.service()
        #expect(throws: DaemonError.self) { try plain.socketUnit() }
    }

    @Test(
        "a text that would add lines to a unit is refused",
        arguments: ["/srv/a\nExecStartPre=/bin/evil", "relative", "", "/a\u{85}b", "/a\r"]
    )
    func injected(path: String) throws {
        var service = try Self.service()
        service.readable = [path]
        #expect(throws: DaemonError.self) { try service.serviceUnit() }
        service = try Self.service()
        service.description = "a\nb"
        #expect(throws: DaemonError.self) { try service.serviceUnit() }
        service.description = "goes on \\"
        #expect(throws: DaemonError.self) { try service.serviceUnit() }
        service = try Self.service()
        service.user = .named("a b")
        #expect(throws: DaemonError.self) { try service.serviceUnit() }
    }

    @Test("launchd's property list says the same words, by Python's reader")
    func propertyList() throws {
        let folder = try TemporaryDirectory()
        var service = try Self.service(["<a> & \"b\"", "", "ü", "<\u{301}"])
        service.user = .named("ann")
        let path = try folder.write("web.plist", service.propertyList(label: "dev.martlet.web"))
        let script = """
            import plistlib, sys
            p = plistlib.load(open(sys.argv[1], 'rb'))
            print(p['Label'], p['ProgramArguments'], p['UserName'], p['KeepAlive'], p['ExitTimeOut'], sep='|')
            """
        let result = try run("/usr/bin/python3", arguments: ["-X", "utf8", "-c", script, path])
        #expect(
            result.text == """
                dev.martlet.web|['/bin/true', '<a> & "b"', '', 'ü', '<\u{301}']|ann|{'SuccessfulExit': False}|45

                """
        )
        #expect(throws: DaemonError.self) { try Self.service(["a\u{1}"]).propertyList(label: "x") }
    }
}
