import MartletWire

/// The hosts of a group of routes: one by name, or with `:name` or `*` in the place of the first label, all that have
/// exactly one label more than the rest.
struct HostPattern: Sendable {
    /// As it was written.
    let text: String
    /// The parameter for the first label.
    let name: String?
    /// The host, in lower case; of a pattern with a first label that varies, what follows it, with its dot.
    private let fixed: String
    let hasAnyLabel: Bool

    init(_ text: String) throws(RoutingError) {
        self.text = text
        let dot = text.firstIndex(of: ".") ?? text.endIndex
        let label = text[..<dot]
        var rest = text[...]
        switch label.first {
        case ":":
            name = String(label.dropFirst())
            hasAnyLabel = true
        case "*":
            guard label == "*" else { throw .invalidHost(text) }
            name = nil
            hasAnyLabel = true
        default:
            name = nil
            hasAnyLabel = false
        }
        if hasAnyLabel {
            rest = text[dot...].dropFirst()
            guard name != "", !rest.isEmpty else { throw .invalidHost(text) }
        }
        guard let authority = Authority(parsing: Array(rest.utf8).span), authority.port == nil,
            rest.utf8.count == authority.host.utf8.count, !authority.host.contains("*")
        else { throw .invalidHost(text) }
        fixed = (hasAnyLabel ? "." : "") + authority.host
    }

    /// Whether two patterns match the same hosts.
    func matchesSame(as other: HostPattern) -> Bool {
        hasAnyLabel == other.hasAnyLabel && fixed == other.fixed
    }

    /// Whether `host` is meant, in any case.
    func matches(_ host: Span<UInt8>) -> Bool {
        var start = 0
        if hasAnyLabel {
            while start < host.count, host[start] != UInt8(ascii: ".") { start += 1 }
            guard start > 0 else { return false }
        }
        return host.extracting(start...).equals(ignoringCase: fixed)
    }
}
