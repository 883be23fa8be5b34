/// Base64 (RFC 4648), in either alphabet: one text for each octets, and no other is read.
package enum Base64 {
    /// What octets are written with.
    package enum Alphabet: Sendable {
        /// With `+` and `/`, and padding (§4).
        case standard
        /// With `-` and `_`, for URLs and file names, and without padding (§5, §3.2).
        case url

        fileprivate var last: (UInt8, UInt8) {
            switch self {
            case .standard: (UInt8(ascii: "+"), UInt8(ascii: "/"))
            case .url: (UInt8(ascii: "-"), UInt8(ascii: "_"))
            }
        }

        fileprivate func character(_ value: UInt8) -> UInt8 {
            switch value {
            case 0..<26: UInt8(ascii: "A") + value
            case 26..<52: UInt8(ascii: "a") + (value - 26)
            case 52..<62: UInt8(ascii: "0") + (value - 52)
            case 62: last.0
            default: last.1
            }
        }

        fileprivate func value(_ character: UInt8) -> UInt8? {
            switch character {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
            case last.0: 62
            case last.1: 63
            default: nil
            }
        }

        /// Where what is no padding ends; nil: the padding is not as it should be, or no octets take so many characters.
        fileprivate func end(of text: Span<UInt8>) -> Int? {
            switch self {
            case .url: return text.count % 4 == 1 ? nil : text.count
            case .standard:
                guard text.count % 4 == 0 else { return nil }
                var end = text.count
                while end > 0, text.count - end < 2, text[end - 1] == UInt8(ascii: "=") { end -= 1 }
                return end
            }
        }
    }

    /// `octets` in base64.
    package static func encode(_ octets: [UInt8], as alphabet: Alphabet = .standard) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((octets.count + 2) / 3 * 4)
        for start in stride(from: 0, to: octets.count, by: 3) {
            let group = octets[start..<min(start + 3, octets.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for position in 0...group.count {
                text.append(alphabet.character(UInt8(truncatingIfNeeded: bits >> UInt32(18 - 6 * position)) & 0x3F))
            }
            if alphabet == .standard { for _ in group.count..<3 { text.append(UInt8(ascii: "=")) } }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The octets that `text` is the base64 of; nil when it is none: a character outside the alphabet, white space too,
    /// padding that is missing or too much, bits that are not used and not zero (§3.5).
    package static func decode(_ text: Span<UInt8>, as alphabet: Alphabet = .standard) -> [UInt8]? {
        guard let end = alphabet.end(of: text) else { return nil }
        var octets: [UInt8] = []
        octets.reserveCapacity(text.count / 4 * 3 + 2)
        var bits = UInt32(0)
        var count = 0
        for index in 0..<end {
            guard let value = alphabet.value(text[index]) else { return nil }
            bits = (bits & 0xFF) << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                octets.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        guard bits & (1 << UInt32(count) - 1) == 0 else { return nil }
        return octets
    }

    /// The octets that `text` is the base64 of, as the other has it.
    package static func decode(_ text: some StringProtocol, as alphabet: Alphabet = .standard) -> [UInt8]? {
        decode(Array(text.utf8).span, as: alphabet)
    }
}
