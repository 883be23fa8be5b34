import CMartlet
import Glibc
import MartletReactor

/// Octets that have to be kept until somebody takes them: little in memory, more in a file without a name, which vanishes
/// with the last descriptor of it.
final class Spool: @unchecked Sendable {
    /// Octets kept in memory.
    static let memoryLimit = 64 * 1024

    /// Octets in all, at most.
    let limit: Int
    /// Octets that were put in.
    private(set) var count = 0
    private var memory: [UInt8] = []
    private var file: CInt = -1
    private var position = 0

    /// An empty spool.
    init(limit: Int) {
        self.limit = limit
    }

    deinit {
        if file >= 0 { close(file) }
    }

    /// Whether `more` octets fit.
    func hasRoom(for more: Int) -> Bool { more <= limit - count }

    /// Whether it needs no file even with `more` octets.
    func isInMemory(with more: Int) -> Bool { file < 0 && memory.count + more <= Self.memoryLimit }

    /// Puts octets in, for which there must be room. May wait for the disk.
    /// - Throws: `SystemError`, ENOSPC above all.
    func append(_ octets: [UInt8]) throws(SystemError) {
        count += octets.count
        memory += octets
        guard memory.count > Self.memoryLimit else { return }
        if file < 0 {
            file = unsafe cm_open_temporary(Self.folder)
            guard file >= 0 else { throw SystemError(operation: "open a temporary file in \(Self.folder)") }
        }
        try writeOut()
    }

    /// Everything as a file to be read from its beginning, for another process; nil where it all is in memory.
    func fileFromStart() throws(SystemError) -> CInt? {
        guard file >= 0 else { return nil }
        try writeOut()
        guard lseek(file, 0, SEEK_SET) == 0 else { throw SystemError(operation: "lseek") }
        return file
    }

    /// Takes out the next octets, at most 64 KiB; nil when nothing is left.
    func next() throws(SystemError) -> [UInt8]? {
        guard file >= 0 else { return takeMemory() }
        try writeOut()
        var chunk: [UInt8] = []
        let wanted = min(Self.memoryLimit, count - position)
        guard wanted > 0 else { return nil }
        let descriptor = file
        let start = Int64(position)
        var failure: CInt = 0
        chunk.append(addingCapacity: wanted) { output in
            unsafe output.withUnsafeMutableBufferPointer { free, initialized in
                let read = unsafe cm_read_at(descriptor, free.baseAddress, wanted, start)
                if read > 0 { initialized = read } else { failure = read < 0 ? errno : EIO }
            }
        }
        guard !chunk.isEmpty else { throw SystemError(code: failure, operation: "read a temporary file") }
        position += chunk.count
        return chunk
    }

    /// What is in memory, where all is.
    func takeMemory() -> [UInt8]? {
        guard !memory.isEmpty else { return nil }
        defer { memory = [] }
        return memory
    }

    private func writeOut() throws(SystemError) {
        let octets = memory  // Looked at where nobody can change them.
        var written = 0
        while written < octets.count {
            let result = unsafe octets.span.extracting(written...).withUnsafeBytes { octets in
                unsafe Glibc.write(file, octets.baseAddress, octets.count)
            }
            if result < 0, errno == EINTR { continue }
            guard result > 0 else { throw SystemError(operation: "write a temporary file") }
            written += result
        }
        memory.removeAll(keepingCapacity: true)
    }

    /// TMPDIR, or /tmp.
    static let folder: String = {
        guard let folder = unsafe getenv("TMPDIR") else { return "/tmp" }
        let name = unsafe String(cString: folder)
        return name.hasPrefix("/") ? name : "/tmp"
    }()
}
