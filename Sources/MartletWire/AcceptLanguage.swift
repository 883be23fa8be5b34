/// The `Accept-Language` field (RFC 9110 §12.5.4).
public enum AcceptLanguage {
    /// The one of `offered`, language tags such as `de-CH`, that the client wants most; nil when it wants none of them.
    ///
    /// Ranges are tried from the highest weight down, in order among equals, by the lookup of RFC 4647 §3.4: `de-CH-1996`
    /// takes `de-CH-1996`, then `de-CH`, then `de`. Where that finds nothing, by its basic filtering (§3.3.1): `de` takes
    /// `de-AT`, before a range of less weight has its turn. `*` takes the first tag. A tag is out when the longest range
    /// that it begins with has weight 0. Without the field, or when no member of it can be read, the first tag is the best.
    /// Skipped are malformed members, those longer than 64 octets, and all after the first 50.
    public static func best(of offered: [String], in field: Span<UInt8>?) -> String? {
        guard let field else { return offered.first }
        var scanner = ValueScanner(field)
        var ranges: [LanguageRange] = []
        // The bounds keep the work below small, whatever is sent.
        while ranges.count < 50, scanner.nextMember() {
            let start = scanner.position
            if let range = scanner.languageRange(order: ranges.count) {
                ranges.append(range)
            } else {
                scanner.skipMember(from: start)
            }
        }
        if ranges.isEmpty { return offered.first }
        let candidates = offered.filter { tag in
            let longest = ranges.filter { $0.begins(tag) }.max { $0.text.utf8.count < $1.text.utf8.count }
            return longest?.weight != 0
        }
        ranges.sort { ($1.weight, $0.order) < ($0.weight, $1.order) }
        for range in ranges where range.weight > 0 {
            if let tag = range.lookUp(candidates) ?? candidates.first(where: range.begins) { return tag }
        }
        return nil
    }
}

/// `language-range [ weight ]`
private struct LanguageRange {
    /// In lower case.
    let text: String
    let weight: Int
    let order: Int

    /// Basic filtering: the range is the tag, or ends before a hyphen of it.
    func begins(_ tag: String) -> Bool {
        if text == "*" { return true }
        let tag = tag.lowercased()
        return tag == text || tag.hasPrefix(text + "-")
    }

    /// Lookup: the range, shortened subtag by subtag, is the tag. A single letter or digit goes with what followed it.
    func lookUp(_ tags: [String]) -> String? {
        var subtags = text.split(separator: "-")
        while !subtags.isEmpty {
            let shortened = subtags.joined(separator: "-")
            if let tag = tags.first(where: { $0.lowercased() == shortened }) { return tag }
            subtags.removeLast()
            if subtags.last?.utf8.count == 1 { subtags.removeLast() }
        }
        return nil
    }
}

extension ValueScanner {
    /// Steps over one member; nil when it is malformed.
    fileprivate mutating func languageRange(order: Int) -> LanguageRange? {
        let range = token()
        guard range.count <= 64, isLanguageRange(range), let weighted = weightedParameters(),
            weighted.parameters.isEmpty, endsMember()
        else { return nil }
        return LanguageRange(text: lowercasedString(range), weight: weighted.weight, order: order)
    }

    /// `(1*8ALPHA *("-" 1*8alphanum)) / "*"` (RFC 4647 §2.1).
    private func isLanguageRange(_ range: Range<Int>) -> Bool {
        if matches(range, "*") { return true }
        let subtags = range.map { OctetSet.lowercased(bytes[$0]) }
            .split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return subtags.enumerated().allSatisfy { index, subtag in
            (1...8).contains(subtag.count)
                && subtag.allSatisfy { (0x61...0x7A).contains($0) || index > 0 && OctetSet.isDigit($0) }
        }
    }
}
