/// The value of `Authorization`: credentials of some scheme (RFC 9110 §11.4), such as `Basic QWxhZGRpbjpvcGVu` or
/// `Digest username="alice", nc=00000001`.
///
/// What it holds is secret: printing it shows the scheme alone.
public struct AuthorizationField: Sendable, Equatable {
    /// The scheme in lower case: `basic`, `digest`, `bearer`. Schemes are compared without case (§11.1).
    public let scheme: String
    /// What follows the scheme.
    public let content: Content

    /// What follows the scheme, in one of the three forms that there are.
    public enum Content: Sendable, Equatable {
        /// Nothing.
        case none
        /// One word, as Basic and Bearer have it: letters, digits, `-._~+/`, and `=` at its end.
        case token68(String)
        /// Parameters, in order.
        case parameters(AuthParameters)
    }

    /// Parameters that one field may have; more are refused.
    public static let parameterLimit = 64

    /// The credentials that `value` spells; nil when it is not wholly that, or has a parameter twice or too many. Empty
    /// members of its list are skipped.
    public init?(parsing value: Span<UInt8>) {
        var scanner = ValueScanner(value)
        let scheme = scanner.token()
        guard !scheme.isEmpty else { return nil }
        self.scheme = scanner.lowercasedString(scheme)
        if scanner.isAtEnd {
            content = .none
            return
        }
        guard scanner.consume(UInt8(ascii: " ")) else { return nil }
        while scanner.consume(UInt8(ascii: " ")) {}
        if let token = scanner.token68() {
            content = .token68(token)
        } else if let parameters = AuthParameters(&scanner, limit: Self.parameterLimit) {
            content = .parameters(parameters)
        } else {
            return nil
        }
    }

    /// The credentials that `text` spells; see ``init(parsing:)``.
    public init?(_ text: String) {
        self.init(parsing: text.utf8.span)
    }

    /// The scheme that a value begins with, in lower case, whatever follows; nil when it begins with none: for saying what
    /// was wrong with a field that cannot be parsed.
    public static func scheme(of value: Span<UInt8>) -> String? {
        var scanner = ValueScanner(value)
        let scheme = scanner.token()
        guard !scheme.isEmpty, scanner.isAtEnd || scanner.current == UInt8(ascii: " ") else { return nil }
        return scanner.lowercasedString(scheme)
    }

    /// The one word; nil where there is none.
    public var token68: String? {
        if case .token68(let token) = content { token } else { nil }
    }

    /// The parameters; nil where there are none.
    public var parameters: AuthParameters? {
        if case .parameters(let parameters) = content { parameters } else { nil }
    }
}

extension AuthorizationField: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The scheme, and that the rest is not shown.
    public var description: String { "\(scheme) (not shown)" }
    /// The same: a debugger's dump ends up in logs too.
    public var debugDescription: String { description }
    /// Without children, for the same reason.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension ValueScanner {
    /// Steps over a token68 (RFC 9110 §11.2) that reaches to the end; nil, with the cursor where it was, when it is none.
    fileprivate mutating func token68() -> String? {
        let start = position
        while let octet = current, Self.isToken68(octet) { position += 1 }
        guard position > start else { return nil }
        while consume(UInt8(ascii: "=")) {}
        let end = position
        // Space at the end of a field value is none of it.
        guard isAtEnd else {
            position = start
            return nil
        }
        return string(start..<end)
    }

    private static func isToken68(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"):
            true
        default: false
        }
    }
}
