import HTTPTypes
import Martlet
import MartletReactor
import MartletWire

/// The head of a request as a backend gets it.
struct ForwardedHead {
    /// What it says of the content.
    enum Content: Equatable {
        case none
        case length(Int)
        case chunked
    }

    let request: Request
    /// The request's head, copied once.
    let received: RequestHead
    private let core: GatewayCore
    private let hop: HopByHop
    private let isTrusted: Bool
    /// The other protocols that the backend is asked for.
    private let protocols: [String]
    /// Whether it is asked for any.
    var upgrades: Bool { !protocols.isEmpty }
    private let takesTrailers: Bool
    private let maxForwards: Int?

    private var options: GatewayOptions {
        _read { yield core.options }
    }

    init(_ request: Request, _ core: GatewayCore) throws {
        self.request = request
        received = request.head
        self.core = core
        let fields = request.fields
        hop = HopByHop(of: fields)
        isTrusted = core.options.trustedProxies.contains { $0.contains(request.peer) }
        let asked = fields.contains(.upgrade) && received.framing == .none ? fields.members(of: .upgrade) : []
        // Not HTTP/2: its requests would pass with whatever target and fields, and h2c is gone (RFC 9113 §3.1).
        protocols = asked.filter { request.asksForUpgrade(to: $0) && $0.lowercased() != "h2c" }
        takesTrailers = fields.hasMember("trailers", of: .te)
        let isLimited = request.method == .trace || request.method == .options
        maxForwards = isLimited ? try Gateway.maxForwards(of: request) : nil
        if request.mountDepth > 0, hasDotSegments {
            throw HTTPError(.badRequest, "A path with dot segments is not passed on here.")
        }
    }

    /// Whether the backend was asked for this protocol.
    func asks(for token: String) -> Bool {
        protocols.contains { $0.lowercased() == token.lowercased() }
    }

    /// Without content, yet the method is one that has some: that is said (RFC 9110 §8.6).
    var saysEmpty: Bool {
        switch request.method {
        case .post, .put, .patch: true
        default: false
        }
    }

    /// Appends the head, with what goes before it on a new connection.
    func append(to backend: Backend, _ content: Content, into output: inout [UInt8]) {
        if let version = options.proxyProtocol { proxyHeader.append(version, to: &output) }
        output.append(copying: request.method.rawValue.utf8.span)
        output.append(UInt8(ascii: " "))
        appendTarget(for: backend, to: &output)
        output.append(" HTTP/1.1\r\nHost: ")
        if options.host == .backend || !received.appendAuthority(to: &output) {
            output.append(copying: backend.authority.utf8.span)
        }
        output.append("\r\n")
        request.fields.write(into: &output) { !isReplaced($0) && !hop.contains($0) }
        appendForwarded(to: &output)
        Self.append("Via: ", core.via(received.version), to: &output)
        if let maxForwards { Self.append("Max-Forwards: ", "\(max(0, maxForwards - 1))", to: &output) }
        appendConnection(to: &output)
        switch content {
        case .none: break
        case .length(let count):
            output.append("Content-Length: ")
            appendDecimal(count, to: &output)
            output.append("\r\n")
        case .chunked: output.append("Transfer-Encoding: chunked\r\n")
        }
        if received.expectsContinue, content != .none { output.append("Expect: 100-continue\r\n") }
        output.append("\r\n")
    }

    /// The fields of this hop.
    private func appendConnection(to output: inout [UInt8]) {
        let closes = options.proxyProtocol != nil && !upgrades
        guard closes || takesTrailers || upgrades else { return }
        var named: [String] = []
        if closes { named.append("close") }
        if takesTrailers {
            named.append("TE")
            output.append("TE: trailers\r\n")
        }
        if upgrades {
            named.append("Upgrade")
            Self.append("Upgrade: ", protocols.joined(separator: ", "), to: &output)
        }
        Self.append("Connection: ", named.joined(separator: ", "), to: &output)
    }

    /// Whether the field with this name is written anew, or not at all.
    private func isReplaced(_ name: Span<UInt8>) -> Bool {
        switch name.count {
        case 4: name.equals(ignoringCase: "host")
        case 6: name.equals(ignoringCase: "expect")
        case 9: name.equals(ignoringCase: "forwarded")
        case 12: name.equals(ignoringCase: "max-forwards") ? maxForwards != nil : isForwarding(name)
        case 14: name.equals(ignoringCase: "content-length") || isForwarding(name)
        default: isForwarding(name)
        }
    }

