/// Writes frames, each a whole message or control frame, with lengths in their shortest form (RFC 6455 §5.2).
package enum FrameWriter {
    /// A frame.
    /// - Parameters:
    ///   - isFinal: false for all but the last frame of a fragmented message.
    ///   - mask: a client's key, the first octet highest; nil for a server, which must not mask.
    package static func frame(
        _ opcode: Opcode,
        _ payload: [UInt8],
        isFinal: Bool = true,
        mask: UInt32? = nil
    ) -> [UInt8] {
        var frame: [UInt8] = []
        frame.reserveCapacity(payload.count + 14)
        frame.append((isFinal ? 0x80 : 0) | opcode.rawValue)
        let maskBit: UInt8 = mask == nil ? 0 : 0x80
        switch payload.count {
        case ...125:
            frame.append(maskBit | UInt8(payload.count))
        case ...0xFFFF:
            frame.append(maskBit | 126)
            append(UInt64(payload.count), octets: 2, to: &frame)
        default:
            frame.append(maskBit | 127)
            append(UInt64(payload.count), octets: 8, to: &frame)
        }
        guard let mask else {
            frame += payload
            return frame
        }
        append(UInt64(mask), octets: 4, to: &frame)
        Masking.append(payload.span, key: mask, at: 0, to: &frame)
        return frame
    }

    /// The payload of a Close frame: empty without a code. The reason is cut between two characters where it does not
    /// fit, at 123 octets (RFC 6455 §5.5).
    package static func closePayload(code: UInt16?, reason: String) -> [UInt8] {
        guard let code else { return [] }
        var payload: [UInt8] = []
        append(UInt64(code), octets: 2, to: &payload)
        for scalar in reason.unicodeScalars {
            let octets = UTF8.encode(scalar).map { Array($0) } ?? []
            guard payload.count + octets.count <= 125 else { break }
            payload += octets
        }
        return payload
    }

    private static func append(_ number: UInt64, octets: Int, to frame: inout [UInt8]) {
        for index in (0..<octets).reversed() { frame.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * index))) }
    }
}
