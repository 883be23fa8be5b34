/// The grammar of an IPv6 address in a URI (`IPv6address`, RFC 3986 §3.2.2): no zone, no brackets.
enum IPv6Syntax {
    /// Whether `bytes` is an IPv6 address: eight groups of one to four hex digits, of which one `::` may stand for one
    /// or more, and an IPv4 address for the last two.
    static func matches(_ bytes: Span<UInt8>) -> Bool {
        var groups = 0
        var isShortened = false
        var index = 0
        if bytes.count >= 2, bytes[0] == UInt8(ascii: ":"), bytes[1] == UInt8(ascii: ":") {
            isShortened = true
            index = 2
        }
        while index < bytes.count {
            var end = index
            while end < bytes.count, end - index < 4, OctetSet.hexValue(bytes[end]) != nil {
                end += 1
            }
            if end < bytes.count, bytes[end] == UInt8(ascii: ".") {
                guard matchesIPv4(bytes.extracting(index..<bytes.count)) else { return false }
                groups += 2
                break
            }
            guard end > index else { return false }
            groups += 1
            if end == bytes.count { break }
            guard bytes[end] == UInt8(ascii: ":"), end + 1 < bytes.count else { return false }
            index = end + 1
            if bytes[index] == UInt8(ascii: ":") {
                guard !isShortened else { return false }
                isShortened = true
                index += 1
            }
            guard groups <= 8 else { return false }
        }
        return isShortened ? groups <= 7 : groups == 8
    }

    /// Whether `bytes` is four decimal numbers of 0 to 255 without leading zeros.
    private static func matchesIPv4(_ bytes: Span<UInt8>) -> Bool {
        var numbers = 0
        var index = 0
        while true {
            let start = index
            var number = 0
            while index < bytes.count, index - start < 3, OctetSet.isDigit(bytes[index]) {
                number = number * 10 + Int(bytes[index] - 0x30)
                index += 1
            }
            guard index > start, number <= 255 else { return false }
            guard index - start == 1 || bytes[start] != UInt8(ascii: "0") else { return false }
            numbers += 1
            if index == bytes.count { return numbers == 4 }
            guard bytes[index] == UInt8(ascii: "."), numbers < 4 else { return false }
            index += 1
        }
    }
}