    /// X-Forwarded-*, in any spelling that a server behind might take for it: to many, `_` is as good as `-`.
    private func isForwarding(_ name: Span<UInt8>) -> Bool {
        let prefix = "x-forwarded"
        guard name.count >= prefix.utf8.count, name[0] | 0x20 == UInt8(ascii: "x") else { return false }
        var hasUnderscore = false
        for (index, octet) in prefix.utf8.enumerated() {
            let other = name[index] == UInt8(ascii: "_") ? UInt8(ascii: "-") : OctetSet.lowercased(name[index])
            guard other == octet else { return false }
        }
        for index in name.indices where name[index] == UInt8(ascii: "_") { hasUnderscore = true }
        if hasUnderscore || !isTrusted { return true }
        // These are added to, or set where the trusted proxy has not.
        return name.equals(ignoringCase: "x-forwarded-for") || name.equals(ignoringCase: "x-forwarded-host")
            || name.equals(ignoringCase: "x-forwarded-proto")
    }

    private static func append(_ name: StaticString, _ value: String, to output: inout [UInt8]) {
        output.append(name)
        output.append(copying: value.utf8.span)
        output.append("\r\n")
    }
}

// MARK: - The target

extension ForwardedHead {
    /// The target as it came, or with the backend's path in place of the mount's.
    private func appendTarget(for backend: Backend, to output: inout [UInt8]) {
        guard let base = backend.base, received.form != .asterisk else { return received.appendOriginForm(to: &output) }
        output.append(contentsOf: base)
        let path = received.rawPathBytes
        var index = 0
        for _ in 0..<request.mountDepth {
            while index < path.count, path[index] == UInt8(ascii: "/") { index += 1 }
            while index < path.count, path[index] != UInt8(ascii: "/") { index += 1 }
        }
        if index == path.count { output.append(UInt8(ascii: "/")) }
        output.append(copying: path.extracting(index..<path.count))
        received.appendQuery(to: &output)
    }

    /// Whether the path as it came names other segments than the path that was routed.
    private var hasDotSegments: Bool {
        let path = received.rawPathBytes
        var count = 0
        var isInside = false
        for index in path.indices {
            let isSlash = path[index] == UInt8(ascii: "/")
            if !isSlash, !isInside { count += 1 }
            isInside = !isSlash
        }
        return count != received.path.segmentCount
    }
}

// MARK: - Who the client is

extension ForwardedHead {
    private func appendForwarded(to output: inout [UInt8]) {
        let what = options.forwarded
        if what.standard {
            Self.append("Forwarded: ", behind: trusted(.forwarded), to: &output) { appendElement(to: &$0) }
        } else if let old = trusted(.forwarded) {
            Self.append("Forwarded: ", old, to: &output)
        }
        guard what.legacy else { return }
        if what.client == .address, request.peer.port != nil {
            Self.append("X-Forwarded-For: ", behind: trusted(.xForwardedFor), to: &output) {
                request.peer.appendHost(to: &$0)
            }
        }
        if let old = trusted(.xForwardedHost) {
            Self.append("X-Forwarded-Host: ", old, to: &output)
        } else if what.host {
            Self.append("X-Forwarded-Host: ", behind: nil, to: &output) { _ = received.appendAuthority(to: &$0) }
        }
        if let proto = trusted(.xForwardedProto) ?? (what.scheme ? request.scheme : nil) {
            Self.append("X-Forwarded-Proto: ", proto, to: &output)
        }
    }

    /// What a trusted proxy said.
    private func trusted(_ field: HTTPField.Name) -> String? {
        isTrusted ? request.fields[field] : nil
    }

    /// Appends a list behind what a trusted proxy said of it, on one line (RFC 7239 §4); no line where that is nothing.
    private static func append(
        _ name: StaticString,
        behind old: String?,
        to output: inout [UInt8],
        _ appendMember: (inout [UInt8]) -> Void
    ) {
        let start = output.count
        output.append(name)
        let empty = output.count
        if let old, !old.isEmpty { output.append(copying: old.utf8.span) }
        let behindOld = output.count
        if behindOld > empty { output.append(", ") }
        let member = output.count
        appendMember(&output)
        if output.count == member { output.removeLast(member - behindOld) }
        if output.count == empty { return output.removeLast(empty - start) }
        output.append("\r\n")
    }

