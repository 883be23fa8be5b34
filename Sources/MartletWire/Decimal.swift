/// Octets that a number in decimal digits takes, at most: 19 digits and the sign.
private let longestDecimal = 20

/// Appends `value` in decimal digits, with a leading `-` when negative; every `Int` is fine. Builds no `String`.
public func appendDecimal(_ value: Int, to output: inout [UInt8]) {
    output.append(addingCapacity: longestDecimal) { appendDecimal(value, to: &$0) }
}

/// As the other; `output` must have room for 20 octets.
func appendDecimal(_ value: Int, to output: inout OutputSpan<UInt8>) {
    if value < 0 { output.append(UInt8(ascii: "-")) }
    // The lowest digit comes first, so they are turned round in place.
    let start = output.count
    var rest = value.magnitude
    repeat {
        output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
        rest /= 10
    } while rest > 0
    var digits = output.mutableSpan
    var (first, last) = (start, digits.count - 1)
    while first < last {
        digits.swapAt(first, last)
        first += 1
        last -= 1
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
