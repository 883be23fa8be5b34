import CMartlet
import Glibc
import MartletReactor

/// What a program that has ended left behind.
public struct ProcessResult: Sendable {
    /// The exit code; 128 and the signal's number, as in a shell, when a signal ended it.
    public let status: CInt
    /// All it wrote to its standard output.
    public let output: [UInt8]
    /// All it wrote to its standard error.
    public let errors: [UInt8]

    /// The output as text.
    public var text: String { String(decoding: output, as: UTF8.self) }
    /// The standard error as text.
    public var errorText: String { String(decoding: errors, as: UTF8.self) }
}

/// Runs a program to its end and takes all it writes, however much.
/// - Parameters:
///   - executable: a path, or a name to find by PATH.
///   - environment: added to the environment of this process.
///   - input: what its standard input holds.
///   - timeout: the longest it may take; then it is killed. 60 s by default.
/// - Throws: `SystemError` when it cannot be started, or with ETIMEDOUT when it was killed.
public func run(
    _ executable: String,
    arguments: [String] = [],
    environment: [String: String] = [:],
    input: some Collection<UInt8> = [UInt8](),
    timeout: Duration = .seconds(60)
) throws -> ProcessResult {
    let child = try ChildProcess(executable, arguments: arguments, environment: environment)
    return try child.finish(input: input, timeout: timeout)
}

/// A running program with pipes to its standard streams. Killed and reaped when the last reference goes.
public final class ChildProcess {
    /// Its process id, until `finish` or `wait` has returned.
    public let process: CInt

    private var input: CInt
    private var output: CInt
    private var errors: CInt
    private var status: CInt?
    /// Read but not yet asked for.
    private var unread: [UInt8] = []

    /// Starts a program. Parameters as those of `run`.
    public init(_ executable: String, arguments: [String] = [], environment: [String: String] = [:]) throws {
        // A child that ends before it has read its input must not end this process.
        _ = cm_ignore_sigpipe()
        let (input, output, errors) = (try Pipe(), try Pipe(), try Pipe())
        // The child's ends must block as a shell's do: the flag is shared by all who hold the end.
        for end in [input.read, output.write, errors.write] { _ = fcntl(end, F_SETFL, 0) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, input.read, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output.write, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, errors.write, 2)

        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // What is started gets no signal blocked or ignored, as from a shell: the threads of Swift's pool, where tests
        // run, block all of them.
        var set = sigset_t()
        unsafe sigemptyset(&set)
        unsafe posix_spawnattr_setsigmask(&attributes, &set)
        unsafe sigaddset(&set, SIGPIPE)
        unsafe posix_spawnattr_setsigdefault(&attributes, &set)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        var process: pid_t = 0
        let code = try unsafe Self.withStrings([executable] + arguments) { arguments in
            try unsafe Self.withStrings(Self.inherited(adding: environment)) { environment in
                unsafe posix_spawnp(&process, executable, &actions, &attributes, arguments, environment)
            }
        }
        for end in [input.read, output.write, errors.write] { close(end) }
        guard code == 0 else {
            for end in [input.write, output.read, errors.read] { close(end) }
            throw SystemError(code: code, operation: "start \(executable)")
        }
        self.process = process
        self.input = input.write
        self.output = output.read
        self.errors = errors.read
    }

    deinit {
        for end in [input, output, errors] where end >= 0 { close(end) }
        guard status == nil else { return }
        kill(process, SIGKILL)
        reap(waiting: true)
    }

    /// Sends a signal.
    public func send(signal: CInt) {
        if status == nil { kill(process, signal) }
    }

