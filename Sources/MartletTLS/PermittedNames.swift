import MartletReactor

/// What a new local CA says that it may vouch for (RFC 5280 §4.2.1.10): names and addresses that mean nothing outside this
/// machine and its network. Its key, were it stolen, is of no use against any site of the Internet.
enum PermittedNames {
    /// Names that are reserved (RFC 6761 §6.2, 6.3; RFC 6762), each with all below it.
    static let domains = ["localhost", "test", "local"]

    /// Networks of IPv4: loopback, private (RFC 1918), link-local, shared (RFC 6598).
    private static let ipv4: [(address: UInt32, bits: UInt32)] = [
        (0x7F00_0000, 8), (0x0A00_0000, 8), (0xAC10_0000, 12), (0xC0A8_0000, 16), (0xA9FE_0000, 16), (0x6440_0000, 10),
    ]

    /// Networks of IPv6: ::1, link-local, unique local (RFC 4193).
    private static let ipv6 = [
        "::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe80::/ffc0::", "fc00::/fe00::",
    ]

    /// As `CertificateTemplate.Authority.permitted` has them.
    /// - Parameter hostName: permitted besides.
    static func constraints(hostName: String?) -> [String] {
        var names = domains
        if let hostName, !isBelow(domains, hostName) { names.append(hostName) }
        let networks = ipv4.map { network in
            let mask = SocketAddress.ipv4(UInt32.max << (32 - network.bits), port: 0)
            return "\(SocketAddress.ipv4(network.address, port: 0).host)/\(mask.host)"
        }
        return names.map { "DNS:\($0)" } + (networks + ipv6).map { "IP:\($0)" }
    }

    /// Whether a name is made up for whoever asks for it: somewhere below `localhost` or `test`.
    static func isMadeUp(_ name: String) -> Bool {
        !["localhost", "test"].contains(name) && isBelow(["localhost", "test"], name)
    }

    private static func isBelow(_ domains: [String], _ name: String) -> Bool {
        domains.contains { name == $0 || name.hasSuffix(".\($0)") }
    }
}
