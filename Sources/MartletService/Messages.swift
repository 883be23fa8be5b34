import Glibc
package import Logging
import MartletDaemon
import MartletReactor
import MartletWire

/// Messages for the person at the terminal.
package enum Messages {
    /// Standard error, opened once more where that can be done, so as not to wait: a terminal or pipe that nobody reads
    /// must not hold up a loop that has something to say. A file has no reader to wait for, and opened once more it would
    /// have another place to write at: what shares standard error (`>log 2>&1`) would then write over the messages.
    private static let errors: CInt = {
        var status = stat()
        if unsafe fstat(STDERR_FILENO, &status) == 0, status.st_mode & S_IFMT == S_IFREG { return STDERR_FILENO }
        let own = unsafe open("/proc/self/fd/2", O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        return own >= 0 ? own : STDERR_FILENO
    }()

    /// Where messages go.
    private enum Sink {
        /// To people: standard error, with the program's name before each.
        case terminal
        /// To the log file of a server in the background: with the time before each.
        case file
        /// To the journal, which reads standard error and knows the program's name.
        case journal
        case syslog(Syslog)
    }

    private static let sink = Locked(Journal.reads() ? Sink.journal : .terminal)

    /// Messages go to a log file from now on, unless the journal reads them.
    static func useFile() {
        sink.withLock { if case .terminal = $0 { $0 = .file } }
    }

    /// Sends messages to the system's log daemon from now on.
    static func useSyslog() {
        sink.withLock { sink in
            if case .syslog = sink { return }
            sink = .syslog(Syslog(tag: ServingProgram.name))
        }
    }

    /// One line for whoever looks after the server.
    /// - Parameter priority: syslog's: 0 (emergency) to 7 (debug); default 5, notice.
    package static func complain(_ text: String, priority: Int = 5) {
        switch sink.withLock({ $0 }) {
        case .terminal: write("\(ServingProgram.name): \(text)\n", to: errors)
        case .file: write("\(time(WallClock.seconds())) \(ServingProgram.name): \(text)\n", to: errors)
        case .journal: write(Journal.lines(text, priority: priority), to: errors)
        case .syslog(let daemon): daemon.send(text, priority: priority)
        }
    }

    /// The day of a time in seconds since 1970, as 2026-11-23 (UTC).
    package static func day(_ seconds: Int) -> String {
        let date = CivilDate(seconds: min(max(seconds, CivilDate.first), CivilDate.last))
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(date.year)-\(two(date.month))-\(two(date.day))"
    }

    /// A time in seconds since 1970, as 2026-11-23T20:05:09Z (RFC 3339).
    private static func time(_ seconds: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let ofDay = ((seconds % 86_400) + 86_400) % 86_400
        return "\(day(seconds))T\(two(ofDay / 3600)):\(two(ofDay / 60 % 60)):\(two(ofDay % 60))Z"
    }

    /// Text to a descriptor; what it does not take is lost.
    package static func write(_ text: String, to fd: CInt) {
        let bytes = Array(text.utf8)
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes[offset...].withUnsafeBytes { unsafe Glibc.write(fd, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            offset += count
        }
    }
}

/// The server's log of problems, a message a line.
package struct MessageLog: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level = .warning

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let text = Banner.printable("\(event.message)")
        Messages.complain("\(event.level): \(text)", priority: event.level.priority)
    }
}

extension Logger.Level {
    /// As syslog counts.
    fileprivate var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
