import CMartlet
import Glibc
import Martlet
import MartletReactor
import MartletWire

/// The folder that servers and `martlet share` have in common: a key, and how often each share was used.
///
/// It is its owner's alone: whoever can read the key can make shares, whoever can write there can forget uses. All servers
/// of one machine with the same folder count together, and go on counting where another one stopped. Removing the key ends
/// all shares at once. Can be used from any thread.
public final class ShareFolder: Sendable {
    /// Where it is.
    public let path: String
    let ledger: UseLedger
    private let kept: Locked<KeptKey>

    private init(_ path: String, _ key: KeptKey) {
        self.path = path
        kept = Locked(key)
        ledger = UseLedger(in: "\(path)/uses")
    }

    private static func file(in path: String) -> String { "\(path)/key" }

    /// The key as it is in its file now; nil: it was removed, and what was signed with it is over, or there is another one
    /// that cannot be read.
    var key: ShareKey? {
        let file = Self.file(in: path)
        return kept.withLock { kept in
            var status = stat()
            guard unsafe lstat(file, &status) == 0 else {
                // Where this process may not look any more, nothing is known to have changed.
                if errno == ENOENT { kept = KeptKey(key: nil, version: nil) }
                return kept.key
            }
            guard KeptKey.Version(&status) != kept.version else { return kept.key }
            kept = (try? Self.read(file)) ?? KeptKey(key: nil, version: nil)
            return kept.key
        }
    }

    /// The folder at a path. Makes it (mode 0700) and a key in it (0600) if there is none; of several processes that do so
    /// at once, one makes it.
    /// - Throws: `ShareError` for a folder or a key that others can look at, and when it cannot be made.
    public static func open(_ path: String) throws(ShareError) -> ShareFolder {
        var part = path.hasPrefix("/") ? "" : "."
        for name in path.split(separator: "/").map(String.init) + ["uses"] {
            part += "/\(name)"
            guard unsafe mkdir(part, 0o700) == 0 || errno == EEXIST || isThere(part) else {
                throw failure("make the folder \(part)")
            }
        }
        try check(path, isFolder: true)
        try check("\(path)/uses", isFolder: true)
        let file = file(in: path)
        if let key = try read(file) { return ShareFolder(path, key) }
        try make(file)
        guard let key = try read(file) else { throw failure("open \(file)") }
        return ShareFolder(path, key)
    }

    /// A folder above may be closed to mkdir, as to a sandboxed server that reads its settings anew.
    private static func isThere(_ path: String) -> Bool {
        let code = errno
        var status = stat()
        let isThere = unsafe stat(path, &status) == 0
        errno = code
        return isThere
    }

    /// - Throws: for what is another user's, or open to others. Root may use everybody's: its servers give up its rights.
    private static func check(_ path: String, isFolder: Bool) throws(ShareError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { throw failure("look at \(path)") }
        let isKind = unsafe isFolder ? cm_is_directory(&status) : cm_is_regular(&status)
        guard isKind else {
            throw ShareError("\(path) is not what shares are kept in. Remove it, or choose another folder.")
        }
        guard status.st_uid == geteuid() || geteuid() == 0 else {
            throw ShareError("\(path) belongs to user \(status.st_uid), not to \(geteuid()). Choose another folder.")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw ShareError("Others may look at \(path), where shares have their secrets. Run: chmod go= '\(path)'")
        }
    }

    /// The key in a file; nil where there is no file.
    private static func read(_ file: String) throws(ShareError) -> KeptKey? {
        let fd = unsafe Glibc.open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK)
        guard fd >= 0 else {
            if errno == ENOENT { return nil }
            throw failure("open \(file)")
        }
        defer { close(fd) }
        try check(file, isFolder: false)
        var status = stat()
        guard unsafe fstat(fd, &status) == 0 else { throw failure("look at \(file)") }
        var octets = [UInt8](repeating: 0, count: 256)
        let count = unsafe pread(fd, &octets, octets.count, 0)
        guard count >= 0 else { throw failure("read \(file)") }
        let text = String(decoding: octets[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        guard let secret = Base64.decode(text, as: .url), let key = ShareKey(secret) else {
            throw ShareError("\(file) holds no key of 32 octets. Remove it: all shares made with it are over then.")
        }
        return KeptKey(key: key, version: KeptKey.Version(&status))
    }

    /// Makes a key, unless another process is faster: the file is whole when it has its name.
    private static func make(_ file: String) throws(ShareError) {
        let text = Array("\(try ShareKey().text)\n".utf8)
        let new = "\(file).\(Base64.encode(try ShareKey.random(8), as: .url))"
        let fd = unsafe Glibc.open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard fd >= 0 else { throw failure("make \(new)") }
        defer {
            close(fd)
            unsafe unlink(new)
        }
        let count = unsafe text.withUnsafeBytes { unsafe write(fd, $0.baseAddress, $0.count) }
        guard count == text.count, fsync(fd) == 0 else { throw failure("write \(new)") }
        guard unsafe link(new, file) == 0 || errno == EEXIST else { throw failure("make \(file)") }
    }

    private static func failure(_ what: String) -> ShareError {
        ShareError("\(SystemError(operation: what)).")
    }
}

extension ShareFolder {
    /// The target of a share's URL, to stand behind `http://host`: "/a.pdf?share=1.…".
    /// - Parameter audience: that of the `SignedURLs` that is to know it; another one does not.
    /// - Throws: `ShareError` when OpenSSL does not sign, or the key is not there any more.
    public func target(of share: Share, for audience: String = "") throws(ShareError) -> String {
        guard let key else { throw ShareError("The key in \(path) was removed.") }
        let token = try ShareToken(share, .link, for: audience, with: key)
        return "\(share.path)?\(share.query.isEmpty ? "" : "\(share.query)&")\(ShareParameter.name)=\(token.text)"
    }

    /// How often a share was used so far. Blocks for the disk.
    public func uses(of share: Share) throws(ShareError) -> Int {
        try ledger.uses(of: share).count
    }
}

/// A key, and which file it was read from.
private struct KeptKey: Sendable {
    /// Tells a file from one that takes its place.
    struct Version: Equatable, Sendable {
        private let device: UInt
        private let inode: UInt
        private let modified: Int64

        init(_ status: inout stat) {
            device = UInt(status.st_dev)
            inode = UInt(status.st_ino)
            modified = unsafe cm_modified(&status)
        }
    }

    let key: ShareKey?
    let version: Version?
}
