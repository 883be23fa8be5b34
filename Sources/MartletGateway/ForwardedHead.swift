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
    private let options: GatewayOptions
    private let hop: HopByHop
    private let isTrusted: Bool
    /// Whether the backend is asked for another protocol.
    let upgrades: Bool
    private let takesTrailers: Bool
    private let maxForwards: Int?

    init(_ request: Request, _ options: GatewayOptions) throws {
        self.request = request
        self.options = options
        let fields = request.fields
        hop = HopByHop(of: fields)
        isTrusted = options.trustedProxies.contains { $0.contains(request.peer) }
        let tokens = fields.contains(.upgrade) ? fields.members(of: .upgrade) : []
        upgrades = request.head.framing == .none && tokens.contains { request.asksForUpgrade(to: $0) }
        takesTrailers = fields.hasMember("trailers", of: .te)
        let isLimited = request.method == .trace || request.method == .options
        maxForwards = isLimited ? try Gateway.maxForwards(of: request) : nil
        if request.mountDepth > 0, hasDotSegments {
            throw HTTPError(.badRequest, "A path with dot segments is not passed on here.")
        }
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
        output.append(contentsOf: request.method.rawValue.utf8)
        output.append(UInt8(ascii: " "))
        appendTarget(for: backend, to: &output)
        output.append(contentsOf: " HTTP/1.1\r\nHost: ".utf8)
        if options.host == .backend || !request.head.appendAuthority(to: &output) {
            output.append(contentsOf: backend.authority.utf8)
        }
        output.append(contentsOf: "\r\n".utf8)
        request.fields.write(into: &output) { !isReplaced($0) && !hop.contains($0) }
        appendForwarded(to: &output)
        Self.append("Via", "1.\(request.head.version == .http1_0 ? 0 : 1) \(options.pseudonym)", to: &output)
        if let maxForwards { Self.append("Max-Forwards", "\(max(0, maxForwards - 1))", to: &output) }
        appendConnection(to: &output)
        switch content {
        case .none: break
        case .length(let count): Self.append("Content-Length", "\(count)", to: &output)
        case .chunked: output.append(contentsOf: "Transfer-Encoding: chunked\r\n".utf8)
        }
        if request.head.expectsContinue, content != .none {
            output.append(contentsOf: "Expect: 100-continue\r\n".utf8)
        }
        output.append(contentsOf: "\r\n".utf8)
    }

    /// The fields of this hop.
    private func appendConnection(to output: inout [UInt8]) {
        var named: [String] = []
        if options.proxyProtocol != nil, !upgrades { named.append("close") }
        if takesTrailers {
            named.append("TE")
            output.append(contentsOf: "TE: trailers\r\n".utf8)
        }
        if upgrades {
            named.append("Upgrade")
            Self.append("Upgrade", request.fields.members(of: .upgrade).joined(separator: ", "), to: &output)
        }
        if !named.isEmpty { Self.append("Connection", named.joined(separator: ", "), to: &output) }
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

    static func append(_ name: String, _ value: String, to output: inout [UInt8]) {
        output.append(contentsOf: name.utf8)
        output.append(contentsOf: ": ".utf8)
        output.append(contentsOf: value.utf8)
        output.append(contentsOf: "\r\n".utf8)
    }
}

// MARK: - The target

extension ForwardedHead {
    /// The target as it came, or with the backend's path in place of the mount's.
    private func appendTarget(for backend: Backend, to output: inout [UInt8]) {
        let head = request.head
        guard let base = backend.base, head.form != .asterisk else { return head.appendOriginForm(to: &output) }
        output.append(contentsOf: base)
        let path = head.rawPathBytes
        var index = 0
        for _ in 0..<request.mountDepth {
            while index < path.count, path[index] == UInt8(ascii: "/") { index += 1 }
            while index < path.count, path[index] != UInt8(ascii: "/") { index += 1 }
        }
        if index == path.count { output.append(UInt8(ascii: "/")) }
        output.append(copying: path.extracting(index..<path.count))
        head.appendQuery(to: &output)
    }

    /// Whether the path as it came names other segments than the path that was routed.
    private var hasDotSegments: Bool {
        let path = request.head.rawPathBytes
        var count = 0
        var isInside = false
        for index in path.indices {
            let isSlash = path[index] == UInt8(ascii: "/")
            if !isSlash, !isInside { count += 1 }
            isInside = !isSlash
        }
        return count != request.head.path.segmentCount
    }
}

