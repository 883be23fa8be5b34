/// Appends `value` in decimal digits, with a leading `-` when negative; every `Int` is fine. Builds no `String`.
public func appendDecimal(_ value: Int, to output: inout [UInt8]) {
    if value < 0 { output.append(UInt8(ascii: "-")) }
    // The compiler turns a division by a constant into a multiplication, so it is written down here.
    appendDigits(value.magnitude, to: &output) { ($0 / 10, $0 % 10) }
}

/// Appends `value` in lower-case hexadecimal digits, without leading zeros.
func appendHexadecimal(_ value: UInt, to output: inout [UInt8]) {
    appendDigits(value, to: &output) { ($0 >> 4, $0 & 15) }
}

/// Appends the digits that `divide` takes off the end of `value`, one by one.
@inline(__always)
private func appendDigits(
    _ value: UInt,
    to output: inout [UInt8],
    _ divide: (UInt) -> (rest: UInt, digit: UInt)
) {
    // As many as the longest number has in base ten.
    var digits = InlineArray<20, UInt8>(repeating: 0)
    var first = digits.count
    var rest = value
    repeat {
        let (quotient, digit) = divide(rest)
        first -= 1
        digits[first] = UInt8(truncatingIfNeeded: digit) + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
        rest = quotient
    } while rest > 0
    output.append(copying: digits.span.extracting(first...))
}
