import MartletWire

/// The hosts of a group of routes: one by name, or with `:name` or `*` in the place of the first label, all that have
/// exactly one label more than the rest.
struct HostPattern: Sendable {
    /// As it was written.
    let text: String
    /// The parameter for the first label.
    let name: String?
    /// The host, in lower case; of a pattern with a first label that varies, what follows it, with its dot.
    let octets: [UInt8]
    let hasAnyLabel: Bool

    init(_ text: String) throws(RoutingError) {
        self.text = text
        let dot = text.firstIndex(of: ".") ?? text.endIndex
        let label = text[..<dot]
        var fixed = text[...]
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
            fixed = text[dot...].dropFirst()
            guard name != "", !fixed.isEmpty else { throw .invalidHost(text) }
        }
        guard let authority = Authority(parsing: Array(fixed.utf8).span), authority.port == nil,
            fixed.utf8.count == authority.host.utf8.count, !authority.host.contains("*")
        else { throw .invalidHost(text) }
        octets = Array(((hasAnyLabel ? "." : "") + authority.host).utf8)
    }

    /// Whether two patterns match the same hosts.
    func matchesSame(as other: HostPattern) -> Bool {
        hasAnyLabel == other.hasAnyLabel && octets == other.octets
    }

    /// Whether `host` is meant, in any case.
    func matches(_ host: Span<UInt8>) -> Bool {
        var start = 0
        if hasAnyLabel {
            while start < host.count, host[start] != UInt8(ascii: ".") { start += 1 }
            guard start > 0 else { return false }
        }
        guard host.count - start == octets.count else { return false }
        for index in octets.indices where lowercased(host[start + index]) != octets[index] { return false }
        return true
    }

    private func lowercased(_ octet: UInt8) -> UInt8 {
        octet &- UInt8(ascii: "A") < 26 ? octet | 0x20 : octet
    }
}
