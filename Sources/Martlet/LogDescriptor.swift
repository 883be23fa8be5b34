import Glibc
import MartletReactor

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

    /// One write to a file at a time, so that a line which the disk took a part of can be taken back. The value is nothing
    /// to anybody; one without a size would look to ThreadSanitizer as if it were its neighbour in memory.
    private static let files = Locked(0)

    private let fd: CInt
    private let kind: Kind
    /// Why the last write took nothing, if that was not for want of a reader: the disk is full, as a rule.
    private(set) var fault: SystemError?

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

    /// Writes whole lines of `lines`, which ends with one, as long as that needs no waiting. What a full disk or a failing
    /// one does not take waits too.
    /// - Returns: octets written, or lost for good because nobody can read them any more.
    func write(_ lines: Span<UInt8>) -> Int {
        fault = nil
        guard kind != .file else { return Self.files.withLock { _ in writeToFile(lines) } }
        var offset = 0
        while offset < lines.count {
            let end = endOfPortion(lines, from: offset)
            guard kind != .shared || isWritable else { break }
            let count = unsafe lines.extracting(offset..<end).withUnsafeBytes { unsafe write($0) }
            if count > 0 {
                offset += count
            } else if errno == ENOSPC {
                fault = SystemError(operation: "write")
                break
            } else if errno == EAGAIN {
                break
            } else if errno != EINTR {
                return lines.count
            }
        }
        return offset
    }

    /// Whatever goes wrong with a file may come right: there is room again, or the file is opened anew.
    private func writeToFile(_ lines: Span<UInt8>) -> Int {
        var offset = 0
        while offset < lines.count {
            let count = unsafe lines.extracting(offset..<lines.count).withUnsafeBytes { unsafe write($0) }
            if count > 0 {
                offset += count
            } else if errno != EINTR {
                fault = SystemError(operation: "write")
                return takeBackPart(of: lines, written: offset)
            }
        }
        return offset
    }

    /// Nobody's line shall come after the half of one: that half goes.
    private func takeBackPart(of lines: Span<UInt8>, written: Int) -> Int {
        let whole = Self.wholeLines(lines, from: 0, to: written)
        var status = stat()
        guard whole < written, unsafe fstat(fd, &status) == 0 else { return written }
        let end = status.st_size - off_t(written - whole)
        return end >= 0 && ftruncate(fd, end) == 0 ? whole : written
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
        let lineEnd = Self.wholeLines(lines, from: start, to: end)
        return lineEnd > start ? lineEnd : end
    }

    /// The end of the last line that ends before `end`; `start` if none does.
    private static func wholeLines(_ lines: Span<UInt8>, from start: Int, to end: Int) -> Int {
        var end = end
        while end > start, lines[end - 1] != UInt8(ascii: "\n") { end -= 1 }
        return end
    }
}
