/// What stands before a frame's payload (RFC 6455 §5.2).
package struct FrameHead: Equatable, Sendable {
    /// The message ends with this frame.
    package var isFinal: Bool
    /// What the frame is.
    package var opcode: Opcode
    /// The masking key, the first octet highest; nil when the payload is not masked.
    package var mask: UInt32?
    /// Octets of payload.
    package var length: Int
}

/// Reads a frame's head octet by octet and refuses it at the first one that is wrong.
struct FrameHeadParser: Sendable {
    private enum Stage {
        case opcode
        case length
        case extendedLength(missing: Int, first: UInt64)
        case mask(missing: Int)
    }

    /// Whether the peer's frames have to be masked: a client's must be, a server's must not.
    let expectsMask: Bool
    private var stage = Stage.opcode
    private var head = FrameHead(isFinal: false, opcode: .continuation, mask: nil, length: 0)
    private var number: UInt64 = 0

    init(expectsMask: Bool) {
        self.expectsMask = expectsMask
    }

    /// Takes the next octet.
    /// - Returns: the head when it is complete; the next octet then begins another.
    mutating func take(_ octet: UInt8) throws(Violation) -> FrameHead? {
        switch stage {
        case .opcode:
            try takeOpcode(octet)
            stage = .length
            return nil
        case .length:
            return try takeLength(octet)
        case .extendedLength(let missing, let first):
            number = number << 8 | UInt64(octet)
            guard missing == 1 else {
                // Said at once: a client that waits for more room would never send the other seven.
                if missing == 8, octet & 0x80 != 0 { throw .lengthTooLarge }
                stage = .extendedLength(missing: missing - 1, first: first)
                return nil
            }
            guard number >= first else { throw .lengthNotMinimal }
            head.length = Int(clamping: number)
            return endLength()
        case .mask(let missing):
            head.mask = (head.mask ?? 0) << 8 | UInt32(octet)
            guard missing == 1 else {
                stage = .mask(missing: missing - 1)
                return nil
            }
            return end()
        }
    }

    private mutating func takeOpcode(_ octet: UInt8) throws(Violation) {
        guard octet & 0x70 == 0 else { throw .reservedBit }
        guard let opcode = Opcode(rawValue: octet & 0x0F) else { throw .unknownOpcode(octet & 0x0F) }
        head = FrameHead(isFinal: octet & 0x80 != 0, opcode: opcode, mask: nil, length: 0)
        guard head.isFinal || !opcode.isControl else { throw .controlFragmented }
    }

    private mutating func takeLength(_ octet: UInt8) throws(Violation) -> FrameHead? {
        let isMasked = octet & 0x80 != 0
        guard isMasked == expectsMask else { throw isMasked ? .masked : .notMasked }
        let length = octet & 0x7F
        guard length <= 125 || !head.opcode.isControl else { throw .controlTooLong }
        number = 0
        switch length {
        case 126: stage = .extendedLength(missing: 2, first: 126)
        case 127: stage = .extendedLength(missing: 8, first: 65536)
        default:
            head.length = Int(length)
            return endLength()
        }
        return nil
    }

    private mutating func endLength() -> FrameHead? {
        guard expectsMask else { return end() }
        stage = .mask(missing: 4)
        return nil
    }

    private mutating func end() -> FrameHead {
        stage = .opcode
        return head
    }

    /// What is known of the head that has begun; nil before its first octet.
    var begun: FrameHead? {
        if case .opcode = stage { return nil }
        return head
    }
}
