/// A wait that can end before it begins, as a cancelled one may. Whoever finishes it first decides its result. On the
/// loop's thread only.
final class Pending<Value: Sendable>: @unchecked Sendable {
    /// The result, once there is one.
    private(set) var result: Result<Value, any Error>?
    private var waiter: Waiter<Value>?

    /// The task waits from now on.
    func arm(_ waiter: Waiter<Value>) {
        if let result { return waiter.resume(with: result) }
        self.waiter = waiter
    }

    func finish(_ result: Result<Value, any Error>) {
        guard self.result == nil else { return }
        self.result = result
        waiter?.resume(with: result)
        waiter = nil
    }
}
