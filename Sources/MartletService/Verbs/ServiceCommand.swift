package import ArgumentParser
import Glibc
import MartletDaemon
import MartletReactor

/// `martlet service`: a server that the system starts and looks after.
package struct ServiceCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "service",
        _superCommandName: ServingProgram.current.name,
        abstract: "Has the system start a server and look after it.",
        discussion: """
            Writes a hardened unit for systemd, and the arguments as a file of settings that the unit names. With --socket \
            systemd itself listens: then no request is refused while the server restarts, and a port below 1024 needs no \
            right. print shows what install would write, and for macOS a property list.
            """,
        subcommands: [Print.self, Install.self, Uninstall.self]
    )

    package init() {}

    struct Print: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints the files.",
            usage: "service print [--name <name>] [--socket] [--part <part>] [<arguments of serving>]"
        )

        @OptionGroup var options: ServiceFileOptions

        @Option(help: ArgumentHelp("Only one of them: service, socket, settings or launchd.", valueName: "part"))
        var part: ServiceFiles.Part?

        @Argument(parsing: .allUnrecognized, help: ArgumentHelp("As for serving.", valueName: "arguments"))
        var arguments: [String] = []

        func run() throws {
            try Problem.told {
                let files = try ServiceFiles(options, arguments)
                let parts: [ServiceFiles.Part] = part.map { [$0] } ?? files.installed
                let texts = try parts.map { part in
                    (self.part == nil ? "# \(files.path(of: part))\n" : "") + (try files.text(of: part))
                }
                Messages.write(texts.joined(separator: "\n"), to: STDOUT_FILENO)
            }
        }
    }

    struct Install: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes the files, and has systemd start the server now and at every boot.",
            usage: "service install [--name <name>] [--socket] [<arguments of serving>]"
        )

        @OptionGroup var options: ServiceFileOptions

        @Option(
            help: ArgumentHelp("Put the files below this folder, and start nothing: for images.", valueName: "folder")
        )
        var root: String?

        @Argument(parsing: .allUnrecognized, help: ArgumentHelp("As for serving.", valueName: "arguments"))
        var arguments: [String] = []

        func run() throws {
            try Problem.told {
                let files = try ServiceFiles(options, arguments)
                let root = root ?? ""
                for part in [ServiceFiles.Part.service, .socket] {
                    try ServiceFiles.checkOwn(root + files.path(of: part))
                }
                try removeSocket(files, root)
                for part in files.installed {
                    let path = root + files.path(of: part)
                    try ServiceFiles.write(try files.text(of: part), to: path)
                    Messages.write("wrote \(path)\n", to: STDOUT_FILENO)
                }
                if files.isLocal { Messages.complain("it is for this machine alone; --lan would serve the network.") }
                guard self.root == nil else { return }
                try Systemd.run("daemon-reload")
                // One that runs already takes the new settings; systemd opens no sockets for one that still has its own.
                if files.listens { try Systemd.run("stop", files.service.name.description + ".service") }
                try Systemd.run("enable", files.unit)
                try Systemd.run("restart", files.unit)
                Messages.write("\(files.unit) is started, now and at every boot\n", to: STDOUT_FILENO)
            }
        }

        /// Without --socket the server listens itself, where an earlier install may have let systemd do so.
        private func removeSocket(_ files: ServiceFiles, _ root: String) throws {
            let path = root + files.path(of: .socket)
            guard !files.listens, unsafe access(path, F_OK) == 0 else { return }
            if self.root == nil { try Systemd.run("disable", "--now", "\(files.service.name).socket") }
            guard unsafe unlink(path) == 0 else { throw Problem("\(SystemError(operation: "remove \(path)")).") }
            Messages.write("removed \(path)\n", to: STDOUT_FILENO)
        }
    }

    struct Uninstall: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends the server and removes its units. The settings stay."
        )

        @OptionGroup var options: ServiceFileOptions

        @Option(help: ArgumentHelp("Remove the files below this folder, and end nothing.", valueName: "folder"))
        var root: String?

        func run() throws {
            try Problem.told {
                let name = try options.server().name
                let parts = [ServiceFiles.Part.service, .socket].map { (root ?? "") + ServiceFiles.path(of: $0, name) }
                let present = parts.filter { unsafe access($0, F_OK) == 0 }
                guard !present.isEmpty else { throw Problem("there is no service \(name).") }
                for path in present { try ServiceFiles.checkOwn(path) }
                if root == nil {
                    for path in present {
                        try? Systemd.run("disable", "--now", String(path.split(separator: "/").last ?? ""))
                    }
                }
                for path in present {
                    guard unsafe unlink(path) == 0 else {
                        throw Problem("\(SystemError(operation: "remove \(path)")).")
                    }
                    Messages.write("removed \(path)\n", to: STDOUT_FILENO)
                }
                if root == nil { try Systemd.run("daemon-reload") }
                Messages.write(
                    "the settings stay: \((root ?? "") + ServiceFiles.path(of: .settings, name))\n",
                    to: STDOUT_FILENO
                )
            }
        }
    }
}

/// What the service is called, and who listens.
struct ServiceFileOptions: ParsableArguments {
    @Option(help: ArgumentHelp("What to call the service. (default: the program's name)", valueName: "name"))
    var name: String?

    @Flag(help: "Let systemd listen, and hand the sockets over.")
    var socket = false

    func server() throws -> NamedServer {
        try NamedServer(name ?? ServingProgram.current.name)
    }
}

