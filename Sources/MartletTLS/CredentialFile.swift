import CMartlet
import Glibc
import MartletReactor

/// What a file was like when it was read: to see whether it changed since.
struct FileSignature: Equatable {
    let device: UInt
    let inode: UInt
    let size: Int
    let modified: Int64
    /// False for pipes and the like, which can be read once.
    let isRegular: Bool
    /// Everybody on this machine can read it.
    let isOpenToAll: Bool

    init(_ status: inout stat) {
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
        size = Int(status.st_size)
        modified = unsafe cm_modified(&status)
        isRegular = unsafe cm_is_regular(&status)
        isOpenToAll = status.st_mode & S_IROTH != 0
    }

    /// What the file is like now; nil: it is not there.
    init?(path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        self.init(&status)
    }
}

/// A small file read to its end.
struct CredentialFile {
    var octets: [UInt8]
    let signature: FileSignature

    /// Octets in a file of certificates, at most: some hundred of them.
    private static let limit = 1 << 20

    /// Reads it.
    /// - Parameter what: what it is, for messages: "certificate".
    init(_ path: String, _ what: String) throws(TLSError) {
        let fd = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard fd >= 0 else { throw Self.refusal(errno, path, what) }
        defer { close(fd) }
        var status = stat()
        guard unsafe fstat(fd, &status) == 0 else { throw Self.refusal(errno, path, what) }
        signature = FileSignature(&status)
        octets = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        defer { for index in chunk.indices { chunk[index] = 0 } }
        while true {
            let count = unsafe Glibc.read(fd, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.refusal(errno, path, what) }
            if count == 0 { break }
            octets += chunk[..<count]
            guard octets.count <= Self.limit else { throw TLSError("\(path) is too long for a \(what).") }
        }
        if octets.isEmpty { throw TLSError("\(path) is empty: it should hold a \(what).") }
    }

    private static func refusal(_ code: CInt, _ path: String, _ what: String) -> TLSError {
        switch code {
        case ENOENT, ENOTDIR: TLSError("There is no \(what) at \(path).")
        case EISDIR: TLSError("\(path) is a folder: name the file of the \(what) in it.")
        case EACCES, EPERM:
            TLSError(
                "The \(what) in \(path) cannot be read: permission denied. "
                    + "Let the user that runs this read it, and the folders on the way."
            )
        default: TLSError("The \(what) in \(path) cannot be read: \(SystemError.text(of: code)).")
        }
    }
}
