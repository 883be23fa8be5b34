import Glibc
import MartletReactor

/// What a directory may hold beside plain files.
extension TemporaryDirectory {
    /// Makes a symbolic link in it.
    /// - Parameter target: what the link says; relative to where the link is, or absolute.
    public func link(_ name: String, to target: String) throws {
        guard unsafe symlink(target, path(of: name)) == 0 else { throw SystemError(operation: "link \(name)") }
    }

    /// Makes a directory in it whose name may be any octets but NUL.
    public func makeDirectory(octets name: [UInt8]) throws {
        let whole = Array(path.utf8) + [UInt8(ascii: "/")] + name
        guard unsafe whole.terminated({ unsafe mkdir($0, 0o755) }) == 0 else { throw SystemError(operation: "mkdir") }
    }

    /// Makes a FIFO in it.
    public func makeFIFO(_ name: String) throws {
        guard unsafe mkfifo(path(of: name), 0o644) == 0 else { throw SystemError(operation: "mkfifo \(name)") }
    }

    /// Gives a file a size: cuts it, or adds zeros that take no room on the disk. Makes it when it is not there.
    public func setSize(_ name: String, _ size: Int) throws {
        let fd = unsafe open(path(of: name), O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard fd >= 0 else { throw SystemError(operation: "open \(name)") }
        defer { close(fd) }
        guard ftruncate(fd, off_t(size)) == 0 else { throw SystemError(operation: "truncate \(name)") }
    }

    /// Writes octets into a file at an offset.
    public func overwrite(_ name: String, at offset: Int, _ bytes: [UInt8]) throws {
        let fd = unsafe open(path(of: name), O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard fd >= 0 else { throw SystemError(operation: "open \(name)") }
        defer { close(fd) }
        let count = unsafe bytes.withUnsafeBytes { unsafe pwrite(fd, $0.baseAddress, $0.count, off_t(offset)) }
        guard count == bytes.count else { throw SystemError(operation: "write \(name)") }
    }

    /// Sets when a file was changed last.
    /// - Parameter seconds: since 1970.
    public func setModified(_ name: String, _ seconds: Int, nanoseconds: Int = 0) throws {
        let time = timespec(tv_sec: seconds, tv_nsec: nanoseconds)
        guard unsafe utimensat(AT_FDCWD, path(of: name), [time, time], 0) == 0 else {
            throw SystemError(operation: "set the time of \(name)")
        }
    }

    /// Gives something in it another name, replacing what has that name.
    public func rename(_ name: String, to other: String) throws {
        guard unsafe Glibc.rename(path(of: name), path(of: other)) == 0 else {
            throw SystemError(operation: "rename \(name)")
        }
    }

    /// Sets the access rights of something in it.
    public func setMode(_ name: String, _ mode: UInt32) throws {
        guard unsafe chmod(path(of: name), mode) == 0 else { throw SystemError(operation: "chmod \(name)") }
    }
}
