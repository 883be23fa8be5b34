/// Appends `value` in decimal digits, with a leading `-` when negative; every `Int` is fine. Builds no `String`.
public func appendDecimal(_ value: Int, to output: inout [UInt8]) {
    if value < 0 { output.append(UInt8(ascii: "-")) }
    appendDigits(value.magnitude, radix: 10, to: &output)
}

/// Appends `value` in lower-case digits of `radix` (2 to 16), without leading zeros.
func appendDigits(_ value: UInt, radix: UInt, to output: inout [UInt8]) {
    var count = 1
    var rest = value / radix
    while rest > 0 {
        count += 1
        rest /= radix
    }
    let start = output.count
    output.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: count))
    rest = value
    for index in stride(from: start + count - 1, through: start, by: -1) {
        let digit = UInt8(truncatingIfNeeded: rest % radix)
        output[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + (digit - 10)
        rest /= radix
    }
}
