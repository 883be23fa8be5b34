/// Why what a server sent is no answer: in words that go into a message.
package struct RESPError: Error, Equatable, Sendable {
    package let reason: String

    package init(_ reason: String) {
        self.reason = reason
    }
}
