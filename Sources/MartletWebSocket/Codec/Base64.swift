/// Base64 with padding (RFC 4648 §4), as far as a handshake needs it: written here for the reason given at `SHA1`.
package enum Base64 {
    /// `octets` in base64.
    package static func encode(_ octets: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: octets.count, by: 3) {
            let group = octets[start..<min(start + 3, octets.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for position in 0..<4 {
                let value = UInt8(truncatingIfNeeded: bits >> UInt32(18 - 6 * position)) & 0x3F
                text.append(position <= group.count ? character(value) : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether `text` is the base64 of 16 octets, as the key of a handshake has to be (RFC 6455 §4.2.1): 22 characters
    /// of the alphabet and two of padding, the unused bits zero (RFC 4648 §3.5).
    package static func isSixteenOctets(_ text: String) -> Bool {
        let text = Array(text.utf8)
        guard text.count == 24, text[22...].allSatisfy({ $0 == UInt8(ascii: "=") }) else { return false }
        let values = text[..<22].compactMap(value)
        return values.count == 22 && values[21] & 0x0F == 0
    }

    private static func character(_ value: UInt8) -> UInt8 {
        switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + (value - 26)
        case 52..<62: UInt8(ascii: "0") + (value - 52)
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }

    private static func value(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
