/// The host and port of a request: what Host, absolute-form and authority-form hold (RFC 3986 §3.2, RFC 9112 §3.2).
///
/// Two authorities are equal if host and port are; a port left out is not filled in, for the scheme's default is not
/// known here.
public struct Authority: Sendable, Hashable {
    /// The host in lower case; an IPv6 address keeps its brackets. Never empty. Percent-encodings are left as they are.
    public let host: String
    /// The port, or nil if there is none or an empty one (`host:`), which means the scheme's default.
    public let port: UInt16?

    /// Reads `host` or `host:port`; nil if that is not valid.
    ///
    /// The host must be a registered name, an IPv4 address or an IPv6 address in brackets, the port at most 65535.
    /// Invalid are: user information, a path, white space, an IPv6 address without brackets or with a zone, IPvFuture
    /// (no such address exists), and a comma, which the grammar allows in names but which in Host only ever means that
    /// two lines were joined.
    public init?(parsing bytes: Span<UInt8>) {
        guard let parts = AuthorityParts(parsing: bytes) else { return nil }
        var host: [UInt8] = []
        host.reserveCapacity(parts.hostEnd)
        for index in 0..<parts.hostEnd {
            host.append(OctetSet.lowercased(bytes[index]))
        }
        self.host = String(decoding: host, as: UTF8.self)
        self.port = parts.port
    }
}

extension Authority: CustomStringConvertible {
    /// `host`, or `host:port` if there is a port.
    public var description: String {
        guard let port else { return host }
        return "\(host):\(port)"
    }
}

/// What checking an authority finds, before any string is built.
struct AuthorityParts {
    /// Where the host ends; it begins at 0.
    var hostEnd: Int
    /// The port, if there are digits for one.
    var port: UInt16?

    /// Checks `host [ ":" port ]`; nil if that is not valid or the host is empty.
    init?(parsing bytes: Span<UInt8>) {
        guard !bytes.isEmpty else { return nil }
        let end: Int?
        if bytes[0] == UInt8(ascii: "[") {
            end = Self.endOfLiteral(bytes)
        } else {
            end = Self.endOfName(bytes)
        }
        guard let end, end > 0 else { return nil }
        hostEnd = end
        if end == bytes.count { return }
        guard bytes[end] == UInt8(ascii: ":") else { return nil }
        var number = 0
        for index in (end + 1)..<bytes.count {
            guard OctetSet.isDigit(bytes[index]) else { return nil }
            number = number &* 10 &+ Int(bytes[index] &- 0x30)
            guard number <= UInt16.max else { return nil }
        }
        port = end + 1 < bytes.count ? UInt16(truncatingIfNeeded: number) : nil
    }

    /// The end of a registered name or IPv4 address at the beginning of `bytes`.
    private static func endOfName(_ bytes: Span<UInt8>) -> Int? {
        var index = OctetSet.host.end(in: bytes)
        while index < bytes.count, bytes[index] == UInt8(ascii: "%") {
            guard PercentEncoding.triplet(bytes, at: index) != nil else { return nil }
            index = OctetSet.host.end(in: bytes, from: index + 3)
        }
        return index
    }

    /// The end of the IPv6 address in brackets at the beginning of `bytes`, or nil.
    private static func endOfLiteral(_ bytes: Span<UInt8>) -> Int? {
        var index = 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "]") {
            index += 1
        }
        guard index < bytes.count, IPv6Syntax.matches(bytes.extracting(1..<index)) else { return nil }
        return index + 1
    }
}
