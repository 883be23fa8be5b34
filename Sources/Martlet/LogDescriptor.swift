import Glibc

/// A descriptor that log lines go to, without ever waiting for whoever reads it.
final class LogDescriptor {
    /// How not to wait depends on what it is.
    private enum Kind {
        /// A regular file has no reader to wait for.
        case file
        /// The pipe or terminal opened once more: O_NONBLOCK belongs to the open file, so nobody else who has the
        /// descriptor given is bothered by it.
        case nonBlocking
        /// A socket cannot be opened once more, but every single write can say that it will not wait.
        case socket
        /// None of these; asked before each write, which is then as small as what a yes promises.
        case shared
    }

    /// What a pipe takes without waiting, and in one piece, when it is said to be writable (PIPE_BUF).
    private static let portion = 4096

    private let fd: CInt
    private let kind: Kind

    /// - Parameter fd: stays the caller's, who closes it.
    init(_ fd: CInt) {
        var status = stat()
        let type = unsafe fstat(fd, &status) == 0 ? status.st_mode & S_IFMT : S_IFREG
        guard type != S_IFREG, type != S_IFSOCK else {
            self.fd = fd
            kind = type == S_IFREG ? .file : .socket
            return
        }
        let own = unsafe open("/proc/self/fd/\(fd)", O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        self.fd = own >= 0 ? own : fd
        kind = own >= 0 ? .nonBlocking : .shared
    }

    deinit {
        if kind == .nonBlocking { close(fd) }
    }

    /// Writes whole lines of `lines`, which ends with one, as long as that needs no waiting.
    /// - Returns: octets written, or lost for good because nobody can read them any more.
    func write(_ lines: Span<UInt8>) -> Int {
        var offset = 0
        while offset < lines.count {
            let end = kind == .file ? lines.count : endOfPortion(lines, from: offset)
            guard kind != .shared || isWritable else { break }
            let count = unsafe lines.extracting(offset..<end).withUnsafeBytes { unsafe write($0) }
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

    private func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        switch kind {
        case .socket: unsafe send(fd, bytes.baseAddress, bytes.count, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
        default: unsafe Glibc.write(fd, bytes.baseAddress, bytes.count)
        }
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