// MARK: - Who the client is

extension ForwardedHead {
    private func appendForwarded(to output: inout [UInt8]) {
        let what = options.forwarded
        var host: [UInt8] = []
        let hasHost = what.host && request.head.appendAuthority(to: &host)
        if what.standard {
            append("Forwarded", .forwarded, to: &output) { output in appendElement(hasHost ? host : nil, to: &output) }
        } else if isTrusted, let old = request.fields[.forwarded] {
            Self.append("Forwarded", old, to: &output)
        }
        guard what.legacy else { return }
        if what.client == .address, request.peer.port != nil {
            append("X-Forwarded-For", .xForwardedFor, to: &output) { $0.append(contentsOf: request.peer.host.utf8) }
        }
        if let old = isTrusted ? request.fields[.xForwardedHost] : nil {
            Self.append("X-Forwarded-Host", old, to: &output)
        } else if hasHost {
            output.append(contentsOf: "X-Forwarded-Host: ".utf8)
            output.append(contentsOf: host)
            output.append(contentsOf: "\r\n".utf8)
        }
        if let proto = (isTrusted ? request.fields[.xForwardedProto] : nil) ?? (what.scheme ? request.scheme : nil) {
            Self.append("X-Forwarded-Proto", proto, to: &output)
        }
    }

    /// Appends a list behind what a trusted proxy said of it, on one line (RFC 7239 §4); no line where that is nothing.
    private func append(
        _ name: String,
        _ field: HTTPField.Name,
        to output: inout [UInt8],
        _ appendMember: (inout [UInt8]) -> Void
    ) {
        let start = output.count
        output.append(contentsOf: name.utf8)
        output.append(contentsOf: ": ".utf8)
        let empty = output.count
        if isTrusted, let old = request.fields[field], !old.isEmpty { output.append(contentsOf: old.utf8) }
        let behindOld = output.count
        if behindOld > empty { output.append(contentsOf: ", ".utf8) }
        let member = output.count
        appendMember(&output)
        if output.count == member { output.removeLast(member - behindOld) }
        if output.count == empty { return output.removeLast(empty - start) }
        output.append(contentsOf: "\r\n".utf8)
    }

    /// What this gateway says in Forwarded.
    private func appendElement(_ host: [UInt8]?, to output: inout [UInt8]) {
        let what = options.forwarded
        let start = output.count
        func appendName(_ name: String, _ output: inout [UInt8]) {
            if output.count > start { output.append(UInt8(ascii: ";")) }
            output.append(contentsOf: name.utf8)
            output.append(UInt8(ascii: "="))
        }
        if let client = node(request.peer, what.client) {
            appendName("for", &output)
            Self.appendQuoted(client.utf8.span, to: &output)
        }
        if what.interface != .none, let address = request.localAddress, let node = node(address, what.interface) {
            appendName("by", &output)
            Self.appendQuoted(node.utf8.span, to: &output)
        }
        if let host {
            appendName("host", &output)
            Self.appendQuoted(host.span, to: &output)
        }
        if what.scheme {
            appendName("proto", &output)
            output.append(contentsOf: request.scheme.utf8)
        }
    }

    /// An address as Forwarded has it: IPv6 in brackets (RFC 7239 §6).
    private func node(_ address: SocketAddress, _ how: ForwardedOptions.Node) -> String? {
        switch (how, address) {
        case (.none, _): nil
        case (.obfuscated, _): "_" + String(UInt64.random(in: .min ... .max), radix: 36)
        case (.address, .unix): "unknown"
        case (.address, .ipv6) where address.mappedIPv4 == nil: "[\(address.host)]"
        case (.address, _): address.host
        }
    }

    /// A token as it is, anything else as a quoted-string (RFC 7239 §4).
    private static func appendQuoted(_ value: Span<UInt8>, to output: inout [UInt8]) {
        var isToken = true
        for index in value.indices where !OctetSet.token.contains(value[index]) { isToken = false }
        if isToken { return output.append(copying: value) }
        output.append(UInt8(ascii: "\""))
        for index in value.indices {
            if value[index] == UInt8(ascii: "\"") || value[index] == UInt8(ascii: "\\") {
                output.append(UInt8(ascii: "\\"))
            }
            output.append(value[index])
        }
        output.append(UInt8(ascii: "\""))
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