    /// What this gateway says in Forwarded.
    private func appendElement(to output: inout [UInt8]) {
        let what = options.forwarded
        let start = output.count
        Self.append("for=", behind: start, to: &output) { Self.append(request.peer, what.client, to: &$0) }
        if what.interface != .none, let address = request.localAddress {
            Self.append("by=", behind: start, to: &output) { Self.append(address, what.interface, to: &$0) }
        }
        if what.host {
            Self.append("host=", behind: start, to: &output) { _ = received.appendAuthority(to: &$0) }
        }
        if what.scheme {
            Self.append("proto=", behind: start, to: &output) { $0.append(copying: request.scheme.utf8.span) }
        }
    }

    /// Appends a pair of an element that begins at `start`: its value is a token as it is, anything else a quoted-string
    /// (RFC 7239 §4). No pair where that is nothing.
    private static func append(
        _ name: StaticString,
        behind start: Int,
        to output: inout [UInt8],
        _ appendValue: (inout [UInt8]) -> Void
    ) {
        let end = output.count
        if end > start { output.append(";") }
        output.append(name)
        let value = output.count
        appendValue(&output)
        if output.count == value { return output.removeLast(value - end) }
        quote(&output, from: value)
    }

    /// An address as Forwarded has it: IPv6 in brackets (RFC 7239 §6).
    private static func append(_ address: SocketAddress, _ how: ForwardedOptions.Node, to output: inout [UInt8]) {
        switch (how, address) {
        case (.none, _): break
        case (.obfuscated, _):
            output.append("_")
            output.append(contentsOf: String(UInt64.random(in: .min ... .max), radix: 36).utf8)
        case (.address, .unix): output.append("unknown")
        case (.address, .ipv6) where address.mappedIPv4 == nil:
            output.append("[")
            address.appendHost(to: &output)
            output.append("]")
        case (.address, _): address.appendHost(to: &output)
        }
    }

    /// Makes a quoted-string of what is behind `start`, unless it is a token.
    private static func quote(_ output: inout [UInt8], from start: Int) {
        let isToken = (start..<output.count).allSatisfy { OctetSet.token.contains(output[$0]) }
        if isToken { return }
        let value = output[start...]
        output.removeLast(value.count)
        output.append("\"")
        for octet in value {
            if octet == UInt8(ascii: "\"") || octet == UInt8(ascii: "\\") { output.append("\\") }
            output.append(octet)
        }
        output.append("\"")
    }

    private var proxyHeader: ProxyHeader {
        guard let local = request.localAddress else { return ProxyHeader(.unknown) }
        return ProxyHeader(from: request.peer, to: local)
    }
}

extension ProxyHeader {
    /// What it says of a connection from one address to the other. IPv4 addresses of a dual-stack listener are IPv4.
    init(from source: SocketAddress, to destination: SocketAddress) {
        switch (source, destination) {
        case (.ipv4(let source, let sourcePort), .ipv4(let destination, let destinationPort)):
            self.init(
                .ipv4(
                    source: source,
                    sourcePort: sourcePort,
                    destination: destination,
                    destinationPort: destinationPort
                )
            )
        case (.ipv6(let high, let low, let sourcePort, _), .ipv6(let toHigh, let toLow, let destinationPort, _)):
            if let from = source.mappedIPv4, let to = destination.mappedIPv4 {
                self.init(
                    .ipv4(source: from, sourcePort: sourcePort, destination: to, destinationPort: destinationPort)
                )
            } else {
                self.init(
                    .ipv6(
                        source: Self.octets(high, low),
                        sourcePort: sourcePort,
                        destination: Self.octets(toHigh, toLow),
                        destinationPort: destinationPort
                    )
                )
            }
        default: self.init(.unknown)
        }
    }

    private static func octets(_ high: UInt64, _ low: UInt64) -> [UInt8] {
        [high, low].flatMap { half in
            (0..<8).map { UInt8(truncatingIfNeeded: half >> UInt64(56 - 8 * $0)) }
        }
    }
}
