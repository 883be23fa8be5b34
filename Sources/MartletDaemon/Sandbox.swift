import CMartlet
import Glibc
import MartletReactor

/// What a process will need, so that the kernel can refuse it everything else, for good (Landlock).
///
/// Whoever takes the process over then cannot read or change other files, nor reach or open other ports. Descriptors
/// that are open already stay as they are. Processes started later are bound by the same, and may bind themselves further.
package struct Sandbox: Sendable {
    /// Files and folders to read, with all below.
    package var readable: [String]
    /// Files to write, and folders to make, change and remove files and Unix sockets in; they can be read too.
    package var writable: [String]
    /// Folders in which folders, links and pipes too are made and removed: the work of other programs.
    package var changeable: [String] = []
    /// Programs to start, or their folders. Name the folder of a program that may be replaced: a new file is another
    /// one. A program also needs its loader: `systemExecutable`.
    package var executable: [String]
    /// TCP ports to listen at, 0 for any free one; nil: all.
    package var bindPorts: [UInt16]?
    /// TCP ports to connect to; nil: all.
    package var connectPorts: [UInt16]?
    /// Whether abstract Unix sockets of others can be connected to: a successor's service manager may be at one.
    package var reachesAbstractSockets = false

    /// What the C library, OpenSSL and the dynamic loader read while a server runs.
    package static let systemReadable = [
        "/usr/lib", "/lib", "/lib64", "/usr/share/zoneinfo", "/usr/local/lib", "/usr/lib64",
        "/usr/share/ca-certificates",
        "/etc/ld.so.cache", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/resolv.conf", "/etc/gai.conf",
        "/etc/services", "/etc/protocols", "/etc/passwd", "/etc/group", "/etc/localtime", "/etc/ssl", "/etc/pki",
        "/run/systemd/resolve", "/dev/null", "/dev/zero", "/dev/urandom", "/dev/random", "/proc", "/sys/fs/cgroup",
        "/sys/devices/system/cpu",
    ]
    /// What looking up names needs besides, for those that connect. Other programs replace these files while a server
    /// runs, and a file that is replaced is another one: hence their folders.
    package static let resolverReadable = [
        "/etc", "/run/systemd/resolve", "/run/NetworkManager", "/run/resolvconf",
    ]
    /// Where the dynamic loader is, without which no program starts.
    package static let systemExecutable = ["/lib64", "/usr/lib64", "/usr/lib", "/lib"]

    /// Nothing is allowed but this.
    package init(
        readable: [String] = [],
        writable: [String] = [],
        executable: [String] = [],
        bindPorts: [UInt16]? = nil,
        connectPorts: [UInt16]? = nil
    ) {
        self.readable = readable
        self.writable = writable
        self.executable = executable
        self.bindPorts = bindPorts
        self.connectPorts = connectPorts
    }

    /// The version of Landlock that the kernel speaks; 0 where it has none.
    package static var availableABI: Int { Int(cm_landlock_abi()) }

    /// What came of applying a sandbox.
    package struct Applied: Equatable, Sendable, CustomStringConvertible {
        /// The version of Landlock in use; 0: the kernel has none, and nothing is refused.
        package let abi: Int
        /// Whether ports are limited: from ABI 4 on, if any were named.
        package let limitsPorts: Bool
        /// Paths that do not exist, and would not be allowed if they did later.
        package let missing: [String]
        /// True when the process has 16 sandboxes already, each over the last: those hold, and this one could not be
        /// added.
        package let isLayersLimit: Bool

        /// For a start-up message: "Landlock ABI 6: files, ports and signals".
        package var description: String {
            guard abi > 0 else { return "none: the kernel has no Landlock" }
            guard !isLayersLimit else { return "Landlock ABI \(abi): as before, it can be applied only 16 times" }
            let what = ["files"] + (limitsPorts ? ["ports"] : []) + (abi >= 6 ? ["signals"] : [])
            return "Landlock ABI \(abi): " + what.joined(separator: ", ")
        }
    }

    /// Applies it to the calling thread, and so to all it starts. Call it before there are other threads.
    ///
    /// The process may go on to signal itself and those it starts, but no others (from ABI 6 on); the same goes for
    /// connecting to abstract Unix sockets, so connect to the service manager's before.
    /// - Throws: when there are other threads, which would stay free.
    package func apply() throws(DaemonError) -> Applied {
        let abi = Self.availableABI
        guard abi > 0 else { return Applied(abi: 0, limitsPorts: false, missing: [], isLayersLimit: false) }
        guard try Self.hasOneThread() else {
            throw DaemonError("The sandbox would bind only one of the process's threads. Apply it before others start.")
        }
        let rights = Rights(abi: abi)
        let ports =
            abi < 4
            ? 0 : (bindPorts == nil ? 0 : cm_landlock_bind_tcp) | (connectPorts == nil ? 0 : cm_landlock_connect_tcp)
        let abstract = reachesAbstractSockets ? 0 : cm_landlock_scope_abstract
        let scopes = abi < 6 ? 0 : abstract | cm_landlock_scope_signal
        let ruleset = cm_landlock_ruleset(CInt(abi), rights.handled, ports, scopes)
        guard ruleset >= 0 else { throw Self.failure("make a ruleset") }
        defer { close(ruleset) }
        var missing: [String] = []
        for (paths, right) in [
            (readable, rights.read), (writable, rights.write), (changeable, rights.change),
            (executable, rights.execute),
        ] {
            for path in paths where try !Self.allow(path, right, of: rights, in: ruleset) { missing.append(path) }
        }
        if ports != 0 {
            for port in bindPorts ?? [] { try Self.allow(port, cm_landlock_bind_tcp, in: ruleset) }
            for port in connectPorts ?? [] { try Self.allow(port, cm_landlock_connect_tcp, in: ruleset) }
        }
        // Without it, only root may restrict itself: a set-user-id program could be fooled by what it is refused.
        guard cm_forbid_new_privileges() == 0 else { throw Self.failure("forbid new privileges") }
        let isLayersLimit = cm_landlock_restrict(ruleset) != 0
        guard !isLayersLimit || errno == E2BIG else { throw Self.failure("restrict the process") }
        return Applied(abi: abi, limitsPorts: ports != 0, missing: missing, isLayersLimit: isLayersLimit)
    }

    /// The rights that a kernel knows, by what they are for.
    private struct Rights {
        /// All that are refused unless allowed.
        let handled: UInt64
        let read = cm_landlock_read_file | cm_landlock_read_dir
        let write: UInt64
        let change: UInt64
        let execute = cm_landlock_execute | cm_landlock_read_file | cm_landlock_read_dir
        /// Those that a rule on a single file may name.
        let ofFiles: UInt64

        init(abi: Int) {
            // The rights are numbered in the order in which they came.
            let known: UInt64 = abi >= 5 ? 16 : abi >= 3 ? 15 : abi == 2 ? 14 : 13
            handled = (1 << known) - 1
            let all =
                cm_landlock_write_file | cm_landlock_make_reg | cm_landlock_make_sock | cm_landlock_remove_file
                | cm_landlock_refer | cm_landlock_truncate
            write = (all & handled) | read
            // All but device files.
            change =
                write | cm_landlock_make_dir | cm_landlock_remove_dir | cm_landlock_make_sym | cm_landlock_make_fifo
            let files = cm_landlock_execute | cm_landlock_write_file | cm_landlock_read_file | cm_landlock_truncate
            ofFiles = files & handled
        }
    }

    /// - Returns: false when there is nothing at the path.
    private static func allow(
        _ path: String,
        _ right: UInt64,
        of rights: Rights,
        in ruleset: CInt
    ) throws(DaemonError) -> Bool {
        let fd = unsafe cm_open_path(path)
        guard fd >= 0 else {
            // What we may not even look up we could not have used.
            if [ENOENT, ENOTDIR, EACCES].contains(errno) { return false }
            throw failure("open \(path)")
        }
        defer { close(fd) }
        var status = stat()
        guard unsafe fstat(fd, &status) == 0 else { throw failure("look at \(path)") }
        let allowed = unsafe cm_is_directory(&status) ? right : right & rights.ofFiles
        guard cm_landlock_allow_beneath(ruleset, allowed, fd) == 0 else { throw failure("allow \(path)") }
        return true
    }

    private static func allow(_ port: UInt16, _ right: UInt64, in ruleset: CInt) throws(DaemonError) {
        guard cm_landlock_allow_port(ruleset, right, port) == 0 else { throw failure("allow port \(port)") }
    }

    private static func hasOneThread() throws(DaemonError) -> Bool {
        // Within an earlier sandbox, /proc may be closed; within a container, the question to the kernel.
        let answer = cm_is_single_threaded()
        if answer >= 0 { return answer == 1 }
        guard let tasks = unsafe opendir("/proc/self/task") else { throw failure("count threads in /proc/self/task") }
        defer { unsafe closedir(tasks) }
        var count = 0
        while unsafe readdir(tasks) != nil { count += 1 }
        // "." and ".." besides.
        return count == 3
    }

    private static func failure(_ what: String) -> DaemonError {
        DaemonError("The sandbox cannot be made: \(SystemError(operation: what)). Start without it.")
    }
}
