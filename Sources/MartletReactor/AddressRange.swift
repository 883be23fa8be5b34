/// A range of IP addresses as `address/bits` (CIDR, RFC 4632 and RFC 4291 §2.3), such as 10.0.0.0/8 or 2001:db8::/32.
///
/// An IPv4 address that came in by a dual-stack listener (::ffff:a.b.c.d) is in IPv4 ranges.
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
        let longest: UInt8
        switch SocketAddress(numeric: address, port: 0) {
        case .ipv4(let number, _): (base, longest) = (.ipv4(number), 32)
        case .ipv6(let high, let low, _, _): (base, longest) = (.ipv6(high, low), 128)
        default: return nil
        }
        guard parts.count == 2 else {
            bits = longest
            return
        }
        let digits = parts[1]
        guard digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let number = UInt8(digits), number <= longest else {
            return nil
        }
        bits = number
        // 10.1.0.0/8 is more likely a slip than a way to write 10.0.0.0/8.
        guard Self.prefix(of: base, number) == base else { return nil }
    }

    /// Whether `address` is in the range.
    public func contains(_ address: SocketAddress) -> Bool {
        let other: Base
        switch address {
        case .ipv4(let number, _): other = .ipv4(number)
        case .ipv6(let high, let low, _, _):
            if let number = address.mappedIPv4, case .ipv4 = base {
                other = .ipv4(number)
            } else {
                other = .ipv6(high, low)
            }
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
