/// Numbers as text, straight into bytes.
extension [UInt8] {
    /// Appends a number in decimal.
    mutating func appendDecimal(_ number: Int) {
        if number < 0 {
            append(UInt8(ascii: "-"))
        }
        let start = count
        var rest = number.magnitude
        repeat {
            append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        self[start...].reverse()
    }

    /// Appends a number in decimal with a comma before every third digit from the end: `25,000`.
    mutating func appendGrouped(_ number: Int) {
        var digits: [UInt8] = []
        digits.appendDecimal(number)
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
