/// Octets as text that may stand in URLs and file names: base64url without padding (RFC 4648 §5).
enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func encode(_ octets: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((octets.count * 4 + 2) / 3)
        var held: UInt32 = 0
        var bits: UInt32 = 0
        for octet in octets {
            held = held << 8 | UInt32(octet)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(alphabet[Int(held >> bits & 63)])
            }
            held &= (1 << bits) - 1
        }
        if bits > 0 { text.append(alphabet[Int(held << (6 - bits) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The octets; nil for what `encode` does not make.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var octets: [UInt8] = []
        var held: UInt32 = 0
        var bits: UInt32 = 0
        for character in text.utf8 {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            held = held << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                octets.append(UInt8(truncatingIfNeeded: held >> bits))
                held &= (1 << bits) - 1
            }
        }
        return bits < 6 && held == 0 ? octets : nil
    }

    /// Whether `text` has `count` of the alphabet's characters and nothing else.
    static func isText(_ text: some StringProtocol, count: Int) -> Bool {
        text.utf8.count == count && text.utf8.allSatisfy(alphabet.contains)
    }
}
