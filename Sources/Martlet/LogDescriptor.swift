import Glibc

/// A descriptor that log lines go to, without ever waiting for whoever reads it.
///
/// The descriptor may be shared with other processes, so its O_NONBLOCK is left alone. Instead it is asked before each
/// write, and a write is small enough for what a yes promises.
struct LogDescriptor {
    /// What a pipe takes without waiting, and in one piece, when it is said to be writable (PIPE_BUF).
    private static let portion = 4096

    private let fd: CInt
    /// A regular file has no reader to wait for.
    private let isFile: Bool

    init(_ fd: CInt) {
        self.fd = fd
        var status = stat()
        isFile = unsafe fstat(fd, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// Writes whole lines of `lines`, which ends with one, as long as that needs no waiting.
    /// - Returns: octets written, or lost for good because nobody can read them any more.
    func write(_ lines: Span<UInt8>) -> Int {
        var offset = 0
        while offset < lines.count {
            let end = isFile ? lines.count : endOfPortion(lines, from: offset)
            guard isFile || isWritable else { break }
            let count = unsafe lines.extracting(offset..<end).withUnsafeBytes { bytes in
                unsafe Glibc.write(fd, bytes.baseAddress, bytes.count)
            }
            if count > 0 {
                offset += count
            } else if errno == EAGAIN {
                break
            } else if errno != EINTR {
                return lines.count
            }
        }
        return offset
    }

    private var isWritable: Bool {
        var entry = pollfd(fd: fd, events: Int16(POLLOUT), revents: 0)
        return unsafe poll(&entry, 1, 0) > 0
    }

    /// Lines of several loops must not be mixed: a portion ends with a line if one fits.
    private func endOfPortion(_ lines: Span<UInt8>, from start: Int) -> Int {
        let end = min(lines.count, start + Self.portion)
        var lineEnd = end
        while lineEnd > start, lines[lineEnd - 1] != UInt8(ascii: "\n") { lineEnd -= 1 }
        return lineEnd > start ? lineEnd : end
    }
}
