import CMartlet
import Glibc
import MartletReactor

/// What a file was like when it was looked at: to see whether it changed since.
struct FileVersion: Equatable, Sendable {
    private let device: UInt
    private let inode: UInt
    private let size: Int
    private let modified: Int64
    private let changed: Int64
    /// Everybody on this machine can read it.
    let isOpenToAll: Bool

    init(_ status: inout stat) {
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
        size = Int(status.st_size)
        modified = unsafe cm_modified(&status)
        changed = Int64(status.st_ctim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_ctim.tv_nsec)
        isOpenToAll = status.st_mode & S_IROTH != 0
    }

    /// What the file is like now; nil: it is not there.
    init?(path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        self.init(&status)
    }
}

/// A small text file of users, groups or tokens, read to its end.
struct TextFile {
    let version: FileVersion
    private let path: String
    private let text: String

    /// Octets of a file, at most: some 10,000 users.
    static let limit = 1 << 20

    /// - Parameter what: what it holds, for messages: "passwords".
    /// - Throws: `AuthError` when it cannot be read, or is longer than the limit or not in UTF-8.
    init(_ path: String, _ what: String) throws(AuthError) {
        let fd = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard fd >= 0 else { throw Self.refusal(errno, path, what) }
        defer { close(fd) }
        var status = stat()
        guard unsafe fstat(fd, &status) == 0 else { throw Self.refusal(errno, path, what) }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw Self.refusal(EISDIR, path, what) }
        version = FileVersion(&status)
        var octets: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe read(fd, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.refusal(errno, path, what) }
            if count == 0 { break }
            octets += chunk[..<count]
            guard octets.count <= Self.limit else {
                throw AuthError("\(path) is too long: more than \(Self.limit) octets of \(what).")
            }
        }
        guard let text = String(validating: octets, as: UTF8.self) else {
            throw AuthError("\(path) is not in UTF-8: save it in that encoding.")
        }
        self.path = path
        self.text = text
    }

    /// The lines with their numbers, without those that are empty or begin with `#`.
    func lines() -> [(number: Int, text: String)] {
        var lines: [(Int, String)] = []
        var number = 0
        for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            var line = line
            if line.last == 0x0D { line.removeLast() }
            guard let first = line.first, first != UInt8(ascii: "#") else { continue }
            lines.append((number, String(Substring(line))))
        }
        return lines
    }

    private static func refusal(_ code: CInt, _ path: String, _ what: String) -> AuthError {
        switch code {
        case ENOENT, ENOTDIR: AuthError("There is no file of \(what) at \(path).")
        case EISDIR: AuthError("\(path) is a folder: name the file of \(what) in it.")
        case EACCES, EPERM:
            AuthError(
                "The \(what) in \(path) cannot be read: permission denied. "
                    + "Let the user that runs this read it, and the folders on the way."
            )
        default: AuthError("The \(what) in \(path) cannot be read: \(SystemError.text(of: code)).")
        }
    }
}
