/// The order of names that people expect: `file2` before `File10`.
///
/// Runs of ASCII digits compare as numbers of any length and ASCII letters without regard to case. Names that are equal
/// by that (`a01` and `A1`) are in the order of their bytes, so the order is total: no two different names are equal.
enum NaturalOrder {
    /// Less than, equal to or greater than 0 as `first` comes before, is or comes after `second`.
    static func compare(_ first: Span<UInt8>, _ second: Span<UInt8>) -> Int {
        // Names in a folder often begin alike: what is the same is passed over, but for the digits of a number that goes on.
        var i = 0
        while i < first.count, i < second.count, first[i] == second[i] { i += 1 }
        while i > 0, isDigit(first[i - 1]) { i -= 1 }
        var j = i
        while i < first.count, j < second.count {
            if isDigit(first[i]), isDigit(second[j]) {
                let difference = compareNumbers(first, &i, second, &j)
                if difference != 0 {
                    return difference
                }
            } else {
                let difference = Int(lowercased(first[i])) - Int(lowercased(second[j]))
                if difference != 0 {
                    return difference
                }
                i += 1
                j += 1
            }
        }
        let difference = (first.count - i) - (second.count - j)
        return difference != 0 ? difference : compareBytes(first, second)
    }

    /// Passes over a number in each name. Leading zeros left out, the longer one is the greater; of two equally long ones
    /// the first different digit decides.
    @inline(__always)
    private static func compareNumbers(
        _ first: Span<UInt8>,
        _ i: inout Int,
        _ second: Span<UInt8>,
        _ j: inout Int
    ) -> Int {
        while i < first.count, first[i] == UInt8(ascii: "0") { i += 1 }
        while j < second.count, second[j] == UInt8(ascii: "0") { j += 1 }
        var difference = 0
        while true {
            switch (i < first.count && isDigit(first[i]), j < second.count && isDigit(second[j])) {
            case (true, true):
                if difference == 0 { difference = Int(first[i]) - Int(second[j]) }
                i += 1
                j += 1
            case (true, false): return 1
            case (false, true): return -1
            case (false, false): return difference
            }
        }
    }

    private static func compareBytes(_ first: Span<UInt8>, _ second: Span<UInt8>) -> Int {
        for index in 0..<min(first.count, second.count) where first[index] != second[index] {
            return Int(first[index]) - Int(second[index])
        }
        return first.count - second.count
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
    }
}
