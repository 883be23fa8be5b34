/// The `Range` field with the `bytes` unit (RFC 9110 §14.1.2, §14.2).
public enum ByteRanges {
    /// What to send.
    public enum Result: Sendable, Equatable {
        /// Ignore the field and send everything: 200.
        case whole
        /// No range overlaps the representation: 416.
        case unsatisfiable
        /// Send these octets: 206. At least one range, none empty, none overlapping, all within the representation, in
        /// the order of the request.
        case ranges([Range<Int>])
    }

    /// The most range-specs looked at in one field.
    static let maximumSpecifications = 200
    /// What the header section of one more part costs, in octets: nearer ranges are sent as one (RFC 9110 §15.3.7.2).
    static let partOverhead = 80

    /// Evaluates the value of a `Range` field against a representation of `length` octets. Whether the method is GET
    /// and `If-Range` holds is for the caller to check.
    ///
    /// Ranges that overlap, touch or lie less than 80 octets apart are merged into the earlier place. The field is
    /// ignored when its unit is unknown, when a member is malformed, when it has more than 200 members, or when more
    /// than `limit` ranges remain. A range that no representation could satisfy is left out. On an empty
    /// representation a suffix range is satisfiable but has no Content-Range to say so, thus `whole`.
    public static func evaluate(_ range: Span<UInt8>, length: Int, limit: Int = 16) -> Result {
        guard range.count >= 6, range.extracting(0..<6).equals(anyCaseOf: "bytes=") else { return .whole }
        var scanner = ValueScanner(range)
        scanner.position = 6

        var ranges: [Range<Int>] = []
        var count = 0
        var selectsNothing = false
        while scanner.nextMember() {
            count += 1
            guard count <= maximumSpecifications, let specification = Specification(&scanner) else { return .whole }
            switch specification.selection(in: length) {
            case .some(let selected) where selected.isEmpty: selectsNothing = true
            case .some(let selected): merge(selected, into: &ranges)
            case nil: break
            }
        }
        if count == 0 || ranges.count > limit { return .whole }
        if ranges.isEmpty { return selectsNothing ? .whole : .unsatisfiable }
        return .ranges(ranges)
    }

    /// Adds `range`, joined with every range that it overlaps or nearly touches. The ranges already there are too far
    /// apart from each other to join, and so is the outcome from the rest: one pass is enough.
    private static func merge(_ range: Range<Int>, into ranges: inout [Range<Int>]) {
        if ranges.isEmpty {
            // Room at once for as many as clients ask for.
            ranges.reserveCapacity(4)
            return ranges.append(range)
        }
        var joined = range
        var place = ranges.count
        for (index, other) in ranges.enumerated() where isNear(range, other) {
            joined = min(joined.lowerBound, other.lowerBound)..<max(joined.upperBound, other.upperBound)
            place = min(place, index)
        }
        guard place < ranges.count else { return ranges.append(range) }
        ranges[place] = joined
        var index = 0
        ranges.removeAll { other in
            defer { index += 1 }
            return index > place && isNear(range, other)
        }
    }

    private static func isNear(_ first: Range<Int>, _ second: Range<Int>) -> Bool {
        max(first.lowerBound, second.lowerBound) - min(first.upperBound, second.upperBound) < partOverhead
    }
}

/// One range-spec (RFC 9110 §14.1.1). Numbers too large for `Int` count as `Int.max`.
private enum Specification {
    case from(Int, through: Int?)
    case suffix(Int)

    /// Reads one member of the range-set; nil when it is malformed.
    init?(_ scanner: inout ValueScanner) {
        let first = scanner.decimal()
        guard scanner.consume(UInt8(ascii: "-")) else { return nil }
        let last = scanner.decimal()
        guard scanner.endsMember() else { return nil }
        switch (first, last) {
        case (let first?, let last?) where last < first: return nil
        case (let first?, let last): self = .from(first, through: last)
        case (nil, let last?): self = .suffix(last)
        case (nil, nil): return nil
        }
    }

    /// The octets it selects; nil when it is not satisfiable, empty only in an empty representation.
    func selection(in length: Int) -> Range<Int>? {
        switch self {
        case .from(let first, let last):
            guard first < length else { return nil }
            // `last` is at least `first`, and below `length` once clipped: adding one cannot overflow.
            return first..<(min(last ?? length, length - 1) + 1)
        case .suffix(let count):
            guard count > 0, length >= 0 else { return nil }
            return max(0, length - count)..<length
        }
    }
}
