/// Something that an `EventLoop` tells about events: a connection, a listener, a timer.
///
/// All three calls come on the loop's thread, one at a time.
public protocol EventSource: AnyObject {
    /// The descriptor is ready. With `Trigger.edge` this comes once for each change.
    func ready(_ readiness: Readiness)

    /// The deadline set by `EventLoop.setDeadline` has passed. It is unset before this call.
    func deadlineReached()

    /// The turn asked for by `EventLoop.requestTurn`.
    func turn()
}

extension EventSource {
    /// Does nothing: for sources without a descriptor.
    public func ready(_ readiness: Readiness) {}
    /// Does nothing: for sources that set no deadline.
    public func deadlineReached() {}
    /// Does nothing: for sources that ask for no turns.
    public func turn() {}
}

/// The place of a source in its loop's table. Valid until `EventLoop.deregister`.
public struct Registration: Equatable, Sendable {
    /// Slot number below, generation above: an event for a descriptor that was closed, and whose slot or number
    /// somebody else has now, does not match and is dropped.
    let token: UInt64

    init(slot: Int, generation: UInt32) {
        token = UInt64(generation) << 32 | UInt64(UInt32(truncatingIfNeeded: slot))
    }

    init(token: UInt64) {
        self.token = token
    }

    var slot: Int { Int(UInt32(truncatingIfNeeded: token)) }
    var generation: UInt32 { UInt32(truncatingIfNeeded: token >> 32) }
}
