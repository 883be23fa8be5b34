/// The exclusive-or that hides a client's payload from what reads along on the way (RFC 6455 §5.3).
package enum Masking {
    /// Appends `bytes`, masked or unmasked.
    /// - Parameters:
    ///   - key: the first octet highest; nil copies.
    ///   - position: where in the payload `bytes` begin.
    package static func append(_ bytes: Span<UInt8>, key: UInt32?, at position: Int, to output: inout [UInt8]) {
        output.reserveCapacity(roomFor: bytes.count)
        guard let key else {
            for index in bytes.indices { output.append(bytes[index]) }
            return
        }
        // Turned so that its top meets the first of `bytes`.
        let turn = UInt32(position & 3) * 8
        let turned = turn == 0 ? key : key << turn | key >> (32 - turn)
        let (first, second) = (UInt8(truncatingIfNeeded: turned >> 24), UInt8(truncatingIfNeeded: turned >> 16))
        let (third, fourth) = (UInt8(truncatingIfNeeded: turned >> 8), UInt8(truncatingIfNeeded: turned))
        var index = 0
        while index + 4 <= bytes.count {
            output.append(bytes[index] ^ first)
            output.append(bytes[index + 1] ^ second)
            output.append(bytes[index + 2] ^ third)
            output.append(bytes[index + 3] ^ fourth)
            index += 4
        }
        var shift: UInt32 = 24
        while index < bytes.count {
            output.append(bytes[index] ^ UInt8(truncatingIfNeeded: turned >> shift))
            index += 1
            shift &-= 8
        }
    }
}

extension [UInt8] {
    /// Makes room for so many more, growing by doubling as `append` does: many small pieces must not each copy the whole.
    fileprivate mutating func reserveCapacity(roomFor count: Int) {
        let needed = self.count + count
        if needed > capacity { reserveCapacity(Swift.max(needed, 2 * capacity)) }
    }
}
