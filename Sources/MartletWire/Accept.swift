/// The `Accept` field (RFC 9110 §12.5.1).
public enum Accept {
    /// How much the client wants `mediaType`: from 0 (not acceptable) to 1000.
    ///
    /// The most specific media range that matches decides: the one with most parameters, then `type/subtype`, then
    /// `type/*`, then `*/*`; among equals the highest weight. Nothing that matches means 0. Without the field, or when
    /// no member of it can be read, the client has no preference: 1000. Malformed members are skipped.
    public static func quality(of mediaType: MediaType, in accept: Span<UInt8>?) -> Int {
        guard let accept else { return 1000 }
        var scanner = ValueScanner(accept)
        var best: (specificity: Int, weight: Int)?
        var isEmpty = true
        while scanner.nextMember() {
            let start = scanner.position
            guard let member = scanner.mediaRange() else {
                scanner.skipMember(from: start)
                continue
            }
            isEmpty = false
            guard let specificity = member.specificity(for: mediaType) else { continue }
            if (specificity, member.weight) > (best?.specificity ?? -1, best?.weight ?? -1) {
                best = (specificity, member.weight)
            }
        }
        return best?.weight ?? (isEmpty ? 1000 : 0)
    }
}

/// `media-range [ weight ]`
private struct MediaRange {
    var type: String
    var subtype: String
    var parameters: [MediaType.Parameter]
    var weight: Int

    /// 0 for `*/*` to 3 and up for parameters; nil when `mediaType` is not in the range.
    func specificity(for mediaType: MediaType) -> Int? {
        guard type == "*" || type == mediaType.type, subtype == "*" || subtype == mediaType.subtype else { return nil }
        for parameter in parameters where !mediaType.has(parameter) { return nil }
        let base = type == "*" ? 0 : subtype == "*" ? 1 : 2
        return base + (parameters.isEmpty ? 0 : 3 + parameters.count)
    }
}

extension MediaType {
    /// Whether the type has `parameter`; a charset is compared without case (RFC 9110 §8.3.2).
    fileprivate func has(_ parameter: Parameter) -> Bool {
        parameters.contains { own in
            own == parameter
                || own.name == "charset" && parameter.name == "charset"
                    && own.value.lowercased() == parameter.value.lowercased()
        }
    }
}

extension ValueScanner {
    /// Steps over one member of `Accept`; nil when it is malformed.
    fileprivate mutating func mediaRange() -> MediaRange? {
        let type = token()
        guard !type.isEmpty else { return nil }
        var subtype = type
        if consume(UInt8(ascii: "/")) {
            subtype = token()
            guard !subtype.isEmpty else { return nil }
        } else if !matches(type, "*") {
            // Java clients have sent a bare "*" for "*/*" for decades; nothing else may go without a subtype.
            return nil
        }
        if matches(type, "*"), !matches(subtype, "*") { return nil }
        guard let weighted = weightedParameters(), endsMember() else { return nil }
        return MediaRange(
            type: lowercasedString(type),
            subtype: lowercasedString(subtype),
            parameters: weighted.parameters,
            weight: weighted.weight
        )
    }

    /// Steps over parameters and takes the weight, wherever it stands, out of them; nil when something is malformed.
    mutating func weightedParameters() -> (parameters: [MediaType.Parameter], weight: Int)? {
        guard var parameters = parameters() else { return nil }
        guard let index = parameters.firstIndex(where: { $0.name == "q" }) else { return (parameters, 1000) }
        guard let weight = Self.weight(parameters[index].value) else { return nil }
        parameters.removeAll { $0.name == "q" }
        return (parameters, weight)
    }

    /// A qvalue (RFC 9110 §12.4.2) in thousandths. The digit before the dot may be missing, as in Java's `q=.2`.
    private static func weight(_ text: String) -> Int? {
        let octets = Array(text.utf8)
        let dot = octets.firstIndex(of: UInt8(ascii: ".")) ?? octets.count
        let whole = octets[..<dot]
        let decimals = octets[min(dot + 1, octets.count)...]
        guard whole.count == 1 || whole.isEmpty && !decimals.isEmpty, decimals.count <= 3 else { return nil }
        var weight = 0
        for octet in whole.isEmpty ? [UInt8(ascii: "0")] + decimals : whole + decimals {
            guard OctetSet.isDigit(octet) else { return nil }
            weight = weight * 10 + Int(octet - UInt8(ascii: "0"))
        }
        for _ in decimals.count..<3 { weight *= 10 }
        return weight <= 1000 ? weight : nil
    }
}
