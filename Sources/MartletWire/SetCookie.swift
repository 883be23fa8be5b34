/// A cookie for the client to keep: the value of a `Set-Cookie` field (RFC 6265 §4.1).
///
/// What a client would drop or misread cannot be built. The defaults are the safe ones: sent with every path of this host
/// alone, out of reach of scripts, and not sent with another site's requests but when a link is followed.
public struct SetCookie: Sendable, Hashable {
    /// With which requests that come from other sites the cookie is sent (RFC 6265bis §4.1.2.7).
    public enum SameSite: String, Sendable {
        /// With none.
        case strict = "Strict"
        /// When the user follows a link here, with a safe method.
        case lax = "Lax"
        /// With all; needs `Secure`.
        case none = "None"
    }

    /// Why a cookie cannot be.
    public enum Invalid: String, Error, Sendable, CustomStringConvertible {
        /// The name is no token.
        case name = "A cookie's name is letters, digits and !#$%&'*+-.^_`|~."
        /// The value holds something else than cookie-octets.
        case value =
            "A cookie's value is visible ASCII without quote, comma, semicolon and backslash: encode what is not."
        /// Name and value have more than 4096 octets together: clients drop such a cookie.
        case tooLong = "A cookie's name and value must not be longer than 4096 octets together."
        /// The path does not begin with a slash, is longer than 1024 octets, or holds a semicolon or a control.
        case path = "A cookie's path begins with a slash, and is visible ASCII without semicolon."
        /// The domain is no host name.
        case domain = "A cookie's domain is a host name, without a dot at its ends."
        /// The age is less than a second.
        case maxAge = "A cookie's Max-Age is a second at least: use expired(_:path:domain:) to remove a cookie."
        /// `SameSite=None` or `Partitioned` without `Secure`.
        case needsSecure = "A cookie with SameSite=None or Partitioned must be Secure too."
        /// `__Secure-` without `Secure`, or `__Host-` without `Secure` and `Path=/`, or with a Domain.
        case prefix = "A cookie named __Secure-... must be Secure; __Host-... also needs the path / and no domain."

        /// What is wrong.
        public var description: String { rawValue }
    }

    /// The name: a token, with case.
    public let name: String
    /// The value as it is sent.
    public let value: String
    /// The path that the request's must begin with; nil: the directory of the request that this answers.
    public let path: String?
    /// The domain whose hosts get the cookie; nil: this host alone.
    public let domain: String?
    /// How long the client keeps the cookie, in whole seconds; wins over `expires`.
    public let maxAge: Int?
    /// When the client drops the cookie, in seconds since 1970. Without this and `maxAge`: when it ends its session.
    public let expires: Int?
    /// Whether it is sent over TLS only.
    public let isSecure: Bool
    /// Whether scripts cannot read it.
    public let isHTTPOnly: Bool
    /// With which requests of other sites it is sent; nil leaves that to the client.
    public let sameSite: SameSite?
    /// Whether each site that embeds this one has a cookie of its own (CHIPS).
    public let isPartitioned: Bool

    /// A cookie; the properties tell what the parameters are.
    /// - Parameter maxAge: rounded down to whole seconds.
    /// - Throws: what is wrong with it.
    public init(
        _ name: String,
        _ value: String,
        path: String? = "/",
        domain: String? = nil,
        maxAge: Duration? = nil,
        expires: Int? = nil,
        secure: Bool = false,
        httpOnly: Bool = true,
        sameSite: SameSite? = .lax,
        partitioned: Bool = false
    ) throws(Invalid) {
        self.name = name
        self.value = value
        self.path = path
        self.domain = domain
        self.maxAge = maxAge.map { Int($0.components.seconds) }
        self.expires = expires
        isSecure = secure
        isHTTPOnly = httpOnly
        self.sameSite = sameSite
        isPartitioned = partitioned
        try check()
    }

    /// What makes the client drop the cookie of this name; path and domain must be those it was set with.
    public static func expired(
        _ name: String,
        path: String? = "/",
        domain: String? = nil
    ) throws(Invalid) -> SetCookie {
        // The prefixes ask for Secure here too; a client that has no secure cookie takes no notice of it.
        let secure = hasPrefix(name, "__secure-") || hasPrefix(name, "__host-")
        return try SetCookie(name, "", path: path, domain: domain, expires: 0, secure: secure)
    }
}

// MARK: - Checks

extension SetCookie {
    private func check() throws(Invalid) {
        guard !name.isEmpty, name.utf8.allSatisfy(OctetSet.token.contains) else { throw .name }
        guard Self.isValue(value) else { throw .value }
        guard name.utf8.count + value.utf8.count <= 4096 else { throw .tooLong }
        if let path, !Self.isPath(path) { throw .path }
        if let domain, !Self.isDomain(domain) { throw .domain }
        if let maxAge, maxAge < 1 { throw .maxAge }
        guard isSecure || sameSite != SameSite.none && !isPartitioned else { throw .needsSecure }
        // Clients compare the prefixes without case (RFC 6265bis §5.4).
        if Self.hasPrefix(name, "__secure-"), !isSecure { throw .prefix }
        if Self.hasPrefix(name, "__host-"), !isSecure || path != "/" || domain != nil { throw .prefix }
    }

    private static func hasPrefix(_ name: String, _ lowercase: String) -> Bool {
        name.utf8.prefix(lowercase.utf8.count).map(OctetSet.lowercased).elementsEqual(lowercase.utf8)
    }

    /// `cookie-value`: cookie-octets, or the same in quotes.
    private static func isValue(_ value: String) -> Bool {
        var octets = Array(value.utf8)[...]
        if octets.count >= 2, octets.first == UInt8(ascii: "\""), octets.last == UInt8(ascii: "\"") {
            octets = octets.dropFirst().dropLast()
        }
        return octets.allSatisfy { octet in
            (0x21...0x7E).contains(octet) && !"\",;\\".utf8.contains(octet)
        }
    }

    private static func isPath(_ path: String) -> Bool {
        path.utf8.first == UInt8(ascii: "/") && path.utf8.count <= 1024
            && path.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ";") }
    }

    /// Labels of letters, digits and hyphens (RFC 1123 §2.1).
    private static func isDomain(_ domain: String) -> Bool {
        domain.utf8.count <= 253
            && domain.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                    && label.allSatisfy { octet in
                        OctetSet.isDigit(octet) || (0x61...0x7A).contains(OctetSet.lowercased(octet))
                            || octet == UInt8(ascii: "-")
                    }
            }
    }
}

extension SetCookie: CustomStringConvertible {
    /// The cookie as the field spells it, such as `id=31d4; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax`.
    public var description: String {
        var text = "\(name)=\(value)"
        if let path { text += "; Path=\(path)" }
        if let domain { text += "; Domain=\(domain)" }
        if let maxAge { text += "; Max-Age=\(maxAge)" }
        if let expires { text += "; Expires=\(HTTPDate.string(expires))" }
        if isSecure { text += "; Secure" }
        if isHTTPOnly { text += "; HttpOnly" }
        if let sameSite { text += "; SameSite=\(sameSite.rawValue)" }
        if isPartitioned { text += "; Partitioned" }
        return text
    }
}
