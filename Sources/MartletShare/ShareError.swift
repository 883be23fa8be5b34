/// Something that keeps URLs from being signed or uses from being counted: what, and what to do.
public struct ShareError: Error, Sendable, CustomStringConvertible {
    /// A sentence for whoever runs the server.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
