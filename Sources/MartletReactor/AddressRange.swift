/// A range of IP addresses as `address/bits` (CIDR, RFC 4632 and RFC 4291 §2.3), such as 10.0.0.0/8 or 2001:db8::/32.
///
/// An IPv4 address that came in by a dual-stack listener (::ffff:a.b.c.d) is in IPv4 ranges, and in those alone: what a
/// range holds does not depend on who listens. A range of such addresses, ::ffff:10.0.0.0/104, is the IPv4 range.
public struct AddressRange: Hashable, Sendable {
    private enum Base: Hashable {
        case ipv4(UInt32)
        case ipv6(UInt64, UInt64)
        case unix
    }

    private let base: Base
    private let bits: UInt8

    /// Reads `address/bits`; an address alone is a range of one. `unix:` stands for every Unix socket. Nil when `text` is
    /// none of these, or has bits behind the prefix.
    public init?(_ text: String) {
        if text == "unix:" {
            base = .unix
            bits = 0
            return
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = parts.first.map(String.init) else { return nil }
        let found: (base: Base, longest: UInt8)
        switch SocketAddress(numeric: address, port: 0) {
        case .ipv4(let number, _): found = (.ipv4(number), 32)
        case .ipv6(let high, let low, _, _): found = (.ipv6(high, low), 128)
        default: return nil
        }
        var bits = found.longest
        if parts.count == 2 {
            let digits = parts[1]
            guard digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let number = UInt8(digits), number <= found.longest
            else { return nil }
            bits = number
        }
        // 10.1.0.0/8 is more likely a slip than a way to write 10.0.0.0/8.
        guard Self.prefix(of: found.base, bits) == found.base else { return nil }
        if case .ipv6(0, let low) = found.base, low >> 32 == 0xFFFF, bits >= 96 {
            (base, self.bits) = (.ipv4(UInt32(truncatingIfNeeded: low)), bits - 96)
        } else {
            (base, self.bits) = (found.base, bits)
        }
    }

    /// Whether `address` is in the range.
    public func contains(_ address: SocketAddress) -> Bool {
        let other: Base
        switch address {
        case .ipv4(let number, _): other = .ipv4(number)
        case .ipv6(let high, let low, _, _): other = address.mappedIPv4.map(Base.ipv4) ?? .ipv6(high, low)
        case .unix: other = .unix
        }
        switch (base, other) {
        case (.ipv4, .ipv4), (.ipv6, .ipv6): return Self.prefix(of: other, bits) == base
        case (.unix, .unix): return true
        default: return false
        }
    }

    private static func prefix(of base: Base, _ bits: UInt8) -> Base {
        switch base {
        case .ipv4(let number): .ipv4(bits == 0 ? 0 : number & UInt32.max << (32 - UInt32(bits)))
        case .ipv6(let high, let low):
            bits <= 64
                ? .ipv6(bits == 0 ? 0 : high & UInt64.max << (64 - UInt64(bits)), 0)
                : .ipv6(high, low & UInt64.max << (128 - UInt64(bits)))
        case .unix: .unix
        }
    }
}
