import CMartlet
import Glibc
package import MartletReactor

/// The file that says which process a server of some name is, locked by it as long as it lives.
///
/// The lock (`flock`) is what counts, not the number in the file: the system gives the lock back however the process ends,
/// while a number may long be another process's. The lock belongs to the open file, so a process that inherits the
/// descriptor holds it too.
package struct PIDFile: Sendable {
    /// The file.
    package let path: String
    /// The locked descriptor, close-on-exec; `DetachedProcess` can hand it to a successor.
    package let fd: CInt

    /// Why the file cannot be taken.
    package enum Failure: Error, Equatable, CustomStringConvertible {
        /// A running process holds it: its id, or nil while it has not written it.
        case running(CInt?, path: String)
        /// What is there is no regular file.
        case notAFile(path: String)
        /// No server holds it, but the lock is somebody else's, and stays so.
        case held(path: String)
        /// Its lock is held, but the process with this id, which it names, has not got it open.
        case wrongProcess(CInt, path: String)
        /// The descriptor to adopt is not the file at `path`, or somebody else holds the lock.
        case notOurs(path: String)
        /// A system call failed.
        case system(SystemError)

        /// What is wrong and what to do.
        package var description: String {
            switch self {
            case .running(let process?, let path): "It runs already as process \(process), which holds \(path)."
            case .running(nil, let path): "It runs already: another process holds \(path)."
            case .held(let path):
                "No server runs, but another process keeps a lock on \(path). Find it: fuser \(path), and end it."
            case .wrongProcess(let process, let path):
                "\(path) names process \(process), which does not hold it. Find the server: fuser \(path), and end it."
            case .notAFile(let path): "\(path) is not a regular file. Remove it, or choose another name."
            case .notOurs(let path): "The descriptor that was handed over is not a locked \(path)."
            case .system(let error): "\(error)"
            }
        }
    }

    /// Takes the file for this process: makes it if need be, locks it and writes the process's id.
    /// - Parameter patience: how long somebody who locks it and is no server may do so.
    /// - Throws: `Failure.running` when another process has it.
    package static func take(_ path: String, patience: Duration = .seconds(5)) throws(Failure) -> PIDFile {
        // Again when the file was removed between opening and locking: the lock would be on a file that nobody finds.
        let giveUp = Instant.now() + Nanoseconds(patience)
        while true {
            let fd = unsafe open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC | O_NONBLOCK, 0o644)
            guard fd >= 0 else {
                if errno == EINTR { continue }
                if errno == ELOOP || errno == EISDIR || errno == ENXIO { throw .notAFile(path: path) }
                throw .system(SystemError(operation: "open \(path)"))
            }
            do {
                if try PIDFile(path: path, fd: fd).lock(before: giveUp) {
                    let file = PIDFile(path: path, fd: fd)
                    try file.write()
                    return file
                }
                close(fd)
            } catch {
                close(fd)
                throw error
            }
        }
    }

    /// Takes over a descriptor of a locked PID file that this process was started with. What it says stays until `write`.
    package static func adopt(fd: CInt, path: String) throws(Failure) -> PIDFile {
        let file = PIDFile(path: path, fd: fd)
        // Who shares the open file has the lock already: then locking changes nothing.
        guard file.isAtPath, flock(fd, LOCK_EX | LOCK_NB) == 0 else { throw .notOurs(path: path) }
        guard fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 else { throw .system(SystemError(operation: "fcntl \(path)")) }
        return file
    }

    /// Writes the id of the process that is the server: this one, or one that was started.
    package func write(_ process: CInt = getpid()) throws(Failure) {
        let line = Array("\(process)\n".utf8)
        // Overwritten before it is cut, so that a reader never finds it empty.
        let count = unsafe line.withUnsafeBytes { unsafe pwrite(fd, $0.baseAddress, $0.count, 0) }
        guard count == line.count, ftruncate(fd, off_t(line.count)) == 0 else {
            throw .system(SystemError(operation: "write \(path)"))
        }
    }

    /// Gives the file up to the process that has inherited it: it stays, and stays locked.
    package func abandon() {
        close(fd)
    }

    /// Removes the file and gives back its lock. Where the folder does not let us (privileges were dropped), it is left
    /// empty, which means the same.
    package func remove() {
        // While it is locked: whoever opens it now finds out, once the lock is theirs, that it is gone.
        if isAtPath, unsafe unlink(path) != 0 { _ = ftruncate(fd, 0) }
        close(fd)
    }

    /// - Returns: false when the file is not at its path any more: open it anew.
    private func lock(before giveUp: Instant) throws(Failure) -> Bool {
        var status = stat()
        guard unsafe fstat(fd, &status) == 0 else { throw .system(SystemError(operation: "fstat \(path)")) }
        guard unsafe cm_is_regular(&status) else { throw .notAFile(path: path) }
        while flock(fd, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw .system(SystemError(operation: "lock \(path)"))
            }
            // A server's lock keeps out this one too; somebody who only asks for the state does not, and is soon gone. Who
            // may read the file can lock it: only a process that it names is a server.
            if flock(fd, LOCK_SH | LOCK_NB) == 0 {
                _ = flock(fd, LOCK_UN)
            } else if let process = Self.process(in: fd), Self.hasOpen(process, status) {
                throw .running(process, path: path)
            }
            guard Instant.now() < giveUp else { throw .held(path: path) }
            usleep(500)
        }
        return isAtPath
    }

    private var isAtPath: Bool {
        var (open, found) = (stat(), stat())
        return unsafe fstat(fd, &open) == 0 && lstat(path, &found) == 0 && open.st_dev == found.st_dev
            && open.st_ino == found.st_ino
    }

    /// The id on the first line; nil when there is none.
    fileprivate static func process(in fd: CInt) -> CInt? {
        var octets = [UInt8](repeating: 0, count: 16)
        let count = unsafe pread(fd, &octets, octets.count, 0)
        guard count > 0, let end = octets[..<count].firstIndex(of: UInt8(ascii: "\n")),
            let process = CInt(String(decoding: octets[..<end], as: UTF8.self)), process > 0
        else { return nil }
        return process
    }
}

extension PIDFile {
    /// What a PID file says about its server.
    package enum State: Equatable, Sendable {
        /// The lock is held: by the process with this id, or one that has not written it yet (nil).
        case running(CInt?)
        /// The file is there and nobody holds it: its server was killed, or the machine went down.
        case dead
        /// No server of this name.
        case none
    }

    /// The state of the server that `path` belongs to. Changes nothing.
    package static func state(_ path: String) throws(Failure) -> State {
        let fd = unsafe open(path, O_RDONLY | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
        guard fd >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return .none }
            if errno == ELOOP { throw .notAFile(path: path) }
            throw .system(SystemError(operation: "open \(path)"))
        }
        defer { close(fd) }
        var status = stat()
        guard unsafe fstat(fd, &status) == 0, unsafe cm_is_regular(&status) else { throw .notAFile(path: path) }
        if flock(fd, LOCK_SH | LOCK_NB) == 0 {
            // Read under the lock: nobody is writing.
            return process(in: fd) == nil ? .none : .dead
        }
        guard errno == EWOULDBLOCK else { throw .system(SystemError(operation: "lock \(path)")) }
        // It may have been locked this moment, over the number of a process that is dead.
        for _ in 0..<50 {
            if let process = process(in: fd), kill(process, 0) == 0 || errno == EPERM { return .running(process) }
            usleep(1000)
        }
        return .running(nil)
    }
}
