import CMartlet
import Glibc
import MartletReactor

/// How often shares were used, and by whom: a file for each, with a line for each use. Lines are only ever appended, under
/// a lock that ends with the process that holds it, and are on the disk before the use is granted. So every process of this
/// machine that counts here counts together, and one that is killed at any moment loses nothing.
///
/// Nobody without a signed URL can have a file made, and files go a day after their share's end.
struct UseLedger: Sendable {
    /// What a share's file says.
    struct Uses {
        var count = 0
        private(set) var users: Set<String> = []
        /// The last line was cut: by a full disk, or by the end of the machine. It counts all the same.
        private(set) var isTorn = false

        fileprivate init(_ octets: [UInt8]) {
            let newline = UInt8(ascii: "\n")
            isTorn = octets.last.map { $0 != newline } ?? false
            for line in octets.split(separator: newline) {
                count += 1
                users.insert(String(decoding: line.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self))
            }
        }

        init() {}
    }

    private let folder: String
    /// More than the longest file of 10,000 uses.
    private static let longestFile = 1 << 20
    /// A share's uses are forgotten so many seconds after its end: clocks are set back at times.
    private static let patience = 86_400
    /// How often the lock is tried, a millisecond apart. Who holds it writes one line.
    private static let attempts = 2000

    init(in folder: String) {
        self.folder = folder
    }

    private func file(of share: Share) -> String { "\(folder)/\(share.expires)-\(share.id)" }

    /// The uses so far. Blocks for the disk.
    func uses(of share: Share) throws(ShareError) -> Uses {
        let fd = unsafe open(file(of: share), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK)
        guard fd >= 0 else {
            if errno == ENOENT { return Uses() }
            throw Self.failure("open \(file(of: share))")
        }
        defer { close(fd) }
        return Uses(try contents(fd, of: share))
    }

    /// Takes one use, if there is one left. Blocks for the disk, and for others who take one.
    /// - Parameters:
    ///   - user: who takes it, without spaces.
    ///   - isPart: it is for a part of the content: that belongs to a use that the user has already, if there is one.
    /// - Returns: false when all are taken.
    func take(_ share: Share, by user: String, isPart: Bool, now: Int) throws(ShareError) -> Bool {
        guard let times = share.times else { return true }
        let fd = try opened(share, now)
        defer { close(fd) }
        try lock(fd, share)
        let octets = try contents(fd, of: share)
        let uses = Uses(octets)
        if isPart, uses.users.contains(user) { return true }
        guard uses.count < times else { return false }
        // What a torn line says would run into the next.
        let line = Array("\(uses.isTorn ? "\n" : "")\(user) \(now)\n".utf8)
        let written = unsafe line.withUnsafeBytes { unsafe write(fd, $0.baseAddress, $0.count) }
        guard written == line.count, fdatasync(fd) == 0 else {
            let error = Self.failure("write \(file(of: share))")
            _ = ftruncate(fd, off_t(octets.count))
            throw error
        }
        return true
    }

    private func opened(_ share: Share, _ now: Int) throws(ShareError) -> CInt {
        let path = file(of: share)
        let flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK
        var fd = unsafe open(path, flags)
        if fd < 0, errno == ENOENT {
            sweep(now)
            fd = unsafe open(path, flags | O_CREAT, 0o600)
            if fd >= 0 { try keepName(path) }
        }
        guard fd >= 0 else { throw Self.failure("open \(path)") }
        return fd
    }

    /// A file that is new has its name on the disk too.
    private func keepName(_ path: String) throws(ShareError) {
        let directory = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw Self.failure("open \(folder)") }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw Self.failure("make \(path)") }
    }

    /// Not by waiting in the kernel: a process that was stopped with the lock would keep all threads.
    private func lock(_ fd: CInt, _ share: Share) throws(ShareError) {
        for _ in 0..<Self.attempts {
            if flock(fd, LOCK_EX | LOCK_NB) == 0 { return }
            guard errno == EWOULDBLOCK || errno == EINTR else { break }
            usleep(1000)
        }
        throw Self.failure("lock \(file(of: share))")
    }

    private func contents(_ fd: CInt, of share: Share) throws(ShareError) -> [UInt8] {
        var status = stat()
        guard unsafe fstat(fd, &status) == 0 else { throw Self.failure("look at \(file(of: share))") }
        guard unsafe cm_is_regular(&status), status.st_size <= Self.longestFile else {
            throw ShareError("\(file(of: share)) is no list of uses. Remove it, and the share counts from the start.")
        }
        var octets: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 4096)
        while octets.count < Self.longestFile {
            let count = unsafe pread(fd, &part, part.count, off_t(octets.count))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure("read \(file(of: share))") }
            if count == 0 { break }
            octets += part[..<count]
        }
        return octets
    }

    /// Removes the files of shares that are long over: when a new one is used for the first time.
    func sweep(_ now: Int) {
        guard let directory = unsafe opendir(folder) else { return }
        defer { unsafe closedir(directory) }
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let expires = Int(name.prefix { $0 != "-" }), expires < now - Self.patience else { continue }
            unsafe unlink("\(folder)/\(name)")
        }
    }

    private static func failure(_ what: String) -> ShareError {
        ShareError("\(SystemError(operation: what)).")
    }
}