    /// Reads the next line of its standard output, without the newline: how tests learn where a server listens.
    /// - Returns: nil when it ends without one.
    public func readLine(timeout: Duration = .seconds(60)) throws -> String? {
        let deadline = Instant.now() + Nanoseconds(timeout)
        while true {
            if let newline = unread.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: unread[..<newline], as: UTF8.self)
                unread.removeSubrange(...newline)
                return line
            }
            guard output >= 0 else { return nil }
            var entries = [pollfd(fd: output, events: Int16(POLLIN), revents: 0)]
            try Self.wait(&entries, until: deadline, "read a line of process \(process)")
            Self.take(&output, into: &unread)
        }
    }

    /// Writes `input`, closes its standard input, reads all it writes, and waits until it has ended.
    public func finish(
        input octets: some Collection<UInt8> = [UInt8](),
        timeout: Duration = .seconds(60)
    ) throws -> ProcessResult {
        let deadline = Instant.now() + Nanoseconds(timeout)
        var rest = Array(octets)[...]
        var heard = unread
        var complaints: [UInt8] = []
        do {
            // All three at once: a program that waits on one of them holds up nothing.
            while output >= 0 || errors >= 0 || input >= 0 {
                if rest.isEmpty { Self.end(&input) }
                var entries = [
                    pollfd(fd: output, events: Int16(POLLIN), revents: 0),
                    pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
                    pollfd(fd: input, events: Int16(POLLOUT), revents: 0),
                ]
                guard output >= 0 || errors >= 0 || input >= 0 else { break }
                try Self.wait(&entries, until: deadline, "wait for process \(process)")
                if entries[0].revents != 0 { Self.take(&output, into: &heard) }
                if entries[1].revents != 0 { Self.take(&errors, into: &complaints) }
                if entries[2].revents != 0 { Self.give(&input, from: &rest) }
            }
            unread = []
            return ProcessResult(status: try wait(until: deadline), output: heard, errors: complaints)
        } catch {
            kill(process, SIGKILL)
            throw error
        }
    }

    private func wait(until deadline: Instant) throws -> CInt {
        while true {
            reap(waiting: false)
            if let status { return status }
            guard Instant.now() < deadline else {
                throw SystemError(code: ETIMEDOUT, operation: "wait for process \(process)")
            }
            usleep(1000)
        }
    }

    private func reap(waiting: Bool) {
        guard status == nil else { return }
        var code: CInt = 0
        guard unsafe waitpid(process, &code, waiting ? 0 : WNOHANG) == process else { return }
        status = code & 0x7F == 0 ? code >> 8 & 0xFF : 128 + code & 0x7F
    }
}

extension ChildProcess {
    private struct Pipe {
        var read: CInt
        var write: CInt

        init() throws {
            var ends: [CInt] = [-1, -1]
            guard unsafe cm_pipe(&ends) == 0 else { throw SystemError(operation: "pipe") }
            (read, write) = (ends[0], ends[1])
        }
    }

    private static func wait(_ entries: inout [pollfd], until deadline: Instant, _ what: String) throws {
        while true {
            let now = Instant.now()
            guard now < deadline else { throw SystemError(code: ETIMEDOUT, operation: what) }
            let left = (deadline.nanoseconds - now.nanoseconds) / 1_000_000 + 1
            let count = unsafe poll(&entries, nfds_t(entries.count), CInt(clamping: left))
            if count > 0 { return }
            if count < 0, errno != EINTR { throw SystemError(operation: what) }
        }
    }

    private static func take(_ fd: inout CInt, into all: inout [UInt8]) {
        var part = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe Glibc.read(fd, &part, part.count)
        if count > 0 { return all += part[..<count] }
        if count == 0 || (errno != EAGAIN && errno != EINTR) { end(&fd) }
    }

    private static func give(_ fd: inout CInt, from rest: inout ArraySlice<UInt8>) {
        let count = unsafe rest.withUnsafeBytes { bytes in
            unsafe Glibc.write(fd, bytes.baseAddress, bytes.count)
        }
        if count >= 0 {
            rest = rest.dropFirst(count)
        } else if errno != EAGAIN, errno != EINTR {
            end(&fd)
        }
    }

    private static func end(_ fd: inout CInt) {
        if fd >= 0 { close(fd) }
        fd = -1
    }

    private static func inherited(adding more: [String: String]) throws -> [String] {
        let own = try contents(ofFile: "/proc/self/environ").split(separator: "\0").map(String.init)
        let kept = own.filter { entry in more[String(entry.prefix { $0 != "=" })] == nil }
        return kept + more.map { "\($0.key)=\($0.value)" }
    }

    private static func withStrings<Result>(
        _ strings: [String],
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) throws -> Result
    ) rethrows -> Result {
        var pointers: [UnsafeMutablePointer<CChar>?] = unsafe strings.map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        defer { unsafe pointers.forEach { unsafe free($0) } }
        return try unsafe pointers.withUnsafeBufferPointer { try unsafe body($0.baseAddress!) }
    }
}
