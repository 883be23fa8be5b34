/// Why something around the process itself cannot be: in words that name the thing and what to do about it.
package struct DaemonError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The message, one sentence or two.
    package let description: String

    /// An error with a message.
    package init(_ description: String) {
        self.description = description
    }
}
