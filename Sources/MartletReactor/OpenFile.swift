import CMartlet
import Glibc

/// A file open for reading, with what was known of it when it was opened. Closed when the last reference goes.
public final class OpenFile: Sendable {
    /// What the file is.
    public enum Kind: Sendable {
        /// A regular file: its content can be served.
        case regular
        /// A directory.
        case directory
        /// A FIFO, device or socket: never served.
        case other
    }

    /// The descriptor.
    public let fd: CInt
    /// What the file is.
    public let kind: Kind
    /// Octets it held when it was opened.
    public let size: Int
    /// The number that tells it from other files of its file system.
    public let inode: UInt64
    private let device: UInt
    /// When its content was changed last, in nanoseconds since 1970.
    public let modified: Int64
    /// When its content or attributes were changed last, in nanoseconds since 1970. Nobody can set this one back.
    public let changed: Int64

    /// Takes over a descriptor and asks the system about it.
    /// - Throws: `SystemError`; the descriptor is closed.
    public init(fd: CInt) throws(SystemError) {
        var status = stat()
        guard unsafe fstat(fd, &status) == 0 else {
            let error = SystemError(operation: "fstat")
            close(fd)
            throw error
        }
        self.fd = fd
        let isRegular = unsafe cm_is_regular(&status)
        let isDirectory = unsafe cm_is_directory(&status)
        kind = isRegular ? .regular : isDirectory ? .directory : .other
        size = Int(status.st_size)
        inode = UInt64(status.st_ino)
        device = UInt(status.st_dev)
        modified = unsafe cm_modified(&status)
        changed = unsafe cm_changed(&status)
    }

    deinit {
        close(fd)
    }

    /// When its content was changed last, in whole seconds since 1970, rounded down.
    public var modifiedSeconds: Int {
        let (seconds, rest) = modified.quotientAndRemainder(dividingBy: 1_000_000_000)
        return Int(rest < 0 ? seconds - 1 : seconds)
    }

    /// True when what was there when the file was opened is still so, as far as size and times tell. A file that has
    /// grown counts as appended to, as logs are.
    public var isUnchanged: Bool {
        var status = stat()
        guard unsafe fstat(fd, &status) == 0 else { return false }
        let modifiedNow = unsafe cm_modified(&status)
        return Int(status.st_size) > size || Int(status.st_size) == size && modifiedNow == modified
    }

    /// True when nothing at all has happened to it since it was opened, as far as size and times tell: not even to its
    /// permissions or names.
    public var isUntouched: Bool {
        var status = stat()
        return unsafe fstat(fd, &status) == 0 && hasStatus(&status)
    }

    /// `inout`, as the shim takes a pointer.
    private func hasStatus(_ status: inout stat) -> Bool {
        unsafe UInt64(status.st_ino) == inode && UInt(status.st_dev) == device && Int(status.st_size) == size
            && cm_modified(&status) == modified && cm_changed(&status) == changed
    }

    /// In a folder: whether `name` stands for `other`, untouched, and not for a link to it.
    /// - Parameter other: nil: whether it stands for nothing.
    public func has(_ other: OpenFile?, as name: [UInt8]) -> Bool {
        var status = stat()
        let isThere = unsafe withCString(name) { unsafe fstatat(fd, $0, &status, AT_SYMLINK_NOFOLLOW) } == 0
        guard let other else { return !isThere && errno == ENOENT }
        return isThere && other.hasStatus(&status)
    }

    /// Appends a range of the file to `buffer`.
    /// - Returns: false when the file no longer has all of it; what it had is appended.
    public func append(_ range: Range<Int>, to buffer: inout [UInt8]) -> Bool {
        var done = 0
        buffer.append(addingCapacity: range.count) { output in
            unsafe output.withUnsafeMutableBufferPointer { free, initialized in
                let free = UnsafeMutableRawBufferPointer(free)
                while done < range.count {
                    let target = unsafe UnsafeMutableRawBufferPointer(rebasing: free[done..<range.count])
                    let count = unsafe cm_read_at(fd, target.baseAddress, target.count, Int64(range.lowerBound + done))
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { break }
                    done += count
                }
                initialized = done
            }
        }
        return done == range.count
    }

    /// Calls `body` with at most `count` octets of the open file `fd` from `offset` on, for who has to see what is sent.
    /// - Returns: what `body` returned; `end` when the file has no more octets.
    package static func withChunk(
        of fd: CInt,
        offset: Int,
        count: Int,
        _ body: (Span<UInt8>) -> TransferResult
    ) -> TransferResult {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count) { chunk in
            while true {
                let read = unsafe cm_read_at(fd, chunk.baseAddress, chunk.count, Int64(offset))
                if read < 0, errno == EINTR { continue }
                if read < 0 { return .failed(errno) }
                if read == 0 { return .end }
                return unsafe body(Span(_unsafeElements: UnsafeMutableBufferPointer(rebasing: chunk[..<read])))
            }
        }
    }
}

/// Calls `body` with the octets of a name and a NUL behind them.
package func withCString(_ name: [UInt8], _ body: (UnsafePointer<CChar>) -> CInt) -> CInt {
    let octets = name + [0]
    return unsafe octets.withUnsafeBytes { bytes in
        unsafe body(bytes.baseAddress!.assumingMemoryBound(to: CChar.self))
    }
}
