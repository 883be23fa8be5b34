import CMartlet
import Glibc
import Synchronization

/// A folder below which everything is served, held open, and the only way to the files in it.
///
/// A path is opened first and asked about afterwards, through the descriptor: nothing can be swapped in between. The
/// kernel itself keeps the look-up beneath the folder (openat2 with RESOLVE_BENEATH), whatever links there are.
package final class FileRoot: Sendable {
    /// Why there is no file to serve.
    package enum Failure: Error, Equatable {
        /// There is nothing here, or nothing that may be served: clients cannot tell which.
        case notFound
        /// The system denies the process access.
        case forbidden
        /// The folder itself was removed, and what is in its place cannot be opened.
        case replaced
        /// The process has no descriptor left.
        case overloaded
        /// The disk failed, or something as bad; an `errno`.
        case failed(CInt)
    }

    /// For the log, when it was replaced.
    package static let replacement = SystemError(
        code: ESTALE,
        operation:
            "the folder that is served was removed, and the sandbox allows no other in its place: restart the server. Open it"
    )

    private let path: String
    private let descriptor: CInt
    private let followsLinks: Bool
    /// False once the kernel said that it has no openat2 (Linux before 5.6, or a sandbox that forbids it).
    private let hasOpenBeneath: Atomic<Bool>

    /// Opens the folder at `path`.
    /// - Parameter hasOpenBeneath: false: as on a system without openat2.
    /// - Throws: `SystemError` when it cannot be opened as a folder.
    package init(path: String, followsLinks: Bool, hasOpenBeneath: Bool = true) throws(SystemError) {
        self.path = path
        self.hasOpenBeneath = Atomic(hasOpenBeneath)
        descriptor = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError(operation: "open folder \(path)") }
        self.followsLinks = followsLinks
    }

    deinit {
        close(descriptor)
    }

    /// Opens what is at a path of decoded octets, joined by "/", without dot segments and NUL; empty: the folder itself.
    package func open(_ path: [UInt8]) throws(Failure) -> OpenFile {
        var fd = openDescriptor(path)
        var code = errno
        // A folder that was removed can still be opened, and is empty.
        if path.isEmpty || fd < 0 && code == ENOENT, try isRenewed() {
            if fd >= 0 { close(fd) }
            fd = openDescriptor(path)
            code = errno
        }
        guard fd >= 0 else { throw Self.failure(code) }
        do {
            return try OpenFile(fd: fd)
        } catch {
            throw Self.failure(error.code)
        }
    }

    /// The folder itself, to be asked about, not read; nil when the system gives no descriptor.
    package func openItself() -> OpenFile? {
        let fd = unsafe cm_open_component(descriptor, ".")
        return fd < 0 ? nil : try? OpenFile(fd: fd)
    }

    /// What is at a path, without opening it for reading: whoever asks may run a program that it may not read.
    package enum Finding: Sendable, Equatable {
        /// A folder.
        case folder
        /// A regular file.
        /// - Parameters:
        ///   - runs: the system lets this process run it.
        ///   - reads: the system lets this process read it.
        case file(runs: Bool, reads: Bool)
        /// A FIFO, device or socket.
        case other
    }

    /// Looks at a path as `open` takes it.
    package func look(at path: [UInt8]) throws(Failure) -> Finding {
        var fd = find(path)
        var code = errno
        if fd < 0, code == ENOENT, try isRenewed() {
            fd = find(path)
            code = errno
        }
        guard fd >= 0 else { throw Self.failure(code) }
        defer { close(fd) }
        var status = stat()
        guard unsafe fstat(fd, &status) == 0 else { throw Self.failure(errno) }
        if unsafe cm_is_directory(&status) { return .folder }
        guard unsafe cm_is_regular(&status) else { return .other }
        return .file(runs: cm_may(fd, CInt(X_OK)), reads: cm_may(fd, CInt(R_OK)))
    }

    /// Opens the folder that is in the place of this one, if this one was removed, as those who build sites do it.
    /// - Returns: false when it is still the same, or nothing is in its place.
    private func isRenewed() throws(Failure) -> Bool {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_nlink == 0 else { return false }
        let fd = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard fd >= 0 else {
            // A sandbox knows folders, not their names.
            if errno == EACCES || errno == EPERM { throw .replaced }
            return false
        }
        defer { close(fd) }
        // In the same place: whoever is at work with the number has the old folder or the new one.
        return cm_replace_descriptor(fd, descriptor) >= 0
    }

    private func find(_ path: [UInt8]) -> CInt {
        let name = path.isEmpty ? [UInt8(ascii: ".")] : path
        if followsLinks { return unsafe withCString(name) { unsafe cm_find_beneath(descriptor, $0, cm_links_follow) } }
        if hasOpenBeneath.load(ordering: .relaxed) {
            let fd = unsafe withCString(name) { unsafe cm_find_beneath(descriptor, $0, cm_links_beneath) }
            if fd >= 0 || errno != ENOSYS && errno != EPERM { return fd }
            if errno == ENOSYS { hasOpenBeneath.store(false, ordering: .relaxed) }
        }
        return unsafe walk(path) { unsafe cm_open_component($0, $1) }
    }

    private func openDescriptor(_ path: [UInt8]) -> CInt {
        let name = path.isEmpty ? [UInt8(ascii: ".")] : path
        if followsLinks { return unsafe withCString(name) { unsafe cm_open_beneath(descriptor, $0, cm_links_follow) } }
        if hasOpenBeneath.load(ordering: .relaxed) {
            let fd = unsafe withCString(name) { unsafe cm_open_beneath(descriptor, $0, cm_links_beneath) }
            if fd >= 0 || errno != ENOSYS && errno != EPERM { return fd }
            if errno == ENOSYS { hasOpenBeneath.store(false, ordering: .relaxed) }
        }
        return unsafe walk(path) { unsafe cm_open_no_follow($0, $1) }
    }

    /// The same without openat2: one component at a time, no symbolic link at all.
    private func walk(_ path: [UInt8], _ openLast: (CInt, UnsafePointer<CChar>) -> CInt) -> CInt {
        var directory = descriptor
        defer { if directory != descriptor { close(directory) } }
        let components = path.split(separator: UInt8(ascii: "/"))
        for component in components.dropLast() {
            let next = unsafe withCString(Array(component)) { unsafe cm_open_component(directory, $0) }
            guard next >= 0 else { return -1 }
            if directory != descriptor { close(directory) }
            directory = next
        }
        return unsafe withCString(components.last.map(Array.init) ?? [UInt8(ascii: ".")]) {
            unsafe openLast(directory, $0)
        }
    }

    private static func failure(_ code: CInt) -> Failure {
        switch code {
        // ELOOP and EXDEV: a link that is not followed, or leads outside. ENXIO and ENODEV: a socket or device.
        case ENOENT, ENOTDIR, ELOOP, EXDEV, ENAMETOOLONG, ENXIO, ENODEV, EINVAL, EILSEQ: .notFound
        case EACCES, EPERM: .forbidden
        // EAGAIN: the folders were moved about so fast that the kernel could not tell where a path leads.
        case EMFILE, ENFILE, ENOMEM, EAGAIN: .overloaded
        default: .failed(code)
        }
    }
}
