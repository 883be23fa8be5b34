import MartletWire

/// Numbers as text, straight into bytes.
extension [UInt8] {
    /// Appends a number in decimal with a comma before every third digit from the end: `25,000`.
    mutating func appendGrouped(_ number: Int) {
        var digits: [UInt8] = []
        appendDecimal(number, to: &digits)
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) {
                append(UInt8(ascii: ","))
            }
            append(digit)
        }
    }

    /// Appends two upper-case hexadecimal digits.
    mutating func appendHex(_ byte: UInt8) {
        append(Self.hexDigit(byte >> 4))
        append(Self.hexDigit(byte & 0xF))
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") - 10 + value
    }
}
