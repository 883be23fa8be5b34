import Glibc

/// Messages for the person at the terminal.
enum Messages {
    /// One line to standard error, with the program's name before it.
    static func complain(_ text: String) {
        write("martlet: \(text)\n", to: STDERR_FILENO)
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
