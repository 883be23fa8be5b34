import CMartlet
import Glibc
package import MartletReactor

/// The starter's end of the pipe on which a started server says once that it answers, or why it cannot.
package final class ReadyPipe {
    /// What the starter learns.
    package enum Outcome: Equatable, Sendable {
        /// The server answers, and had these lines to show.
        case ready([String])
        /// The server gave up, for this reason.
        case failed(String)
        /// The process ended without a word.
        case ended(ProcessEnd)
        /// The deadline passed; the process still runs.
        case timedOut
    }

    /// Octets that are read at most.
    static let limit = 65_536

    /// Readable when there is something to `check` for: for a loop that has other things to do meanwhile.
    package let fd: CInt
    private var writeEnd: CInt
    private var received: [UInt8] = []

    /// Makes the pipe.
    package init() throws(SystemError) {
        var ends: [CInt] = [-1, -1]
        guard unsafe cm_pipe(&ends) == 0 else { throw SystemError(operation: "pipe") }
        (fd, writeEnd) = (ends[0], ends[1])
        // The flag is of the open file, which the server will share: its one write may wait.
        _ = fcntl(writeEnd, F_SETFL, 0)
    }

    deinit {
        close(fd)
        if writeEnd >= 0 { close(writeEnd) }
    }

    /// Has `process` inherit the pipe and find it in its environment.
    package func give(to process: inout DetachedProcess) {
        process.environment[ReadySignal.variable] = "\(process.inherit(writeEnd))"
    }

    /// The process was started: from now on its end is the end of the pipe.
    package func started() {
        if writeEnd >= 0 { close(writeEnd) }
        writeEnd = -1
    }

    /// Asks without waiting what there is to know by now; nil: nothing yet. Begin once the process has been started.
    /// - Parameter process: the started process, a child of this one.
    package func check(_ process: CInt) -> Outcome? {
        started()
        read()
        if let outcome = Self.outcome(of: received) { return outcome }
        guard let end = ProcessEnd.of(process) else { return nil }
        // Its last word may have come just before its end.
        read()
        return Self.outcome(of: received) ?? .ended(end)
    }

    /// Waits for what the process says, for its end, or until the deadline.
    package func wait(for process: CInt, until deadline: Instant) -> Outcome {
        while true {
            if let outcome = check(process) { return outcome }
            let left = Instant.now().duration(to: deadline).count / 1_000_000
            guard left > 0 else { return .timedOut }
            // A process that was started by it may have inherited the pipe, and hide its end: hence not the whole time.
            var entry = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
            _ = unsafe poll(&entry, 1, CInt(min(left, 50)))
            // It closed the pipe without a word: poll would return at once from now on.
            if CInt(entry.revents) & CInt(POLLHUP) != 0 { usleep(2000) }
        }
    }

    private func read() {
        var part = [UInt8](repeating: 0, count: 4096)
        while received.count <= Self.limit {
            let count = unsafe Glibc.read(fd, &part, part.count)
            if count > 0 {
                received += part[..<count]
            } else if count == 0 || errno != EINTR {
                return
            }
        }
    }

    /// A word, "ready" or "failed", and its lines, up to a NUL.
    private static func outcome(of octets: [UInt8]) -> Outcome? {
        guard let end = octets.firstIndex(of: 0) else {
            return octets.count > limit ? .failed("It said too much instead of being ready.") : nil
        }
        var lines = octets[..<end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        switch lines.removeFirst() {
        case "ready": return .ready(lines)
        case "failed": return .failed(lines.joined(separator: "\n"))
        default: return .failed("It said something else than being ready.")
        }
    }
}

/// The started server's end of a `ReadyPipe`: says once that it answers, or why it cannot.
package final class ReadySignal: Sendable {
    /// The variable that holds the number of the descriptor.
    package static let variable = "MARTLET_READY_FD"

    /// The descriptor; nil once something was said.
    private let fd: Locked<CInt?>

    private init(fd: CInt) {
        self.fd = Locked(fd)
    }

    deinit {
        if let fd = fd.withLock({ $0 }) { close(fd) }
    }

    /// The pipe that this process was started with; nil when there is none. Takes the variable out of the environment:
    /// call it once, before there are threads.
    package static func fromEnvironment() throws(DaemonError) -> ReadySignal? {
        guard let text = ProcessEnvironment.take(variable) else { return nil }
        var status = stat()
        guard let fd = CInt(text), fd > 2, unsafe fstat(fd, &status) == 0, unsafe cm_is_pipe(&status),
            fcntl(fd, F_SETFD, FD_CLOEXEC) == 0
        else {
            throw DaemonError("\(variable)=\(text) is not the number of an open pipe. Start the server without it.")
        }
        // The starter may be gone.
        _ = cm_ignore_sigpipe()
        return ReadySignal(fd: fd)
    }

    /// Says that the server answers, with lines for whoever started it.
    package func ready(_ lines: [String]) {
        say(["ready"] + lines.flatMap { $0.utf8.split(separator: UInt8(ascii: "\n")).map { "\(Substring($0))" } })
    }

    /// Says why the server cannot be.
    package func failed(_ reason: String) {
        say(["failed", reason])
    }

    private func say(_ lines: [String]) {
        // One write in a fresh pipe, which has room for 64 KiB: nobody waits.
        var octets = lines.joined(separator: "\n").utf8.prefix(ReadyPipe.limit / 2).filter { $0 != 0 }
        octets.append(0)
        fd.withLock { fd in
            guard let open = fd else { return }
            var rest = octets[...]
            while !rest.isEmpty {
                let count = unsafe rest.withUnsafeBytes { unsafe write(open, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                rest = rest.dropFirst(count)
            }
            close(open)
            fd = nil
        }
    }
}
