import MartletReactor
import MartletWire

/// What a connection still has to send: octets in memory, then perhaps pieces of files, in order.
struct Output {
    /// What a flush came to.
    enum Progress: Equatable {
        /// Everything is with the kernel.
        case done
        /// The kernel takes no more now.
        case blocked
        /// This connection has had its share of the turn.
        case turnOver
        /// The connection is lost.
        case failed(CInt)
        /// A file is shorter than it was, or was changed while it was sent: what was sent cannot be completed.
        case fileChanged
    }

    /// Octets of big content sent in one turn, so that one big download does not starve its loop.
    static let share = 512 * 1024
    /// A file piece up to this size is read and sent together with what precedes it: one system call less.
    static let smallFile = 16 * 1024
    /// In-memory output beyond this is sent before more requests are answered.
    static let highWater = 64 * 1024

    /// Octets to send before `parts`.
    var bytes: [UInt8] = []
    private var offset = 0
    private var parts: [Response.Part] = []
    private var nextPart = 0
    /// Octets of `parts[nextPart]` that are sent already.
    private var partOffset = 0
    /// `parts` were sent in part by an earlier flush.
    private var isResumed = false
    /// Octets given to the kernel, ever: tells a client that reads from one that does not.
    private(set) var sentCount = 0

    /// True when everything is with the kernel.
    var isEmpty: Bool { offset == bytes.count && parts.isEmpty }
    /// Octets in memory that wait.
    var pendingBytes: Int { bytes.count - offset }
    /// True while file pieces wait.
    var hasParts: Bool { !parts.isEmpty }

    /// Appends content.
    /// - Returns: false when a file no longer has what was promised.
    mutating func append(_ body: Response.Body) -> Bool {
        switch body {
        case .none, .upgrade: return true
        case .bytes(let content): return append(Response.Part.bytes(content))
        case .string(let text):
            guard parts.isEmpty, text.utf8.count <= Self.smallFile else {
                return append(Response.Part.bytes(Array(text.utf8)))
            }
            append(text.utf8.span)
            return true
        case .file(let file, let range): return append(Response.Part.file(file, range))
        case .parts(let parts): return parts.allSatisfy { append($0) }
        case .stream: return true  // Its octets come later.
        }
    }

    private mutating func append(_ part: Response.Part) -> Bool {
        guard parts.isEmpty, part.count <= Self.smallFile else {
            if part.count > 0 { parts.append(part) }
            return true
        }
        switch part {
        case .bytes(let content):
            bytes.append(contentsOf: content)
            return true
        case .file(let file, let range):
            return file.append(range, to: &bytes)
        }
    }

    /// Appends octets behind all others; not when there are parts.
    mutating func append(_ span: Span<UInt8>) {
        bytes.append(copying: span)
    }

    /// Octets not yet with the kernel.
    var remaining: Int {
        parts[nextPart...].reduce(0) { $0.addingSaturated($1.count) }.addingSaturated(pendingBytes - partOffset)
    }

    /// Takes back what was appended to `bytes` since it held `count` octets; not when there are parts.
    mutating func truncate(to count: Int) {
        bytes.removeLast(bytes.count - count)
    }

    /// Makes sure that `bytes` has room, from the pool.
    mutating func takeBuffer(from pool: inout BufferPool) {
        if bytes.capacity == 0 { bytes = pool.takeSendBuffer() }
    }

    /// Gives the buffer back to the pool; only when everything is sent.
    mutating func giveBuffer(to pool: inout BufferPool) {
        guard isEmpty, bytes.capacity > 0 else { return }
        var buffer: [UInt8] = []
        swap(&buffer, &bytes)
        pool.give(buffer)
    }

    /// Forgets everything that was not sent.
    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        offset = 0
        parts = []
        nextPart = 0
        partOffset = 0
        isResumed = false
    }

    /// Sends as much as the kernel and the share of this turn allow.
    mutating func flush(to transport: Transport) -> Progress {
        var share = Self.share
        defer { isResumed = !parts.isEmpty }
        while true {
            if let stop = flushBytes(to: transport) { return stop }
            guard nextPart < parts.count else {
                if !parts.isEmpty { parts = [] }
                nextPart = 0
                return .done
            }
            guard share > 0 else { return .turnOver }
            if let stop = flushPart(to: transport, share: &share) { return stop }
        }
    }

    /// - Returns: nil when all octets in memory are sent.
    private mutating func flushBytes(to transport: Transport) -> Progress? {
        while offset < bytes.count {
            let sent = transport.send(bytes.span.extracting(offset..<bytes.count), more: !parts.isEmpty)
            switch sent {
            case .count(let count):
                offset += count
                sentCount &+= count
            case .wouldBlock, .end:
                dropSent()
                return .blocked
            case .failed(let code): return .failed(code)
            }
        }
        if !bytes.isEmpty { bytes.removeAll(keepingCapacity: true) }
        offset = 0
        return nil
    }

    /// What is sent makes room: else the output of a client that never quite catches up would grow. Each octet is moved
    /// at most once for as many that were sent.
    private mutating func dropSent() {
        guard offset >= bytes.count - offset else { return }
        bytes.removeFirst(offset)
        offset = 0
    }

    /// Sends some of the piece whose turn it is.
    /// - Returns: nil when there may be more to do at once.
    private mutating func flushPart(to transport: Transport, share: inout Int) -> Progress? {
        let part = parts[nextPart]
        let result: TransferResult
        switch part {
        case .bytes(let content):
            let end = min(content.count, partOffset + share)
            result = transport.send(content.span.extracting(partOffset..<end), more: nextPart + 1 < parts.count)
        case .file(let file, let range):
            let start = range.lowerBound + partOffset
            let count = min(range.upperBound - start, share)
            // The last of several turns: a file rewritten meanwhile would make a mixture look complete.
            if isResumed, start + count == range.upperBound, !file.isUnchanged { return .fileChanged }
            result = transport.sendFile(file.fd, offset: start, count: count)
        }
        switch result {
        case .count(let count):
            partOffset += count
            share -= count
            sentCount &+= count
        case .wouldBlock: return .blocked
        case .end: return .fileChanged
        case .failed(let code): return .failed(code)
        }
        if partOffset == part.count { finishPart() }
        return nil
    }

    private mutating func finishPart() {
        nextPart += 1
        partOffset = 0
    }
}
