/// One character of UTF-8 among bytes that may be anything (RFC 3629).
enum UTF8Sequence {
    /// The character that begins at `start`, which must be in the span, and the number of its bytes.
    ///
    /// - Returns: `nil` where the byte begins no well-formed sequence: a stray or missing continuation byte, an overlong
    ///   form, a surrogate, or a value above U+10FFFF.
    static func decode(_ bytes: Span<UInt8>, at start: Int) -> (scalar: UInt32, count: Int)? {
        let lead = bytes[start]
        let count: Int
        let least: UInt32
        var scalar: UInt32
        switch lead {
        case 0..<0x80: return (UInt32(lead), 1)
        case 0xC2..<0xE0: (count, least, scalar) = (2, 0x80, UInt32(lead & 0x1F))
        case 0xE0..<0xF0: (count, least, scalar) = (3, 0x800, UInt32(lead & 0x0F))
        case 0xF0..<0xF5: (count, least, scalar) = (4, 0x10000, UInt32(lead & 0x07))
        default: return nil
        }
        guard bytes.count - start >= count else {
            return nil
        }
        for index in (start + 1)..<(start + count) {
            guard bytes[index] & 0xC0 == 0x80 else {
                return nil
            }
            scalar = scalar << 6 | UInt32(bytes[index] & 0x3F)
        }
        guard scalar >= least, scalar <= 0x10FFFF, !(0xD800..<0xE000).contains(scalar) else {
            return nil
        }
        return (scalar, count)
    }
}
