import ArgumentParser
package import MartletReactor

extension AddressRange {
    /// What an option that can be repeated was given.
    /// - Parameter option: such as `trust-proxy`.
    package static func ranges(_ given: [String], of option: String) throws -> [AddressRange] {
        try given.map { text in
            guard let range = AddressRange(text) else {
                let hint = withoutHostBits(text).map { " Bits of a host are set in it: is \($0) meant?" } ?? ""
                throw ValidationError(
                    "--\(option) takes an address or a range such as 10.0.0.0/8 or fd00::/8, not '\(text)'.\(hint)"
                )
            }
            return range
        }
    }

    /// The range around an address, of `10.0.0.1/8` 10.0.0.0/8; nil for what is wrong in another way.
    private static func withoutHostBits(_ text: String) -> String? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let bits = UInt64(parts[1]) else { return nil }
        let base: SocketAddress
        switch SocketAddress(numeric: String(parts[0]), port: 0) {
        case .ipv4(let number, _) where bits <= 32:
            base = .ipv4(bits == 0 ? 0 : number & UInt32.max << (32 - UInt32(bits)), port: 0)
        case .ipv6(let high, _, _, _) where bits <= 64:
            base = .ipv6(bits == 0 ? 0 : high & UInt64.max << (64 - bits), 0, port: 0, zone: 0)
        case .ipv6(let high, let low, _, _) where bits <= 128:
            base = .ipv6(high, low & UInt64.max << (128 - bits), port: 0, zone: 0)
        default: return nil
        }
        let range = "\(base.host)/\(bits)"
        return AddressRange(range) == nil ? nil : range
    }
}