/// The files that make a server a service.
struct ServiceFiles {
    /// What each is.
    enum Part: String, ExpressibleByArgument, CaseIterable {
        case service, socket, settings, launchd
    }

    let service: Service
    private let settings: String
    let listens: Bool

    init(_ options: ServiceFileOptions, _ arguments: [String]) throws {
        let name = try options.server().name
        let command = try CheckCommand.parse(arguments, inFull: true)
        let plan = try command.plan()
        guard command.namesFolder else {
            throw Problem("name the folder: a service has no current one. As: service install /srv/www")
        }
        if let option = plan.secretOption {
            throw Problem("\(option) has a password, which is not written into a service's settings. Use --auth-file.")
        }
        guard let program = DetachedProcess.ownExecutable else {
            throw Problem("/proc/self/exe does not say which program this is. Mount /proc.")
        }
        settings = command.printed(without: ["user"])
        listens = options.socket
        let verb = command.name.map { [$0] } ?? []
        let addresses = try plan.listening.wanted(port: plan.port, default: plan.defaultPort)
        do {
            var service = try Service(
                name: name,
                description: "\(ServingProgram.current.name) \(plan.title)",
                program: program,
                arguments: verb + ["--config", Self.path(of: .settings, name)]
            )
            if let user = plan.service.user { service.user = .named(user) }
            let read = try plan.readable + Generation.files(plan)
            service.readable = read.map(Self.absolute) + [Self.path(of: .settings, name)]
            service.writable =
                plan.writable + plan.changeable + (plan.logging.logFile.map { [ServiceRights.folder(of: $0)] } ?? [])
            if options.socket {
                service.sockets = addresses.map(Self.stream)
            } else {
                service.bindsLowPort = addresses.contains { $0.port.map { 1..<1024 ~= $0 } ?? false }
                for case .unix(let path) in addresses { service.writable.append(ServiceRights.folder(of: path)) }
            }
            service.waitsForAddresses = addresses.contains { !$0.isLoopback && !$0.isAny && $0.port != nil }
            let (delay, timeout) = (try plan.service.resolvedDelay(), try plan.service.resolvedTimeout())
            service.stopTimeout = Int(clamping: (delay + timeout).components.seconds) + 15
            self.service = service
            isLocal = addresses.allSatisfy { $0.isLoopback && $0.port != nil }
        } catch let error as DaemonError {
            throw Problem("\(error)")
        }
    }

    /// The settings that are written have absolute paths, too.
    private static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let here = unsafe getcwd(nil, 0) else { return path }
        defer { unsafe free(here) }
        return "\(unsafe String(cString: here))/\(path)"
    }

    /// Whether nobody but this machine reaches the service, which is seldom meant.
    private(set) var isLocal = false

    /// As ListenStream= has it.
    private static func stream(_ address: SocketAddress) -> String {
        if case .unix(let path) = address { return path }
        let host = if case .ipv6 = address, address.mappedIPv4 == nil { "[\(address.host)]" } else { address.host }
        return "\(host):\(address.port ?? 0)"
    }

    /// Those that `install` writes.
    var installed: [Part] { [.settings, .service] + (listens ? [.socket] : []) }

    /// What systemd is to start.
    var unit: String { "\(service.name).\(listens ? "socket" : "service")" }

    func path(of part: Part) -> String { Self.path(of: part, service.name) }

    static func path(of part: Part, _ name: ServerName) -> String {
        switch part {
        case .service: "/etc/systemd/system/\(name).service"
        case .socket: "/etc/systemd/system/\(name).socket"
        case .settings: "/etc/martlet/\(name).toml"
        case .launchd: "/Library/LaunchDaemons/\(name).plist"
        }
    }

    func text(of part: Part) throws -> String {
        do {
            switch part {
            case .service: return try service.serviceUnit()
            case .socket: return try service.socketUnit()
            case .settings: return settings
            case .launchd: return try service.propertyList(label: "\(service.name)")
            }
        } catch {
            throw Problem("\(error)")
        }
    }

    /// - Throws: when there is a unit that somebody else wrote.
    static func checkOwn(_ path: String) throws {
        guard unsafe access(path, F_OK) == 0, !FileSystem.contents(of: path).hasPrefix(Service.mark + "\n") else {
            return
        }
        throw Problem(
            "\(path) is not ours: it does not begin with \"\(Service.mark)\". Choose another --name, or look after it yourself."
        )
    }

    static func write(_ text: String, to path: String) throws {
        for (index, character) in zip(path.indices, path) where character == "/" && index > path.startIndex {
            _ = unsafe mkdir(String(path[..<index]), 0o755)
        }
        let fd = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard fd >= 0 else {
            let remedy =
                errno == EACCES || errno == EPERM ? " Do it as root: sudo. print shows what would be written." : ""
            throw Problem("\(SystemError(operation: "write \(path)")).\(remedy)")
        }
        defer { close(fd) }
        Messages.write(text, to: fd)
    }
}

/// systemd's own tool.
private enum Systemd {
    static func run(_ arguments: String...) throws {
        guard let tool = Program.find("systemctl") else {
            throw Problem("there is no systemctl here: the files are written, and nothing is started.")
        }
        let result: Program.Result
        do {
            result = try Program.run(tool, arguments)
        } catch {
            throw Problem("\(error)")
        }
        guard result.succeeded else {
            throw Problem("systemctl \(arguments.joined(separator: " ")) failed: \(Banner.printable(result.output))")
        }
    }
}
