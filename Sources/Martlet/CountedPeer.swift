package import MartletReactor

/// Who is counted as one: an IPv4 address, or an IPv6 /64, which is what one customer has.
package enum CountedPeer: Hashable, Sendable, CustomStringConvertible {
    case ipv4(UInt32)
    case ipv6(UInt64)
    /// A neighbour on a link: all of them have the same /64.
    case linkLocal(UInt64)
    case unix

    package init(_ address: SocketAddress) {
        switch address {
        case .ipv4(let address, _): self = .ipv4(address)
        case .ipv6(let high, let low, _, _):
            if let mapped = address.mappedIPv4 {
                self = .ipv4(mapped)
            } else {
                self = high >> 54 == 0xFE80 >> 6 ? .linkLocal(low) : .ipv6(high)
            }
        case .unix: self = .unix
        }
    }

    /// As it stands in a store's key.
    package var description: String {
        switch self {
        case .ipv4(let address): SocketAddress.ipv4(address, port: 0).host
        case .ipv6(let high): SocketAddress.ipv6(high, 0, port: 0, zone: 0).host + "/64"
        case .linkLocal(let low): SocketAddress.ipv6(0xFE80 << 48, low, port: 0, zone: 0).host
        case .unix: "unix"
        }
    }
}
