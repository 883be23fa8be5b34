/// The PROXY protocol's header: what a proxy says of a connection before its first octet, so that the server behind it
/// knows the client's address. Versions 1 and 2 of haproxy.org's proxy-protocol.txt, for TCP and Unix streams.
///
/// It is configured on both sides and never guessed: whoever can send it can claim any address.
public struct ProxyHeader: Sendable, Equatable {
    /// How the header is written.
    public enum Version: String, Sendable, CaseIterable {
        /// One line of text.
        case v1
        /// A block of octets.
        case v2
    }

    /// The two ends of the client's connection to the proxy.
    public enum Endpoints: Sendable, Equatable {
        /// They are not told: what the server sees is the proxy (v1 `UNKNOWN`, v2 `UNSPEC` and Unix sockets).
        case unknown
        /// The connection is the proxy's own, such as a health check (v2 `LOCAL`; `UNKNOWN` in v1).
        case local
        /// The addresses as numbers in network order.
        case ipv4(source: UInt32, sourcePort: UInt16, destination: UInt32, destinationPort: UInt16)
        /// The addresses as sixteen octets each.
        case ipv6(source: [UInt8], sourcePort: UInt16, destination: [UInt8], destinationPort: UInt16)
    }

    /// What it says.
    public var endpoints: Endpoints

    /// A header that says this.
    public init(_ endpoints: Endpoints) {
        self.endpoints = endpoints
    }

    /// Why a header is refused. The connection must be closed without a word (§2).
    public enum Fault: Error, Equatable, Sendable {
        /// The octets are not those of a header.
        case noHeader
        /// A v1 line is longer than 107 octets or breaks its grammar.
        case malformedLine
        /// The version or command of a v2 header is unknown.
        case unknownCommand
        /// A v2 header is shorter than its addresses, or longer than `longest`.
        case wrongLength
        /// A v2 header is for another transport than streams, or an unknown address family.
        case unsupportedFamily
    }

    /// The longest v2 header that is taken, in octets: addresses and extensions (§2.2.7 asks for 536 at least).
    public static let longest = 4096

    static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
    /// The longest v1 line, with its CRLF (§2.1).
    static let longestLine = 107
}

// MARK: - Writing

extension ProxyHeader {
    /// Appends the header to `output`.
    public func append(_ version: Version, to output: inout [UInt8]) {
        switch version {
        case .v1: output.append(contentsOf: line.utf8)
        case .v2: appendBlock(to: &output)
        }
    }

    private var line: String {
        switch endpoints {
        case .unknown, .local: "PROXY UNKNOWN\r\n"
        case .ipv4(let source, let sourcePort, let destination, let destinationPort):
            "PROXY TCP4 \(Self.dotted(source)) \(Self.dotted(destination)) \(sourcePort) \(destinationPort)\r\n"
        case .ipv6(let source, let sourcePort, let destination, let destinationPort):
            "PROXY TCP6 \(Self.groups(source)) \(Self.groups(destination)) \(sourcePort) \(destinationPort)\r\n"
        }
    }

    private static func dotted(_ address: UInt32) -> String {
        "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)"
    }

    /// All eight groups, which every reader takes.
    private static func groups(_ octets: [UInt8]) -> String {
        stride(from: 0, to: 16, by: 2).map { index in
            let high = index < octets.count ? UInt16(octets[index]) : 0
            let low = index + 1 < octets.count ? UInt16(octets[index + 1]) : 0
            return String(high << 8 | low, radix: 16)
        }.joined(separator: ":")
    }

    private func appendBlock(to output: inout [UInt8]) {
        output += Self.signature
        switch endpoints {
        case .local: output += [0x20, 0x00, 0, 0]
        case .unknown: output += [0x21, 0x00, 0, 0]
        case .ipv4(let source, let sourcePort, let destination, let destinationPort):
            output += [0x21, 0x11, 0, 12]
            for address in [source, destination] {
                output += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: address >> $0) }
            }
            Self.append([sourcePort, destinationPort], to: &output)
        case .ipv6(let source, let sourcePort, let destination, let destinationPort):
            output += [0x21, 0x21, 0, 36]
            for address in [source, destination] {
                output += (0..<16).map { $0 < address.count ? address[$0] : 0 }
            }
            Self.append([sourcePort, destinationPort], to: &output)
        }
    }

    private static func append(_ ports: [UInt16], to output: inout [UInt8]) {
        for port in ports { output += [UInt8(port >> 8), UInt8(truncatingIfNeeded: port)] }
    }
}

// MARK: - Parsing

extension ProxyHeader {
    /// Reads a header of either version from the beginning of a connection.
    /// - Parameter input: All octets received so far.
    /// - Returns: the header and the octets it took; nil when more input is needed.
    /// - Throws: What is wrong, at the first octet that shows it.
    public static func parse(_ input: Span<UInt8>) throws(Fault) -> (header: ProxyHeader, count: Int)? {
        guard !input.isEmpty else { return nil }
        return input[0] == signature[0] ? try parseBlock(input) : try parseLine(input)
    }

