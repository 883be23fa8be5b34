import CMartlet
import Glibc
import MartletReactor

/// The process that a locked PID file names, to be signalled: surely that one, not another that has its number by now or
/// whose number somebody has written there.
package struct LockHolder: ~Copyable {
    /// Its id.
    package let process: CInt
    /// Its pidfd; -1 where the kernel (before Linux 5.3) or a filter of system calls has none.
    private let fd: CInt

    /// The holder of the file at `path`; nil when no process holds it, or it is not known yet which.
    /// - Throws: `PIDFile.Failure.wrongProcess` when the process named has not got the file open.
    package init?(of path: String) throws(PIDFile.Failure) {
        var wrong: CInt?
        // A successor may be about to write its own number.
        for _ in 0..<100 {
            guard case .running(let process?) = try PIDFile.state(path) else { return nil }
            let fd = cm_pidfd_open(process)
            // From here on it is this process or none; was it the one meant?
            if try PIDFile.state(path) == .running(process), PIDFile.hasOpen(process, path) {
                (self.process, self.fd) = (process, fd)
                return
            }
            if fd >= 0 { close(fd) }
            wrong = process
            usleep(10_000)
        }
        if let wrong { throw .wrongProcess(wrong, path: path) }
        return nil
    }

    deinit {
        if fd >= 0 { close(fd) }
    }

    /// Sends it a signal.
    /// - Returns: 0, or the code of the error: ESRCH when it has ended.
    package func send(_ signal: CInt) -> CInt {
        let result = fd >= 0 ? cm_pidfd_send_signal(fd, signal) : kill(process, signal)
        return result == 0 ? 0 : errno
    }
}

extension PIDFile {
    /// Whether a process has the file at `path` open, as every server has its own.
    static func hasOpen(_ process: CInt, _ path: String) -> Bool {
        var file = stat()
        return unsafe lstat(path, &file) == 0 && hasOpen(process, file)
    }

    /// Whether a process has this file open. One whose descriptors may not be looked at is believed: then it is another
    /// user's, or this process is root without the right to look (CAP_SYS_PTRACE).
    static func hasOpen(_ process: CInt, _ file: stat) -> Bool {
        let folder = "/proc/\(process)/fd"
        guard let directory = unsafe opendir(folder) else { return errno == EACCES || errno == EPERM }
        defer { unsafe closedir(directory) }
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { octets in
                unsafe String(decoding: octets.prefix { $0 != 0 }, as: UTF8.self)
            }
            var found = stat()
            if unsafe stat("\(folder)/\(name)", &found) == 0, found.st_dev == file.st_dev, found.st_ino == file.st_ino {
                return true
            }
        }
        return false
    }
}
