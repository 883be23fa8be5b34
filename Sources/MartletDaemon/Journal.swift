import CMartlet
import Glibc

/// systemd's journal, as the reader of standard error.
package enum Journal {
    /// Whether the journal reads what is written to `fd`: the variable names the very stream, for a service may have
    /// redirected its output (systemd.exec(5), JOURNAL_STREAM).
    package static func reads(_ fd: CInt = 2, environment: [String: String] = ProcessEnvironment.all()) -> Bool {
        guard let stream = environment["JOURNAL_STREAM"] else { return false }
        var status = stat()
        return unsafe fstat(fd, &status) == 0 && stream == "\(status.st_dev):\(status.st_ino)"
    }

    /// `text` as the journal wants it (sd-daemon(3)): each line with its priority, from 0 (emergency) to 7 (debug).
    package static func lines(_ text: String, priority: Int) -> String {
        let prefix = "<\(min(max(priority, 0), 7))>"
        // By octets: to a String, CR LF is one character, and no newline.
        return text.utf8.split(separator: UInt8(ascii: "\n")).map { "\(prefix)\(Substring($0))\n" }.joined()
    }
}
