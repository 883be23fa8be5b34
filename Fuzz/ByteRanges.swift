import MartletWire

/// Two octets choose the length, one the limit; the rest is the field.
func fuzz(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let number = input.number()
    let length = number == 0xFFFF ? Int.max : number
    let limit = Int(input.octet() & 31)
    let field = input.remainder()
    guard case .ranges(let ranges) = ByteRanges.evaluate(field.span, length: length, limit: limit) else { return }
    check(!ranges.isEmpty && ranges.count <= limit, "\(ranges.count) ranges, limit \(limit)")
    for range in ranges {
        check(!range.isEmpty && range.lowerBound >= 0 && range.upperBound <= length, "\(range) of \(length)")
    }
    let sorted = ranges.sorted { $0.lowerBound < $1.lowerBound }
    for (first, second) in zip(sorted, sorted.dropFirst()) {
        check(second.lowerBound - first.upperBound >= 80, "\(first) and \(second) are too near")
    }
    let spelt = "bytes=" + ranges.map { "\($0.lowerBound)-\($0.upperBound - 1)" }.joined(separator: ",")
    let again = ByteRanges.evaluate(Array(spelt.utf8).span, length: length, limit: limit)
    check(again == .ranges(ranges), "\(spelt) became \(again)")
}
