import CMartlet
import Glibc

/// The units for systemd, from version 247 on.
extension Service {
    /// The first line of each unit: whoever removes or replaces one sees whose it is.
    package static let mark = "# Written by martlet service"

    /// The unit NAME.service: hardened as far as a server can do with, by `systemd-analyze security`.
    package func serviceUnit() throws(DaemonError) -> String {
        try check()
        var unit = Unit()
        unit.section("Unit")
        unit.set("Description", Unit.escaped(description))
        if waitsForAddresses { unit.set("Wants", "network-online.target") }
        unit.set("After", waitsForAddresses ? "network-online.target" : "network.target")
        if !sockets.isEmpty {
            unit.set("Requires", "\(name).socket")
            unit.set("After", "\(name).socket")
        }
        unit.section("Service")
        addProcess(to: &unit)
        addFiles(to: &unit)
        addRestrictions(to: &unit)
        unit.section("Install")
        unit.set("WantedBy", "multi-user.target")
        if !sockets.isEmpty { unit.set("Also", "\(name).socket") }
        return unit.text
    }

    /// The unit NAME.socket, by which systemd listens for the server, from before it starts to after it stops.
    package func socketUnit() throws(DaemonError) -> String {
        try check()
        guard !sockets.isEmpty else { throw DaemonError("A socket unit needs an address to listen at.") }
        var unit = Unit()
        unit.section("Unit")
        unit.set("Description", Unit.escaped("Sockets of " + description))
        unit.section("Socket")
        for socket in sockets { unit.set("ListenStream", Unit.escaped(socket)) }
        unit.set("FileDescriptorName", "\(name)")
        unit.set("Backlog", "4096")
        unit.section("Install")
        unit.set("WantedBy", "sockets.target")
        return unit.text
    }

    private func addProcess(to unit: inout Unit) {
        unit.comment(
            "notify-reload would need systemd 253. The server's own messages about a reload are right for both."
        )
        unit.set("Type", "notify")
        unit.comment("An upgrade (SIGUSR2) tells by MAINPID= which process is the server from then on.")
        unit.set("NotifyAccess", "main")
        unit.set("ExecStart", ([program] + arguments).map(Unit.word).joined(separator: " "))
        unit.set("ExecReload", "kill -HUP $MAINPID")
        unit.comment("The server drains by itself; what is left when it has ended is killed.")
        unit.set("KillMode", "mixed")
        unit.set("TimeoutStopSec", "\(stopTimeout)")
        unit.set("Restart", "on-failure")
        unit.set("RestartSec", "1")
        if watchdog > 0 { unit.set("WatchdogSec", "\(watchdog)") }
        unit.set("LimitNOFILE", "\(descriptors)")
        switch user {
        case .dynamic:
            unit.set("DynamicUser", "yes")
        case .named(let user):
            unit.set("User", user)
        }
        for kind in ["State", "Runtime", "Logs"] { unit.set("\(kind)Directory", "\(name)") }
        unit.set("UMask", "0027")
    }

    private func addFiles(to unit: inout Unit) {
        unit.set("ProtectSystem", "strict")
        let homes = ["/home", "/root", "/run/user"]
        let temporary = ["/tmp", "/var/tmp"]
        func lie(below folders: [String]) -> (String) -> Bool {
            { path in folders.contains { path == $0 || path.utf8.starts(with: "\($0)/".utf8) } }
        }
        func isHidden(_ path: String) -> Bool {
            homes.contains(path) || temporary.contains(path) || ["/home", "/run/user"].contains(Self.folder(of: path))
        }
        // A file is shown with its folder, or the one that takes its place later would not be; but no home as a whole.
        var shown: [String] = []
        for path in ([program] + readable).flatMap(Self.withTarget) where lie(below: homes + temporary)(path) {
            let folder = Self.folder(of: path)
            let place = Self.isFile(path) && !isHidden(folder) ? folder : path
            if !shown.contains(place) { shown.append(place) }
        }
        let changed = writable.filter(lie(below: homes + temporary))
        // Empty ones stand in for the homes, in which only what is named appears.
        unit.set("ProtectHome", (shown + changed).contains(where: lie(below: homes)) ? "tmpfs" : "yes")
        unit.set("PrivateTmp", "yes")
        for path in shown { unit.set("BindReadOnlyPaths", Unit.quoted(path)) }
        for path in readable.filter({ !lie(below: homes + temporary)($0) }) {
            unit.set("ReadOnlyPaths", Unit.quoted(path))
        }
        for path in changed { unit.set("BindPaths", Unit.quoted(path)) }
        for path in writable.filter({ !changed.contains($0) }) { unit.set("ReadWritePaths", Unit.quoted(path)) }
    }

