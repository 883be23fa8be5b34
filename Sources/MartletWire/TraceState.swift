/// The syntax of `tracestate` (W3C Trace Context §3.3.1): up to 32 members `key=value`, no key twice.
enum TraceState {
    /// Members that a list may have (§3.3.1.1).
    private static let limit = 32
    /// Octets of a key or a value (§3.3.1.3).
    private static let longest = 256

    /// Whether a value is well-formed and says something.
    static func isValid(_ value: Span<UInt8>) -> Bool {
        var keys: [Range<Int>] = []
        var start = 0
        while start <= value.count {
            var end = start
            while end < value.count, value[end] != UInt8(ascii: ",") { end += 1 }
            let member = trimmed(value, start..<end)
            start = end + 1
            if member.isEmpty { continue }  // Allowed, and means nothing.
            guard keys.count < limit, let key = key(of: value.extracting(member)) else { return false }
            let range = member.lowerBound..<member.lowerBound + key
            guard !keys.contains(where: { isSame(value, $0, range) }) else { return false }
            keys.append(range)
        }
        return !keys.isEmpty
    }

    private static func trimmed(_ value: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, OctetSet.isWhitespace(value[start]) { start += 1 }
        while start < end, OctetSet.isWhitespace(value[end - 1]) { end -= 1 }
        return start..<end
    }

    /// How long the key of a member is; nil when the member is malformed.
    private static func key(of member: Span<UInt8>) -> Int? {
        var length = 0
        var system: Int?
        while length < member.count, member[length] != UInt8(ascii: "=") {
            let octet = member[length]
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): break
            // A key begins with a letter, one of several tenants with a digit too (§3.3.1.3.1).
            case UInt8(ascii: "0")...UInt8(ascii: "9"): if system == length { return nil }
            case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "/"):
                if length == 0 || system == length { return nil }
            case UInt8(ascii: "@"):
                guard system == nil, (1...241).contains(length) else { return nil }
                system = length + 1
            default: return nil
            }
            length += 1
        }
        guard (1...longest).contains(length), length < member.count else { return nil }
        if let system {
            guard (1...14).contains(length - system) else { return nil }
        } else if OctetSet.isDigit(member[0]) {
            return nil
        }
        let value = member.extracting(length + 1..<member.count)
        guard (1...longest).contains(value.count) else { return nil }
        for index in value.indices {
            guard (0x20...0x7E).contains(value[index]), value[index] != UInt8(ascii: "=") else { return nil }
        }
        return length
    }

    private static func isSame(_ value: Span<UInt8>, _ one: Range<Int>, _ other: Range<Int>) -> Bool {
        guard one.count == other.count else { return false }
        for offset in 0..<one.count where value[one.lowerBound + offset] != value[other.lowerBound + offset] {
            return false
        }
        return true
    }
}