    private static func parseLine(_ input: Span<UInt8>) throws(Fault) -> (header: ProxyHeader, count: Int)? {
        for (index, octet) in "PROXY ".utf8.enumerated() where index < input.count {
            guard input[index] == octet else { throw .noHeader }
        }
        var end = 0
        while end < input.count, input[end] != 0x0D { end += 1 }
        guard end + 2 <= longestLine else { throw .malformedLine }
        guard end + 1 < input.count else { return nil }
        guard input[end + 1] == 0x0A else { throw .malformedLine }
        var text: [UInt8] = []
        text.append(copying: input.extracting(0..<end))
        guard text.allSatisfy({ 0x20...0x7E ~= $0 }) else { throw .malformedLine }
        let parts = String(decoding: text, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
        // What follows UNKNOWN is to be ignored (§2.1).
        if parts.count >= 2, parts[1] == "UNKNOWN" { return (ProxyHeader(.unknown), end + 2) }
        guard parts.count == 6, let sourcePort = port(parts[4]), let destinationPort = port(parts[5]) else {
            throw .malformedLine
        }
        switch parts[1] {
        case "TCP4":
            guard let source = ipv4(parts[2]), let destination = ipv4(parts[3]) else { throw .malformedLine }
            let ends = Endpoints.ipv4(
                source: source,
                sourcePort: sourcePort,
                destination: destination,
                destinationPort: destinationPort
            )
            return (ProxyHeader(ends), end + 2)
        case "TCP6":
            guard let source = ipv6(parts[2]), let destination = ipv6(parts[3]) else { throw .malformedLine }
            let ends = Endpoints.ipv6(
                source: source,
                sourcePort: sourcePort,
                destination: destination,
                destinationPort: destinationPort
            )
            return (ProxyHeader(ends), end + 2)
        default: throw .malformedLine
        }
    }

    /// Digits without leading zeros, at most 65535.
    private static func port(_ text: Substring) -> UInt16? {
        guard text.utf8.allSatisfy(OctetSet.isDigit), text == "0" || text.first != "0" else { return nil }
        return UInt16(text)
    }

    private static func ipv4(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            guard let number = port(part), number <= 255 else { return nil }
            address = address << 8 | UInt32(number)
        }
        return address
    }

    private static func ipv6(_ text: Substring) -> [UInt8]? {
        guard IPv6Syntax.matches(text.utf8.span) else { return nil }
        var text = String(text)
        if text.contains("."), let colon = text.lastIndex(of: ":") {
            guard let address = ipv4(text[text.index(after: colon)...]) else { return nil }
            text = text[...colon] + String(address >> 16, radix: 16) + ":" + String(address & 0xFFFF, radix: 16)
        }
        // The syntax was checked: one "::" at most, and eight groups with what it stands for.
        let halves = text.split(separator: "::", omittingEmptySubsequences: false)
        func groups(_ half: Substring) -> [UInt16] { half.split(separator: ":").compactMap { UInt16($0, radix: 16) } }
        let first = halves.first.map(groups) ?? []
        let last = halves.count == 2 ? groups(halves[1]) : []
        let missing = 8 - first.count - last.count
        guard missing >= 0 else { return nil }
        let all = first + Array(repeating: 0, count: missing) + last
        return all.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
    }

    private static func parseBlock(_ input: Span<UInt8>) throws(Fault) -> (header: ProxyHeader, count: Int)? {
        for (index, octet) in signature.enumerated() where index < input.count {
            guard input[index] == octet else { throw .noHeader }
        }
        guard input.count > 12 else { return nil }
        guard input[12] == 0x20 || input[12] == 0x21 else { throw .unknownCommand }
        guard input.count >= 16 else { return nil }
        let length = Int(input[14]) << 8 | Int(input[15])
        guard length <= longest - 16 else { throw .wrongLength }
        guard input.count >= 16 + length else { return nil }
        let end = 16 + length
        // The proxy's own connection: whatever addresses it gives do not count (§2.2).
        if input[12] == 0x20 { return (ProxyHeader(.local), end) }
        var octets: [UInt8] = []
        octets.append(copying: input.extracting(16..<end))
        func port(_ index: Int) -> UInt16 { UInt16(octets[index]) << 8 | UInt16(octets[index + 1]) }
        func ipv4(_ index: Int) -> UInt32 { octets[index..<index + 4].reduce(0) { $0 << 8 | UInt32($1) } }
        switch input[13] {
        case 0x00: return (ProxyHeader(.unknown), end)
        case 0x11:
            guard length >= 12 else { throw .wrongLength }
            let ends = Endpoints.ipv4(
                source: ipv4(0),
                sourcePort: port(8),
                destination: ipv4(4),
                destinationPort: port(10)
            )
            return (ProxyHeader(ends), end)
        case 0x21:
            guard length >= 36 else { throw .wrongLength }
            let ends = Endpoints.ipv6(
                source: Array(octets[..<16]),
                sourcePort: port(32),
                destination: Array(octets[16..<32]),
                destinationPort: port(34)
            )
            return (ProxyHeader(ends), end)
        case 0x31:
            guard length >= 216 else { throw .wrongLength }
            return (ProxyHeader(.unknown), end)
        default: throw .unsupportedFamily
        }
    }
}
