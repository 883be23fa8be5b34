import Glibc
import Martlet
import MartletDaemon
import MartletReactor

/// What a server may do, and gives up before it lets anybody in.
struct ServiceRights {
    /// Landlock; nil: the user does without.
    private(set) var sandbox: Sandbox.Applied?

    /// Gives up what `plan` does not need. Everything is open by now, and there are no threads.
    /// - Parameters:
    ///   - bound: where the server listens.
    ///   - files: what is read again later: certificates and the like.
    ///   - folders: where files are written later: logs, and Unix sockets that are removed at the end.
    ///   - owned: descriptors of files that the server's user has to open again.
    init(_ plan: ServingPlan, bound: [SocketAddress], files: [String], folders: [String], owned: [CInt]) throws {
        do {
            if let user = plan.service.user, user != "root" {
                if Privileges.isRoot {
                    let account = try Account(named: user)
                    for fd in owned { _ = fchown(fd, account.user, account.group) }
                    for case .unix(let path) in bound { Self.give(path, to: account) }
                }
                try Privileges.drop(to: user)
                Self.warn(of: files, as: user)
                Self.warn(ofContent: plan.readable, as: user)
                Self.warn(ofFolders: plan.writable, as: user)
            }
            guard !plan.service.noSandbox else { return }
            sandbox = try Self.sandbox(plan, bound: bound, files: files, folders: folders).apply()
        } catch {
            throw Problem("\(error)")
        }
    }

    /// Gives the file of a Unix socket to the server's user; one that is somebody's already stays so.
    private static func give(_ path: String, to account: Account) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK, status.st_uid == 0 else { return }
        // The folder may be others', too: no link is followed.
        guard unsafe lchown(path, account.user, account.group) != 0 else { return }
        Messages.complain("\(SystemError(operation: "give \(path) to \(account.name)")): only root can connect to it.")
    }

    /// Root has read them; whoever has its place cannot do so again.
    private static func warn(of files: [String], as user: String) {
        for path in files where unsafe access(path, R_OK) != 0 && errno == EACCES {
            Messages.complain(
                """
                \(path) was read by root, and user \(user) may not read it: renewals, reloads and upgrades will fail. \
                Let the user, or a group of it, read the file and enter its folders: setfacl -m u:\(user):r \(path)
                """
            )
        }
    }

    /// What the server's user may not read is answered with 403.
    private static func warn(ofContent paths: [String], as user: String) {
        for path in paths where unsafe access(path, R_OK) != 0 && errno == EACCES {
            Messages.complain("user \(user) may not read \(path), and will answer 403. Let it: chmod a+rX \(path)")
        }
    }

    /// What is worth a warning at the start.
    static func warnings(_ plan: ServingPlan, bound: [SocketAddress]) -> [String] {
        var warnings = plan.warnings
        let isPublic = bound.contains { !$0.isLoopback && $0.port != nil }
        if plan.takesSecrets, isPublic, (try? plan.tls.resolved()) == nil {
            warnings.append(
                "passwords and tokens come without TLS: anybody on the way can read them. Add --tls or, for --auth, --auth-scheme digest."
            )
        }
        if plan.runsPrograms, Privileges.isRoot, plan.service.user == nil {
            warnings.append(
                "scripts run as root: a mistake in one is a hole in the machine. Add --user www-data, or --user root if you mean it."
            )
        }
        return warnings
    }

    /// What root has made, or may write to, is not the user's for that.
    private static func warn(ofFolders folders: [String], as user: String) {
        for path in folders where unsafe access(path, W_OK | X_OK) != 0 && errno == EACCES {
            Messages.complain(
                "user \(user) may not write to \(path), and requests will fail. Make it the user's: chown -R \(user) \(path)"
            )
        }
    }

    /// Root on a port of its own, without a word that this is meant, is a mistake: whoever takes the server over has the
    /// machine.
    static func check(_ plan: ServingPlan, bound: [SocketAddress]) throws {
        guard Privileges.isRoot, plan.service.user == nil else { return }
        guard let port = bound.lazy.compactMap(\.port).first(where: { $0 < 1024 }) else { return }
        throw Problem(
            """
            root is not to serve port \(port) as itself: whoever took the server over would have the machine. Any of these will do:
              --user www-data        opens the port, then becomes that user
              martlet service install   lets systemd open the port, for a user without rights
              --port 8080            needs no right at all
              --user root            if you mean it
            """
        )
    }

    private static func sandbox(
        _ plan: ServingPlan,
        bound: [SocketAddress],
        files: [String],
        folders: [String]
    ) -> Sandbox {
        let program = DetachedProcess.ownExecutable.map(FileSystem.folders) ?? []
        var sandbox = Sandbox(
            // A file that is replaced is another one: hence its folder.
            readable: Sandbox.systemReadable + (plan.connects ? Sandbox.resolverReadable : []) + plan.readable
                + plan.settingsFolders
                + files.flatMap(FileSystem.folders),
            writable: plan.writable + folders + terminals,
            executable: Sandbox.systemExecutable + program + LoadedLibraries.folders,
            bindPorts: bound.compactMap(\.port),
            connectPorts: plan.connects || plan.runsPrograms ? nil : []
        )
        if plan.runsPrograms {
            // What they are started with, and what that reads, nobody knows here.
            sandbox.readable.append("/")
            sandbox.executable.append("/")
            sandbox.changeable = Self.temporary + plan.changeable
            sandbox.writable.append("/dev/null")
        }
        sandbox.reachesAbstractSockets = ProcessEnvironment.value("NOTIFY_SOCKET")?.hasPrefix("@") ?? false
        return sandbox
    }

    /// Where programs expect to be allowed to write.
    private static let temporary = ["/tmp", "/var/tmp", "/dev/shm"]

    /// What standard output and error are, to be opened once more: whoever writes to them must not wait.
    private static var terminals: [String] {
        [STDOUT_FILENO, STDERR_FILENO].compactMap { fd in
            var name = [CChar](repeating: 0, count: 256)
            guard unsafe ttyname_r(fd, &name, name.count) == 0 else { return nil }
            return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }

    static func folder(of path: String) -> String { FileSystem.folder(of: path) }

    /// For the start-up message.
    var description: String {
        let limit = "\(DescriptorLimit.current) descriptors"
        return "Sandbox: \(sandbox.map(\.description) ?? "none, as you asked"); \(limit)"
    }
}
