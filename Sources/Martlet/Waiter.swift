/// A task that waits for its connection. One that is let go of without an answer, because the loop has ended or the
/// connection is gone, hears that it is cancelled.
///
/// `@unchecked Sendable`: made by the task, from then on used by the connection's loop alone.
final class Waiter<Value: Sendable>: @unchecked Sendable {
    private var continuation: CheckedContinuation<Value, any Error>?

    init(_ continuation: CheckedContinuation<Value, any Error>) {
        self.continuation = continuation
    }

    deinit {
        resume(throwing: CancellationError())
    }

    /// Lets the task go on. Only the first call counts.
    func resume(returning value: Value) {
        continuation?.resume(returning: value)
        continuation = nil
    }

    /// Lets the task go on with an error. Only the first call counts.
    func resume(throwing error: any Error) {
        continuation?.resume(throwing: error)
        continuation = nil
    }
}

extension Waiter where Value == Void {
    func resume() {
        resume(returning: ())
    }
}
