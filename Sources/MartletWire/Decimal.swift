/// Appends `value` in decimal digits, with a leading `-` when negative; every `Int` is fine. Builds no `String`.
public func appendDecimal(_ value: Int, to output: inout [UInt8]) {
    if value < 0 { output.append(UInt8(ascii: "-")) }
    var power: UInt = 1
    let magnitude = value.magnitude
    while magnitude / power >= 10 { power *= 10 }
    while power > 0 {
        output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude / power % 10))
        power /= 10
    }
}

/// Appends `value` in lower-case hexadecimal digits, without leading zeros.
func appendHexadecimal(_ value: UInt, to output: inout [UInt8]) {
    let digits = Swift.max(1, (UInt.bitWidth - value.leadingZeroBitCount + 3) / 4)
    for index in (0..<digits).reversed() {
        let digit = UInt8(truncatingIfNeeded: value >> UInt(4 * index)) & 15
        output.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + (digit - 10))
    }
}
