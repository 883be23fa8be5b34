import Glibc
import Logging
import MartletWire

/// Messages for the person at the terminal.
enum Messages {
    /// Standard error, opened once more where that can be done, so as not to wait: a terminal or pipe that nobody reads
    /// must not hold up a loop that has something to say. A file has no reader to wait for, and opened once more it would
    /// have another place to write at: what shares standard error (`>log 2>&1`) would then write over the messages.
    private static let errors: CInt = {
        var status = stat()
        if unsafe fstat(STDERR_FILENO, &status) == 0, status.st_mode & S_IFMT == S_IFREG { return STDERR_FILENO }
        let own = unsafe open("/proc/self/fd/2", O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        return own >= 0 ? own : STDERR_FILENO
    }()

    /// One line to standard error, with the program's name before it.
    static func complain(_ text: String) {
        write("martlet: \(text)\n", to: errors)
    }

    /// The day of a time in seconds since 1970, as 2026-11-23 (UTC).
    static func day(_ seconds: Int) -> String {
        let date = CivilDate(seconds: min(max(seconds, CivilDate.first), CivilDate.last))
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(date.year)-\(two(date.month))-\(two(date.day))"
    }

    /// Text to a descriptor; what it does not take is lost.
    static func write(_ text: String, to fd: CInt) {
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
struct MessageLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .warning

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        Messages.complain("\(event.level): \(Banner.printable("\(event.message)"))")
    }
}
