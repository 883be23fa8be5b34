/// The `Accept-Encoding` field (RFC 9110 §12.5.3).
public enum AcceptEncoding {
    /// How much the client wants `coding`, such as `gzip` or `identity` (lower case): from 0 (not acceptable) to 1000.
    ///
    /// `x-gzip` and `x-compress` are `gzip` and `compress`. `*` stands for every coding that is not listed. `identity`,
    /// content as it is, stays acceptable unless `identity;q=0` or `*;q=0` refuses it; when the field lists other
    /// codings only, its weight is 1, so that any of them wins. Without the field, or with an empty one, the answer is 1000
    /// for `identity` and 0 for the rest: RFC 9110 would allow any coding then, but plain content is the safe choice.
    /// Malformed members are skipped.
    public static func quality(of coding: String, in field: Span<UInt8>?) -> Int {
        let isIdentity = coding == "identity"
        guard let field else { return isIdentity ? 1000 : 0 }
        var scanner = ValueScanner(field)
        var wildcard: Int?
        var isEmpty = true
        while scanner.nextMember() {
            let start = scanner.position
            let name = scanner.token()
            guard !name.isEmpty, let weighted = scanner.weightedParameters(), scanner.endsMember() else {
                scanner.skipMember(from: start)
                continue
            }
            isEmpty = false
            if scanner.isCoding(name, coding) { return weighted.weight }
            if wildcard == nil, scanner.matches(name, "*") { wildcard = weighted.weight }
        }
        if let wildcard { return wildcard }
        guard isIdentity else { return 0 }
        return isEmpty ? 1000 : 1
    }
}

extension ValueScanner {
    fileprivate func isCoding(_ name: Range<Int>, _ coding: String) -> Bool {
        if bytes.extracting(name).equals(ignoringCase: coding) { return true }
        switch coding {
        case "gzip": return matches(name, "x-gzip")
        case "compress": return matches(name, "x-compress")
        case "x-gzip": return matches(name, "gzip")
        case "x-compress": return matches(name, "compress")
        default: return false
        }
    }
}
