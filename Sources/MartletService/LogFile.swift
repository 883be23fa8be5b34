import Glibc
import MartletReactor

/// A log file that can be opened anew under the same descriptor, after somebody has moved it away.
///
/// Whoever writes to the descriptor goes on doing so, and each write goes to the old file or the new one: no line is lost
/// and none is cut.
final class LogFile: Sendable {
    let path: String
    let fd: CInt
    /// Whether the file may be given to the server's user: it was made just now, or is one that nobody but root can have
    /// put there. Who owns the folder of a log could else have any file of root's.
    let isOwn: Bool

    /// Opens the file for appending, and makes it if need be (mode 0640).
    init(_ path: String) throws {
        self.path = path
        let (file, isNew) = Self.open(path)
        fd = file
        guard fd >= 0 else {
            let code = errno
            if code == ELOOP { try Self.refuseLink(path) }
            throw Problem(
                "cannot write the log file '\(path)': \(SystemError.text(of: code)). Choose another with --log-file"
            )
        }
        isOwn = isNew || Self.isRoots(fd, at: path)
    }

    deinit {
        close(fd)
    }

    /// Opens the path again. When that fails, lines go where they went before.
    func reopen() throws(SystemError) {
        try Self.reopen(path, as: fd)
    }

    /// Opens a file in the place of an open descriptor.
    static func reopen(_ path: String, as fd: CInt) throws(SystemError) {
        let fresh = open(path).fd
        guard fresh >= 0 else { throw SystemError(operation: "open \(path)") }
        defer { close(fresh) }
        // Standard output and error go on to programs that are started; other descriptors do not.
        while dup2(fresh, fd) < 0 {
            guard errno == EINTR || errno == EBUSY else { throw SystemError(operation: "reopen \(path)") }
        }
        if fd > STDERR_FILENO { _ = fcntl(fd, F_SETFD, FD_CLOEXEC) }
    }

    /// Who owns the folder of a log could have it lead to any file of root's. Only root makes links in /dev itself.
    private static func mayBeLink(_ path: String) -> Bool {
        ["/dev/stdout", "/dev/stderr"].contains(path)
    }

    /// - Throws: `Problem` for a symbolic link.
    static func refuseLink(_ path: String) throws {
        var status = stat()
        guard !mayBeLink(path), unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return }
        throw Problem(
            "the log file '\(path)' is a symbolic link, which could lead anywhere. Choose what it leads to with --log-file"
        )
    }

    /// - Returns: the descriptor or -1, and whether the file was made.
    private static func open(_ path: String) -> (fd: CInt, isNew: Bool) {
        let links = mayBeLink(path) ? 0 : O_NOFOLLOW
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | links
        let new = unsafe Glibc.open(path, flags | O_EXCL, 0o640)
        guard new < 0, errno == EEXIST else { return (new, new >= 0) }
        return (unsafe Glibc.open(path, flags, 0o640), false)
    }

    /// Whether an open file is root's under this one name, in a folder where only root can put files.
    private static func isRoots(_ fd: CInt, at path: String) -> Bool {
        var (file, folder) = (stat(), stat())
        return unsafe fstat(fd, &file) == 0 && stat(ServiceRights.folder(of: path), &folder) == 0
            && file.st_mode & S_IFMT == S_IFREG && file.st_nlink == 1 && file.st_uid == 0 && folder.st_uid == 0
            && folder.st_mode & 0o022 == 0
    }
}

/// The log files in use: one that is opened again by the same path is the same.
struct LogFiles {
    private final class Weak {
        weak var file: LogFile?

        init(_ file: LogFile) {
            self.file = file
        }
    }

    private var entries: [Weak] = []

    /// Those that somebody still writes to.
    var all: [LogFile] { entries.compactMap(\.file) }

    /// Opens a file, unless it is open.
    mutating func open(_ path: String) throws -> LogFile {
        if let file = all.first(where: { $0.path == path }) { return file }
        let file = try LogFile(path)
        entries = entries.filter { $0.file != nil } + [Weak(file)]
        return file
    }
}
