import CMartlet
import Glibc
package import MartletReactor

/// A program to start so that it outlives its starter: by posix_spawn, never by fork, which no Swift process survives
/// safely.
///
/// It begins with default signal actions, no signal blocked, /dev/null as its standard input, and only the descriptors
/// named here.
package struct DetachedProcess: Sendable {
    /// The program, as an absolute path.
    package var executable: String
    /// What follows the program's name.
    package var arguments: [String]
    /// All variables it gets.
    package var environment: [String: String]
    /// The folder it begins in; nil: that of this process.
    package var directory: String?
    /// Where its standard output goes. 1: where this process's goes.
    package var output: CInt = 1
    /// Where its standard error goes.
    package var errors: CInt = 2
    /// Descriptors that it inherits, as 3, 4, 5 and so on.
    package var descriptors: [CInt] = []
    /// Whether it gets a session of its own, which no terminal's signals reach. A successor stays in its predecessor's.
    package var startsSession = true

    /// The number of the first inherited descriptor.
    package static let firstDescriptor: CInt = 3

    /// A program with its arguments and this process's environment.
    package init(executable: String, arguments: [String], environment: [String: String] = ProcessEnvironment.all()) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
    }

    /// Lets it inherit a descriptor.
    /// - Returns: the number that it will have there.
    package mutating func inherit(_ fd: CInt) -> CInt {
        descriptors.append(fd)
        return Self.firstDescriptor + CInt(clamping: descriptors.count - 1)
    }

    /// Starts it.
    /// - Returns: its process id. It is this process's child: wait for its end, or end first.
    package func start() throws(SystemError) -> CInt {
        var process: CInt = 0
        let variables = environment.map { "\($0.key)=\($0.value)" }
        let code = unsafe Self.withStrings([executable] + arguments) { arguments in
            unsafe Self.withStrings(variables) { environment in
                unsafe descriptors.withUnsafeBufferPointer { descriptors in
                    unsafe cm_spawn(
                        &process,
                        executable,
                        arguments,
                        environment,
                        -1,
                        output,
                        errors,
                        descriptors.baseAddress,
                        CInt(clamping: descriptors.count),
                        directory,
                        startsSession ? cm_group_session : cm_group_inherited
                    )
                }
            }
        }
        guard code == 0 else { throw SystemError(code: code, operation: "start \(executable)") }
        return process
    }

    private static func withStrings(
        _ strings: [String],
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> CInt
    ) -> CInt {
        var pointers: [UnsafeMutablePointer<CChar>?] = unsafe strings.map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        defer { unsafe pointers.forEach { unsafe free($0) } }
        return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress!) }
    }

    /// By what path the program was found, when it began; nil when that does not lead to it. A link is kept: it may lead
    /// to a new version later.
    private static let found: String? = {
        guard let name = CommandLine.arguments.first, let own = identity(of: "/proc/self/exe") else { return nil }
        let candidates =
            name.contains("/")
            ? [name] : (ProcessEnvironment.value("PATH") ?? "").split(separator: ":").map { "\($0)/\(name)" }
        guard let path = candidates.first(where: { unsafe access($0, X_OK) == 0 }), identity(of: path) ?? (0, 0) == own
        else { return nil }
        var parts = path.split(separator: "/").filter { $0 != "." }
        guard !parts.contains("..") else { return nil }
        if !path.hasPrefix("/") {
            guard let here = unsafe getcwd(nil, 0) else { return nil }
            defer { unsafe free(here) }
            parts = unsafe String(cString: here).split(separator: "/") + parts
        }
        return "/" + parts.joined(separator: "/")
    }()

    private static func identity(of path: String) -> (dev_t, ino_t)? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? (status.st_dev, status.st_ino) : nil
    }

    /// Finds out by what path the program was found. Call it when the program begins: later the working folder, or
    /// the file, may be another.
    package static func rememberExecutable() { _ = found }

    /// The file of the running program, by which it can be started again: the path by which it was found, if that led to
    /// it, which may have another file by now; else what the kernel says. nil where /proc is missing.
    package static var ownExecutable: String? {
        if let found, unsafe access(found, X_OK) == 0 { return found }
        var octets = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe octets.withUnsafeMutableBytes { bytes in
            unsafe readlink("/proc/self/exe", bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        guard count > 0, count < octets.count else { return nil }
        let path = String(decoding: octets[..<count], as: UTF8.self)
        // What the kernel adds when the file was replaced.
        let note = " (deleted)"
        guard path.hasSuffix(note), unsafe access(path, F_OK) != 0 else { return path }
        return String(path.dropLast(note.count))
    }
}
