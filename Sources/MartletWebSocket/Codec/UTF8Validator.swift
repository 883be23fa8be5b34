/// Checks text that comes in pieces, cut anywhere, and finds fault at the first octet that no valid text can have there
/// (RFC 3629 §4: no overlong forms, no surrogates, nothing beyond U+10FFFF).
package struct UTF8Validator: Sendable {
    /// Octets missing of the character that has begun.
    private var missing = 0
    /// What the next of them may be.
    private var allowed: ClosedRange<UInt8> = 0x80...0xBF

    /// Begins a text.
    package init() {}

    /// True between two characters: the text may end here.
    package var isComplete: Bool { missing == 0 }

    /// Takes the next octets.
    /// - Returns: false when the text is not valid, whatever may follow.
    package mutating func accept(_ octets: Span<UInt8>) -> Bool {
        for index in octets.indices {
            let octet = octets[index]
            if missing == 0 {
                if octet >= 0x80, !begin(octet) { return false }
            } else {
                guard allowed.contains(octet) else { return false }
                missing -= 1
                allowed = 0x80...0xBF
            }
        }
        return true
    }

    private mutating func begin(_ octet: UInt8) -> Bool {
        switch octet {
        case 0xC2...0xDF: missing = 1
        case 0xE0: (missing, allowed) = (2, 0xA0...0xBF)
        case 0xE1...0xEC, 0xEE, 0xEF: missing = 2
        case 0xED: (missing, allowed) = (2, 0x80...0x9F)
        case 0xF0: (missing, allowed) = (3, 0x90...0xBF)
        case 0xF1...0xF3: missing = 3
        case 0xF4: (missing, allowed) = (3, 0x80...0x8F)
        default: return false
        }
        return true
    }
}
