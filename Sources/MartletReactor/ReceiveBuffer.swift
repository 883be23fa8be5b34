/// Octets received and not yet used: filled by `Socket.receive` at the end, consumed from the front.
public struct ReceiveBuffer: Sendable {
    @usableFromInline var storage: [UInt8]
    @usableFromInline var start = 0
    @usableFromInline var end = 0

    /// A buffer without room; allocates nothing.
    public init() {
        storage = []
    }

    /// A buffer with room for `capacity` octets.
    public init(capacity: Int) {
        storage = Array(repeating: 0, count: capacity)
    }

    /// Octets it can hold in all.
    @inlinable public var capacity: Int { storage.count }
    /// Octets received and not yet used.
    @inlinable public var count: Int { end - start }
    /// True when there is nothing to use.
    @inlinable public var isEmpty: Bool { start == end }
    /// Octets that can be received before it has to grow.
    @inlinable public var room: Int { storage.count - count }

    /// The octets received and not yet used, in order.
    @inlinable public var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get { storage.span.extracting(start..<end) }
    }

    /// Drops `count` octets from the front.
    @inlinable
    public mutating func consume(_ count: Int) {
        precondition(count >= 0 && count <= self.count)
        start += count
        if start == end { removeAll() }
    }

    /// Drops everything.
    @inlinable
    public mutating func removeAll() {
        start = 0
        end = 0
    }

    /// Makes the buffer hold at least `capacity` octets.
    public mutating func grow(toCapacity capacity: Int) {
        guard capacity > storage.count else { return }
        storage.append(contentsOf: repeatElement(0, count: capacity - storage.count))
    }

    /// Lets `body` write at the free end, and counts what it says it wrote. Moves the contents to the front first, so
    /// that all of `room` is offered: who gets less than that knows that there is no more.
    package mutating func fill<Result>(_ body: (UnsafeMutableRawBufferPointer) -> (written: Int, Result)) -> Result {
        let held = start..<end
        let moves = start > 0
        if moves {
            start = 0
            end = held.count
        }
        let free = end..<storage.count
        let (written, result) = unsafe storage.withUnsafeMutableBytes { bytes in
            if moves { unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[held])) }
            return unsafe body(UnsafeMutableRawBufferPointer(rebasing: bytes[free]))
        }
        end += written
        return result
    }
}
