import MartletWire

/// The words of an indexed query, which a script gets as arguments (RFC 3875 §4.4).
enum SearchWords {
    /// The words of a query without an unencoded "="; none at all if one of them cannot be an argument.
    static func words(of query: String?) -> [[UInt8]] {
        guard let query, !query.isEmpty, !query.utf8.contains(UInt8(ascii: "=")) else { return [] }
        var words: [[UInt8]] = []
        for part in query.utf8.split(separator: UInt8(ascii: "+"), omittingEmptySubsequences: false) {
            guard !part.isEmpty, let word = PercentEncoding.decode(Array(part).span), !word.contains(0) else {
                return []
            }
            words.append(escaped(word))
        }
        return words
    }

    /// The word with a backslash before each character that means something to a shell (§7.2): no shell is called here, but
    /// a script may be careless.
    private static func escaped(_ word: [UInt8]) -> [UInt8] {
        var escaped: [UInt8] = []
        escaped.reserveCapacity(word.count)
        for octet in word {
            if active.contains(octet) { escaped.append(UInt8(ascii: "\\")) }
            escaped.append(octet)
        }
        return escaped
    }

    private static let active = Set("&;`'\"|*?~<>^()[]{}$\\\n#".utf8)
}
