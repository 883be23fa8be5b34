import CMartlet
import Glibc
import MartletReactor

/// Other programs, run to their end: the tools of the system's trust stores.
enum Program {
    /// What one that has ended came to.
    struct Result {
        /// The exit code; 128 and the signal's number when a signal ended it.
        let status: CInt
        /// What it wrote to its standard output and standard error, up to a megabyte.
        let output: String

        var succeeded: Bool { status == 0 }
    }

    private static let outputLimit = 1 << 20

    /// Where a program is: on the PATH, or where systems keep what only root needs.
    static func find(_ name: String) -> String? {
        let path = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? "/usr/bin:/bin"
        let folders = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"]
        return folders.lazy.map { "\($0)/\(name)" }.first { unsafe access($0, X_OK) == 0 }
    }

    /// Runs a program to its end.
    /// - Parameters:
    ///   - path: of the program, from `find`.
    ///   - asksUser: whether its standard input is ours, for a password; else it has none.
    static func run(_ path: String, _ arguments: [String], asksUser: Bool = false) throws(SystemError) -> Result {
        var pipe: [CInt] = [-1, -1]
        guard unsafe cm_pipe(&pipe) == 0 else { throw SystemError(operation: "pipe for \(path)") }
        let (readEnd, writeEnd) = (pipe[0], pipe[1])
        defer { close(readEnd) }
        for end in pipe { _ = fcntl(end, F_SETFL, 0) }
        let started = Swift.Result { () throws(SystemError) in
            try spawn(path, arguments, input: asksUser ? STDIN_FILENO : nil, output: writeEnd)
        }
        close(writeEnd)
        let process = try started.get()
        let output = read(readEnd)
        var code: CInt = 0
        while unsafe waitpid(process, &code, 0) < 0 {
            guard errno == EINTR else { throw SystemError(operation: "wait for \(path)") }
        }
        return Result(status: code & 0x7F == 0 ? code >> 8 & 0xFF : 128 + code & 0x7F, output: output)
    }

    private static func spawn(
        _ path: String,
        _ arguments: [String],
        input: CInt?,
        output: CInt
    ) throws(SystemError) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        if input == nil { unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) }
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 2)
        var words: [UnsafeMutablePointer<CChar>?] = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        var process = pid_t()
        let code = unsafe posix_spawn(&process, path, &actions, nil, &words, environ)
        guard code == 0 else { throw SystemError(code: code, operation: "start \(path)") }
        return process
    }

    private static func read(_ fd: CInt) -> String {
        var all: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe Glibc.read(fd, &part, part.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return String(decoding: all, as: UTF8.self) }
            all += part[..<min(count, outputLimit - all.count)]
        }
    }
}
