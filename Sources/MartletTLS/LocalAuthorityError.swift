/// Why a local CA cannot be made or used.
public struct LocalAuthorityError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong and what to do, in a sentence or two.
    public let message: String

    init(_ message: String) {
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
