/// A challenge: what a server tells in `WWW-Authenticate` of one scheme by which a client may say who it is (RFC 9110 §11.3).
///
/// ```swift
/// var challenge = Challenge("Basic", realm: "staff")
/// challenge.parameters.quote("charset", "UTF-8")
/// fields.append(.wwwAuthenticate, challenge.fieldValue)   // Basic realm="staff", charset="UTF-8"
/// ```
/// Several go on lines of their own, which more clients understand than a list (§11.6.1).
public struct Challenge: Sendable, Equatable {
    /// The scheme, as it is to be written: `Basic`.
    public let scheme: String
    /// Its parameters, each once at most. There should be one: a bare scheme is hard to tell from a parameter in a list.
    public var parameters = AuthParameters()

    /// A challenge with a realm, which is always a quoted-string (§11.5).
    /// - Parameter scheme: a token; anything else is a mistake in the program, and ends it.
    public init(_ scheme: String, realm: String) {
        precondition(
            !scheme.isEmpty && scheme.utf8.allSatisfy { OctetSet.token.contains($0) },
            "Challenge: \"\(scheme)\" is no scheme"
        )
        self.scheme = scheme
        parameters.quote("realm", realm)
    }

    /// As it stands in the field.
    public var fieldValue: [UInt8] {
        Array(scheme.utf8) + [UInt8(ascii: " ")] + parameters.fieldValue
    }
}
