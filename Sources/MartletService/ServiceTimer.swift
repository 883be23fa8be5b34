import MartletReactor

/// Calls a closure on its loop again and again, until it is cancelled or gone.
final class ServiceTimer: EventSource {
    private let loop: EventLoop
    private let interval: Nanoseconds
    private let action: () -> Void
    private var registration: Registration?

    /// Begins; the first call comes after one interval. On the loop's thread.
    init(_ loop: EventLoop, every interval: Duration, _ action: @escaping () -> Void) {
        self.loop = loop
        self.interval = Nanoseconds(interval)
        self.action = action
        let registration = loop.register(timer: self)
        self.registration = registration
        loop.setDeadline(registration, loop.now + self.interval)
    }

    func deadlineReached() {
        guard let registration else { return }
        loop.setDeadline(registration, loop.now + interval)
        action()
    }

    func cancel() {
        guard let registration else { return }
        self.registration = nil
        loop.deregister(registration, fd: nil)
    }
}