    /// A path and, if it is a link or behind one, what that leads to.
    private static func withTarget(_ path: String) -> [String] {
        guard let target = unsafe realpath(path, nil) else { return [path] }
        defer { unsafe free(target) }
        let resolved = unsafe String(cString: target)
        return resolved == path ? [path] : [path, resolved]
    }

    private static func folder(of path: String) -> String {
        String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }

    private static func isFile(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    private func addRestrictions(to unit: inout Unit) {
        let capability = bindsLowPort ? "CAP_NET_BIND_SERVICE" : ""
        unit.set("CapabilityBoundingSet", capability)
        unit.set("AmbientCapabilities", capability)
        // In a name space of its own users, the capability would be void.
        if !bindsLowPort { unit.set("PrivateUsers", "yes") }
        for setting in [
            "NoNewPrivileges", "PrivateDevices", "ProtectClock", "ProtectControlGroups", "ProtectHostname",
            "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables", "RemoveIPC", "RestrictNamespaces",
            "RestrictRealtime", "RestrictSUIDSGID", "LockPersonality", "MemoryDenyWriteExecute",
        ] {
            unit.set(setting, "yes")
        }
        unit.set("DevicePolicy", "closed")
        unit.set("ProtectProc", "invisible")
        unit.set("ProcSubset", "pid")
        unit.set("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX")
        unit.set("SystemCallArchitectures", "native")
        unit.set("SystemCallFilter", "@system-service")
        unit.set("SystemCallFilter", "~@privileged @resources")
        unit.comment("What is refused is an error, not the end: the server looks for another way.")
        unit.set("SystemCallErrorNumber", "EPERM")
        unit.comment("Its own sandbox.")
        unit.set("SystemCallFilter", "landlock_create_ruleset landlock_add_rule landlock_restrict_self")
    }
}

/// The text of a unit file, in the syntax of systemd.syntax(7).
struct Unit {
    private(set) var text = Service.mark + "\n"

    mutating func section(_ name: String) {
        text += "\n[\(name)]\n"
    }

    mutating func set(_ name: String, _ value: String) {
        text += "\(name)=\(value)\n"
    }

    mutating func comment(_ words: String) {
        text += "# \(words)\n"
    }

    /// Text in which "%" begins no specifier.
    static func escaped(_ text: String) -> String {
        replaced(text) { $0 == "%" ? "%%" : nil }
    }

    /// A path in a list of paths. In quotes neither spaces nor colons end it.
    static func quoted(_ path: String) -> String {
        guard !path.utf8.allSatisfy(isBare) else { return path }
        return "\"" + replaced(path) { $0 == "\"" || $0 == "\\" ? "\\\($0)" : $0 == "%" ? "%%" : nil } + "\""
    }

    /// A word of a command line (systemd.service(5)): "%", "$", quotes, spaces, ";" and control characters are taken as
    /// they are.
    static func word(_ argument: String) -> String {
        guard argument.isEmpty || !argument.utf8.allSatisfy(isBare) else { return argument }
        let word = replaced(argument) { scalar in
            switch scalar {
            case "\"", "\\": "\\\(scalar)"
            case "%": "%%"
            case "$": "$$"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: nil
            }
        }
        return "\"\(word)\""
    }

    /// Scalar by scalar: a sign with a combining mark behind it is still that sign to systemd.
    private static func replaced(_ text: String, _ replacement: (Unicode.Scalar) -> String?) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if let replacement = replacement(scalar) {
                result.append(contentsOf: replacement.unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }

    /// An octet that means only itself.
    private static func isBare(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "="), UInt8(ascii: "+"):
            true
        default: false
        }
    }
}
