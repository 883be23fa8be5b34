import CMartlet
import Glibc
import MartletReactor

/// The name by which a background server is started, stopped and asked for.
package struct ServerName: Hashable, Sendable, CustomStringConvertible {
    /// The name: 1 to 64 of A-Z, a-z, 0-9, ".", "_" and "-", not beginning with "." or "-".
    package let description: String

    /// - Throws: when `text` is no such name.
    package init(_ text: String) throws(DaemonError) {
        let isValid =
            (1...64).contains(text.utf8.count) && text.first != "." && text.first != "-"
            && text.utf8.allSatisfy { octet in
                switch octet {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
        guard isValid else {
            throw DaemonError(
                "\"\(text)\" is not a server's name: 1 to 64 letters, digits, \".\", \"_\" and \"-\", "
                    + "not beginning with \".\" or \"-\"."
            )
        }
        description = text
    }
}

/// Where the PID files, states and logs of background servers are.
package struct RunFolder: Sendable, Equatable {
    /// The folder of PID files and states. A user's is at home: $XDG_RUNTIME_DIR goes when the user logs out, and what
    /// is old in /tmp may be removed, while the server runs on.
    package let path: String
    /// The folder of logs, which stay.
    package let logs: String
    /// Where the key and the uses of signed URLs are kept, which stay too.
    package let shares: String
    /// Others may look into root's folders, as a server's successor must that has given up root's rights, but not into a
    /// user's.
    private let mode: mode_t

    /// The variable that moves both folders, for tests and for several sets of servers.
    package static let variable = "MARTLET_RUN_FOLDER"

    /// The folders of the user who runs this process. Makes and asks nothing.
    package init(environment: [String: String] = ProcessEnvironment.all(), user: UInt32 = geteuid()) {
        func folder(_ name: String) -> String? {
            // A relative path is to be ignored, says the XDG Base Directory Specification.
            environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil }
        }
        if let chosen = folder(Self.variable) {
            (path, logs, mode) = (chosen, chosen, user == 0 ? 0o755 : 0o700)
            shares = "\(chosen)/shares"
        } else if user == 0 {
            (path, logs, mode) = ("/run/martlet", "/var/log/martlet", 0o755)
            shares = "/var/lib/martlet/shares"
        } else {
            let state = folder("XDG_STATE_HOME") ?? folder("HOME").map { $0 + "/.local/state" }
            path = state.map { $0 + "/martlet" } ?? "/tmp/martlet-\(user)"
            (logs, mode) = (path, 0o700)
            shares = "\(path)/shares"
        }
    }

    /// The PID file of a server.
    package func pidFile(_ name: ServerName) -> String { "\(path)/\(name).pid" }
    /// The file that says how a server was started, which only its starter reads and writes.
    package func startFile(_ name: ServerName) -> String { "\(path)/\(name).start" }
    /// The file in which a server tells about itself.
    package func stateFile(_ name: ServerName) -> String { "\(path)/\(name).state" }
    /// The log of a server.
    package func logFile(_ name: ServerName) -> String { "\(logs)/\(name).log" }

    /// Makes both folders where they are missing, and checks that nobody else can put files there.
    package func prepare() throws(DaemonError) {
        for folder in [path, logs] {
            try Self.make(folder, mode: mode)
            try check(folder)
        }
    }

    /// The servers that have a PID file, by name. Checks the folder as `prepare` does; without one there are none.
    package func names() throws(DaemonError) -> [ServerName] {
        guard try exists() else { return [] }
        guard let directory = unsafe opendir(path) else {
            throw DaemonError("\(SystemError(operation: "list \(path)")).")
        }
        defer { unsafe closedir(directory) }
        var names: [ServerName] = []
        while let entry = unsafe readdir(directory) {
            let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
            let file = unsafe String(
                cString: UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
            )
            if file.hasSuffix(".pid"), let name = try? ServerName(String(file.dropLast(4))) { names.append(name) }
        }
        return names.sorted { $0.description < $1.description }
    }

    /// Whether the folder of PID files is there.
    /// - Throws: when what is there is not to be trusted: a PID file of somebody else's could name any process.
    package func exists() throws(DaemonError) -> Bool {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return false }
            throw DaemonError("\(SystemError(operation: "look at \(path)")).")
        }
        try check(path)
        return true
    }

    private func check(_ folder: String) throws(DaemonError) {
        var status = stat()
        guard unsafe lstat(folder, &status) == 0 else {
            throw DaemonError("\(SystemError(operation: "look at \(folder)")).")
        }
        let remedy = "Remove it, or set \(Self.variable) to a folder of your own."
        guard unsafe cm_is_directory(&status) else {
            throw DaemonError("\(folder) is not a folder, or a symbolic link to one. \(remedy)")
        }
        guard status.st_uid == geteuid() else {
            throw DaemonError("\(folder) belongs to user \(status.st_uid), not to \(geteuid()). \(remedy)")
        }
        // Root's may be read by all; nobody else may write in any.
        guard status.st_mode & 0o7777 & ~mode == 0 else {
            let given = String(status.st_mode & 0o7777, radix: 8)
            throw DaemonError(
                "\(folder) has mode \(given): others may look or write there. "
                    + "Run `chmod \(String(mode, radix: 8)) \(folder)`."
            )
        }
    }

    /// mkdir -p.
    private static func make(_ folder: String, mode: mode_t) throws(DaemonError) {
        guard unsafe mkdir(folder, mode) != 0, errno != EEXIST else { return }
        let code = errno
        guard code == ENOENT, let slash = folder.lastIndex(of: "/"), slash > folder.startIndex else {
            throw failure(code, folder)
        }
        // The XDG specification wants 0700 for what is missing on the way.
        try make(String(folder[..<slash]), mode: mode)
        guard unsafe mkdir(folder, mode) == 0 || errno == EEXIST else {
            throw failure(errno, folder)
        }
    }

    private static func failure(_ code: CInt, _ folder: String) -> DaemonError {
        DaemonError(
            "\(SystemError(code: code, operation: "make the folder \(folder)")). "
                + "Set \(variable) to a folder that you may write to."
        )
    }
}
