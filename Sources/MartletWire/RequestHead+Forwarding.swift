import HTTPTypes

/// What a gateway sends of a request's head to the server behind it.
extension RequestHead {
    /// Appends the authority that the request is for, as it came (RFC 9112 §3.3).
    /// - Returns: false when there is none, or an empty one: nothing is appended.
    package func appendAuthority(to output: inout [UInt8]) -> Bool {
        if let authority = parts.authority {
            output.append(copying: line.span.extracting(authority))
            return true
        }
        guard let host = fields.first(named: "host"), !host.isEmpty else { return false }
        output.append(copying: host)
        return true
    }

    /// Appends the target in origin-form, or `*`, octet for octet as it came (RFC 9112 §3.2.1, RFC 9110 §7.7).
    package func appendOriginForm(to output: inout [UInt8]) {
        switch form {
        case .origin, .asterisk, .authority:
            output.append(copying: line.span.extracting(parts.target))
        case .absolute:
            // OPTIONS without a path is for the whole server (RFC 9112 §3.2.4).
            if method == .options, !hasPath, parts.query == nil { return output.append(UInt8(ascii: "*")) }
            output.append(copying: line.span.extracting(parts.path))
            appendQuery(to: &output)
        }
    }

    /// Appends `?` and the query, if there is one.
    package func appendQuery(to output: inout [UInt8]) {
        guard let query = parts.query else { return }
        output.append(UInt8(ascii: "?"))
        output.append(copying: line.span.extracting(query))
    }

    /// An absolute-form target without a path borrows its slash from before the authority.
    private var hasPath: Bool {
        guard let authority = parts.authority else { return true }
        return parts.path.lowerBound >= authority.upperBound
    }
}
