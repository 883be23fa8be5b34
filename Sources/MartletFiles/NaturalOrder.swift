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
                let run = digits(of: first, from: i)
                let otherRun = digits(of: second, from: j)
                let difference = compareNumbers(first, run, second, otherRun)
                if difference != 0 {
                    return difference
                }
                i = run.upperBound
                j = otherRun.upperBound
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

    /// The digits from `start` on, leading zeros left out.
    private static func digits(of name: Span<UInt8>, from start: Int) -> Range<Int> {
        var end = start
        while end < name.count, isDigit(name[end]) {
            end += 1
        }
        var first = start
        while first < end, name[first] == UInt8(ascii: "0") {
            first += 1
        }
        return first..<end
    }

    /// The longer number is the greater one; of two equally long ones the first different digit decides.
    private static func compareNumbers(
        _ first: Span<UInt8>,
        _ run: Range<Int>,
        _ second: Span<UInt8>,
        _ otherRun: Range<Int>
    ) -> Int {
        if run.count != otherRun.count {
            return run.count - otherRun.count
        }
        for offset in 0..<run.count {
            let difference = Int(first[run.lowerBound + offset]) - Int(second[otherRun.lowerBound + offset])
            if difference != 0 {
                return difference
            }
        }
        return 0
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
