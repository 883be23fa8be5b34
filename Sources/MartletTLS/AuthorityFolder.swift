import CMartlet
import Glibc
import MartletReactor

/// The folder of a local CA: two files, and a lock for those who make them.
struct AuthorityFolder {
    let path: String

    /// For everybody to trust.
    var certificateFile: String { "\(path)/root.pem" }
    /// For its owner alone.
    var keyFile: String { "\(path)/root-key.pem" }

    /// No certificate or key is larger.
    private static let fileLimit = 65_536

    /// Makes the folder and those that lead to it, for the user alone, unless they are there.
    /// - Throws: `TLSError` also for a folder in which others could put a CA of theirs.
    func make() throws(TLSError) {
        var part = path.hasPrefix("/") ? "" : "."
        for name in path.split(separator: "/") {
            part += "/\(name)"
            guard unsafe mkdir(part, 0o700) == 0 || errno == EEXIST else {
                throw failure("Cannot make the folder '\(part)'")
            }
        }
        try checkOwner()
    }

    func checkOwner() throws(TLSError) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw failure("Cannot look at the folder '\(path)'") }
        guard unsafe cm_is_directory(&status) else {
            throw TLSError("'\(path)' is no folder: the local CA needs one of its own.")
        }
        guard status.st_uid == geteuid() else {
            throw TLSError("The folder '\(path)' is another user's: the local CA needs one of yours.")
        }
        guard status.st_mode & 0o022 == 0 else {
            throw TLSError(
                "Others can write to the folder '\(path)', so a CA in it is not to be trusted. Run: chmod go-w '\(path)'"
            )
        }
    }

    /// What a file of the folder holds; nil when there is none.
    /// - Parameter isSecret: refused when others may read it.
    func read(_ file: String, isSecret: Bool) throws(TLSError) -> [UInt8]? {
        let fd = unsafe open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        if fd < 0, errno == ENOENT || errno == ENOTDIR { return nil }
        guard fd >= 0 else { throw failure("Cannot read '\(file)'") }
        defer { close(fd) }
        var status = stat()
        guard unsafe fstat(fd, &status) == 0 else { throw failure("Cannot look at '\(file)'") }
        guard unsafe cm_is_regular(&status), status.st_size <= Self.fileLimit else {
            throw TLSError("'\(file)' is not what a local CA keeps there. Remove it and start again.")
        }
        guard !isSecret || status.st_mode & 0o077 == 0 else {
            throw TLSError("Others may read the CA's key '\(file)'. Run: chmod 600 '\(file)'")
        }
        var octets = [UInt8](repeating: 0, count: Self.fileLimit)
        var count = 0
        while count < octets.count {
            let more = unsafe octets[count...].withUnsafeMutableBytes {
                unsafe Glibc.read(fd, $0.baseAddress, $0.count)
            }
            if more < 0, errno == EINTR { continue }
            guard more >= 0 else { throw failure("Cannot read '\(file)'") }
            if more == 0 { break }
            count += more
        }
        return Array(octets[..<count])
    }

    /// Writes a file whole or not at all: what is there stays until all of the new is on disk.
    func write(_ file: String, _ octets: [UInt8], mode: mode_t) throws(TLSError) {
        let new = "\(file).new"
        // Who has the lock and was killed may have left one.
        unsafe unlink(new)
        let fd = unsafe open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard fd >= 0 else { throw failure("Cannot write '\(new)'") }
        var offset = 0
        var isWritten = true
        while offset < octets.count, isWritten {
            let count = unsafe octets[offset...].withUnsafeBytes { unsafe Glibc.write(fd, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            isWritten = count > 0
            offset += max(0, count)
        }
        isWritten = isWritten && fchmod(fd, mode) == 0 && fsync(fd) == 0
        let error = failure("Cannot write '\(new)'")
        close(fd)
        guard isWritten else {
            unsafe unlink(new)
            throw error
        }
        guard unsafe rename(new, file) == 0 else { throw failure("Cannot rename '\(new)'") }
    }

    /// Calls `body` while no other process is here.
    func locked<Result>(_ body: () throws(TLSError) -> Result) throws(TLSError) -> Result {
        let fd = unsafe open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard fd >= 0 else { throw failure("Cannot write '\(path)/lock'") }
        defer { close(fd) }
        while flock(fd, LOCK_EX) != 0 {
            guard errno == EINTR else { throw failure("Cannot lock '\(path)/lock'") }
        }
        return try body()
    }

    private func failure(_ what: String) -> TLSError {
        let code = errno
        return TLSError("\(what): \(SystemError.text(of: code)).")
    }
}
