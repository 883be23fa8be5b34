/// Receive and send buffers of one loop, kept for reuse: an idle connection owns none.
public struct BufferPool {
    /// Octets of a fresh buffer: most request heads, and a good share of a body, fit in one.
    public static let bufferSize = 16 * 1024
    /// Buffers kept for reuse, at most: 1 MiB a loop.
    static let keptCount = 64
    /// A send buffer that grew beyond this is given back to the system.
    static let keptCapacity = 64 * 1024

    private var received: [ReceiveBuffer] = []
    private var sent: [[UInt8]] = []
    // The ones given back last, if any: most connections want one at a time, and a swap is cheaper than a list.
    private var lastReceived = ReceiveBuffer()
    private var lastSent: [UInt8] = []

    /// For tests: how many buffers of each kind it keeps now.
    var keptBuffers: (received: Int, sent: Int) {
        (received.count + (lastReceived.capacity > 0 ? 1 : 0), sent.count + (lastSent.capacity > 0 ? 1 : 0))
    }

    /// An empty pool.
    public init() {}

    /// An empty receive buffer of `bufferSize` octets.
    public mutating func takeReceiveBuffer() -> ReceiveBuffer {
        var buffer = ReceiveBuffer()
        swap(&buffer, &lastReceived)
        if buffer.capacity > 0 { return buffer }
        return received.popLast() ?? ReceiveBuffer(capacity: Self.bufferSize)
    }

    /// Gives a receive buffer back.
    public mutating func give(_ buffer: consuming ReceiveBuffer) {
        guard buffer.capacity == Self.bufferSize else { return }
        buffer.removeAll()
        swap(&buffer, &lastReceived)
        if buffer.capacity > 0, received.count < Self.keptCount - 1 { received.append(buffer) }
    }

    /// An empty array with room for a usual answer.
    public mutating func takeSendBuffer() -> [UInt8] {
        var buffer: [UInt8] = []
        swap(&buffer, &lastSent)
        if buffer.capacity > 0 { return buffer }
        if let kept = sent.popLast() { return kept }
        buffer.reserveCapacity(Self.bufferSize)
        return buffer
    }

    /// Gives a send buffer back.
    public mutating func give(_ buffer: consuming [UInt8]) {
        let isUsual = buffer.capacity >= Self.bufferSize && buffer.capacity <= Self.keptCapacity
        guard isUsual else { return }
        if !buffer.isEmpty { buffer.removeAll(keepingCapacity: true) }
        swap(&buffer, &lastSent)
        if buffer.capacity > 0, sent.count < Self.keptCount - 1 { sent.append(buffer) }
    }
}
