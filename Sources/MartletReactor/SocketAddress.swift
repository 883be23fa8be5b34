import CMartlet
import Glibc

/// Where a socket is bound or connected: an IPv4 or IPv6 address with a port, or the path of a Unix socket.
public enum SocketAddress: Hashable, Sendable {
    /// The four octets in network order, as one number: 127.0.0.1 is 0x7F00_0001.
    case ipv4(UInt32, port: UInt16)
    /// The sixteen octets in network order, as two numbers, and the zone of a link-local address (0: none).
    case ipv6(UInt64, UInt64, port: UInt16, zone: UInt32)
    /// A path in the file system, at most 107 octets. A peer that is not bound has an empty one.
    case unix(path: String)

    /// 127.0.0.1 at `port`.
    public static func loopback(port: UInt16) -> SocketAddress { .ipv4(0x7F00_0001, port: port) }
    /// 0.0.0.0 at `port`: every IPv4 address of the machine.
    public static func anyIPv4(port: UInt16) -> SocketAddress { .ipv4(0, port: port) }
    /// [::] at `port`: every address of the machine, IPv4 too where the listener is dual-stack.
    public static func anyIPv6(port: UInt16) -> SocketAddress { .ipv6(0, 0, port: port, zone: 0) }

    /// The port; nil for a Unix socket.
    public var port: UInt16? {
        switch self {
        case .ipv4(_, let port), .ipv6(_, _, let port, _): port
        case .unix: nil
        }
    }

    /// The same address with another port; a Unix socket stays as it is.
    public func with(port: UInt16) -> SocketAddress {
        switch self {
        case .ipv4(let address, _): .ipv4(address, port: port)
        case .ipv6(let high, let low, _, let zone): .ipv6(high, low, port: port, zone: zone)
        case .unix: self
        }
    }

    /// True for 127.0.0.0/8 (also as ::ffff:127.0.0.0/104), ::1 and Unix sockets: nobody on another machine can reach
    /// it.
    public var isLoopback: Bool {
        switch self {
        case .ipv4(let address, _): address >> 24 == 127
        case .ipv6(let high, let low, _, _): high == 0 && (low == 1 || low >> 24 == 0xFFFF_7F)
        case .unix: true
        }
    }

    /// True for 0.0.0.0 and [::], which stand for every address of the machine.
    public var isAny: Bool {
        switch self {
        case .ipv4(let address, _): address == 0
        case .ipv6(let high, let low, _, _): high == 0 && low == 0
        case .unix: false
        }
    }

    /// AF_INET, AF_INET6 or AF_UNIX.
    package var family: CInt {
        switch self {
        case .ipv4: AF_INET
        case .ipv6: AF_INET6
        case .unix: AF_UNIX
        }
    }
}

extension SocketAddress: CustomStringConvertible {
    /// As in a URL: "127.0.0.1:8000", "[::1]:8000", "unix:/run/martlet.sock".
    public var description: String {
        switch self {
        case .ipv4(_, let port): "\(host):\(port)"
        case .ipv6(_, _, let port, _): mappedIPv4 == nil ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// The address alone: "127.0.0.1", "::1" (RFC 5952), "unix:".
    ///
    /// An IPv4 address that came in by a dual-stack listener (::ffff:a.b.c.d) is shown as IPv4.
    public var host: String {
        switch self {
        case .ipv6(let high, let low, _, let zone) where mappedIPv4 == nil:
            return Self.colons(high, low) + (zone == 0 ? "" : "%\(zone)")
        case .ipv4, .ipv6:
            var text: [UInt8] = []
            appendHost(to: &text)
            return String(decoding: text, as: UTF8.self)
        case .unix:
            return "unix:"
        }
    }

    /// Appends `host`.
    package func appendHost(to text: inout [UInt8]) {
        guard let address = dotted else { return text.append(contentsOf: host.utf8) }
        text.append(addingCapacity: 15) { text in
            for shift: UInt32 in [24, 16, 8, 0] {
                let number = UInt8(truncatingIfNeeded: address >> shift)
                if number >= 100 { text.append(UInt8(ascii: "0") + number / 100) }
                if number >= 10 { text.append(UInt8(ascii: "0") + number / 10 % 10) }
                text.append(UInt8(ascii: "0") + number % 10)
                if shift > 0 { text.append(UInt8(ascii: ".")) }
            }
        }
    }

    /// The IPv4 address that it is or holds.
    private var dotted: UInt32? {
        if case .ipv4(let address, _) = self { address } else { mappedIPv4 }
    }

    /// The IPv4 address in an IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2).
    package var mappedIPv4: UInt32? {
        guard case .ipv6(0, let low, _, _) = self, low >> 32 == 0xFFFF else { return nil }
        return UInt32(truncatingIfNeeded: low)
    }

    /// RFC 5952: lower case, no leading zeros, the longest run of at least two zero groups as "::".
    private static func colons(_ high: UInt64, _ low: UInt64) -> String {
        let groups = [high, low].flatMap { half in
            [48, 32, 16, 0].map { UInt16(truncatingIfNeeded: half >> UInt64($0)) }
        }
        var longest = 0..<0
        var index = 0
        while index < groups.count {
            var end = index
            while end < groups.count, groups[end] == 0 { end += 1 }
            if end - index > longest.count { longest = index..<end }
            index = max(end, index + 1)
        }
        func text(_ part: ArraySlice<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard longest.count >= 2 else { return text(groups[...]) }
        return text(groups[..<longest.lowerBound]) + "::" + text(groups[longest.upperBound...])
    }
}
