/// Users, tokens or rules that cannot be used as they are. It says what is wrong, where, and what to do.
public struct AuthError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A sentence for whoever set it up.
    public let description: String

    package init(_ description: String) {
        self.description = description
    }
}
