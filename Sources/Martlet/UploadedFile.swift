import Glibc
import HTTPTypes
import MartletReactor

/// A file that a client sent, kept under a name of our own making, with access for the owner alone (mode 0600).
///
/// It is removed when the last reference goes, unless it was moved to its place. Saving and moving block, so they happen on
/// threads of their own.
public final class UploadedFile: Sendable {
    private struct State {
        /// Open while the file is written.
        var fd: CInt?
        var path: String
        var size = 0
        var isKept = false
    }

    private let state: Locked<State>

    static let pool = ThreadPool(name: "martlet-save", threads: 4, queueLimit: 1 << 14)
    /// Of its own: uploads that wait must not keep others from being removed.
    private static let remover = ThreadPool(name: "martlet-remove", threads: 1, queueLimit: .max)

    /// Where the file is now.
    public var path: String { state.withLock { $0.path } }
    /// Its length in octets.
    public var size: Int { state.withLock { $0.size } }

    /// Makes an empty file in a folder that exists.
    init(in folder: String) throws(SystemError) {
        // A name with a dot in front, which a file handler on the same folder does not show, and that nobody can guess.
        let path = "\(folder)/.martlet-upload-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        let fd = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard fd >= 0 else { throw SystemError(operation: "create a file in \(folder)") }
        state = Locked(State(fd: fd, path: path))
    }

    deinit {
        let (fd, path) = state.withLock { ($0.fd, $0.isKept ? nil : $0.path) }
        guard fd != nil || path != nil else { return }
        // Removing a big file takes time, and this may be a loop's thread.
        Self.remover.start {
            if let fd { close(fd) }
            if let path { _ = unsafe unlink(path) }
        }
    }

    /// Moves the file to where it is to stay; it is not removed from then on.
    /// - Parameters:
    ///   - path: in the same file system as the folder it was saved in.
    ///   - replacing: whether a file of that name gives way; default false.
    /// - Throws: `SystemError`: EEXIST when there is a file of that name, EXDEV for another file system.
    public func move(to path: String, replacing: Bool = false) async throws {
        try await Self.pool.run { try self.relocate(to: path, replacing: replacing) }
    }

    private func relocate(to path: String, replacing: Bool) throws(SystemError) {
        try state.withLock { state throws(SystemError) in
            // link, unlike rename, never replaces anything.
            guard unsafe (replacing ? rename(state.path, path) : link(state.path, path)) == 0 else {
                throw SystemError(operation: "move an upload to \(path)")
            }
            if !replacing { _ = unsafe unlink(state.path) }
            state.path = path
            state.isKept = true
        }
    }

    /// Adds octets at the end.
    func write(_ octets: [UInt8]) throws {
        try state.withLock { state in
            guard let fd = state.fd else { return }
            var done = 0
            while done < octets.count {
                let count = unsafe octets.withUnsafeBytes { bytes in
                    unsafe Glibc.write(fd, bytes.baseAddress! + done, bytes.count - done)
                }
                if count < 0 {
                    if errno == EINTR { continue }
                    throw Self.failure(SystemError(operation: "write \(state.path)"))
                }
                done += count
            }
            state.size += done
        }
    }

    /// Says that all was written.
    func finish() throws {
        try state.withLock { state in
            guard let fd = state.fd else { return }
            state.fd = nil
            guard close(fd) == 0 || errno == EINTR else {
                throw Self.failure(SystemError(operation: "close \(state.path)"))
            }
        }
    }

    /// A full disk is worth telling the client: 507 (RFC 4918 §11.5).
    private static func failure(_ error: SystemError) -> any Error {
        guard error.code == ENOSPC || error.code == EDQUOT else { return error }
        return HTTPError(HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage"))
    }
}

extension Multipart.Part {
    /// Writes the content to a new file, in constant memory.
    /// - Parameter folder: an existing one; best in the file system where the file is to stay, see `UploadedFile.move(to:)`.
    /// - Returns: the file, removed with its last reference unless moved.
    /// - Throws: `SystemError` when it cannot be written, `HTTPError` 507 when the disk is full; and as `content`. What was
    ///   written is removed then.
    public func save(in folder: String) async throws -> UploadedFile {
        let file = try await UploadedFile.pool.run { try UploadedFile(in: folder) }
        var pending: [UInt8] = []
        for try await chunk in content {
            pending.append(contentsOf: chunk)
            // Fewer journeys between the threads than chunks.
            guard pending.count >= 128 << 10 else { continue }
            let full = pending
            pending = []
            try await UploadedFile.pool.run { try file.write(full) }
        }
        let rest = pending
        try await UploadedFile.pool.run {
            try file.write(rest)
            try file.finish()
        }
        return file
    }
}
