import MartletReactor

/// A condition that did not come true in time.
public struct TimedOut: Error, CustomStringConvertible {
    /// What was waited for, and for how long.
    public let description: String
}

/// Waits until `condition` is true, asking again every few milliseconds.
///
/// For what a test can only watch from outside, such as the descriptors of another process. What can be awaited is
/// awaited instead.
/// - Parameters:
///   - what: named in the error: "every connection is closed".
///   - timeout: 4 min by default: all tests begin at once, and each has to wait for its turn.
/// - Throws: `TimedOut`, which fails the test with `what` in its message.
public func eventually(
    _ what: String,
    timeout: Duration = .seconds(240),
    _ condition: () async throws -> Bool
) async throws {
    let deadline = Instant.now() + Nanoseconds(timeout)
    while try await !condition() {
        if Instant.now() >= deadline { throw TimedOut(description: "not within \(timeout): \(what)") }
        try await Task.sleep(for: .milliseconds(2))
    }
}
