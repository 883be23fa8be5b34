/// A task that waits for its connection. One that is let go of without an answer, because the loop has ended or the
/// connection is gone, hears that it is cancelled.
///
/// `@unchecked Sendable`: made by the task, from then on used by the connection's loop alone.
package final class Waiter<Value: Sendable>: @unchecked Sendable {
    private var continuation: CheckedContinuation<Value, any Error>?

    package init(_ continuation: CheckedContinuation<Value, any Error>) {
        self.continuation = continuation
    }

    deinit {
        resume(throwing: CancellationError())
    }

    /// Lets the task go on. Only the first call counts.
    package func resume(with result: Result<Value, any Error>) {
        continuation?.resume(with: result)
        continuation = nil
    }

    package func resume(returning value: Value) { resume(with: .success(value)) }
    package func resume(throwing error: any Error) { resume(with: .failure(error)) }
}

extension Waiter where Value == Void {
    package func resume() { resume(with: .success(())) }
}
