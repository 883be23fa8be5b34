import MartletReactor

/// A wait for several replies, for so long and no longer.
final class Round: Sendable {
    /// A reply that is waited for. The wait for it is over when it is let go of, given or not.
    final class Reply: Sendable {
        private let round: Round
        private let isGiven = Locked(false)
        private let lost: @Sendable () -> Void

        fileprivate init(_ round: Round, _ lost: @escaping @Sendable () -> Void) {
            self.round = round
            self.lost = lost
        }

        /// This was it.
        func give() {
            isGiven.withLock { $0 = true }
        }

        deinit {
            if !isGiven.withLock({ $0 }) { lost() }
            round.end()
        }
    }

    private struct State {
        var missing = 0
        var isOver = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Locked(State())

    /// A reply more to wait for.
    /// - Parameter lost: called when it is let go of without having been given.
    func expectReply(orElse lost: @escaping @Sendable () -> Void) -> Reply {
        state.withLock { $0.missing += 1 }
        return Reply(self, lost)
    }

    private func end() {
        finish { state in
            state.missing -= 1
            return state.missing == 0
        }
    }

    private func finish(_ isOver: (inout State) -> Bool) {
        let waiter = state.withLock { state in
            guard isOver(&state) else { return CheckedContinuation<Void, Never>?.none }
            state.isOver = true
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// Returns when all replies are given or the time is over. The time counts on a loop alone: elsewhere it waits for all.
    func wait(atMost time: Nanoseconds) async {
        let loop = EventLoop.current
        let registration = loop.map { loop in
            let registration = loop.register(timer: Limit { [self] in finish { _ in true } })
            loop.setDeadline(registration, .now() + time)
            return registration
        }
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.missing == 0 { state.isOver = true }
                if !state.isOver { state.waiter = continuation }
                return state.isOver
            }
            if isOver { continuation.resume() }
        }
        guard let loop, let registration else { return }
        if loop.isCurrent {
            loop.deregister(registration, fd: nil)
        } else {
            loop.execute { loop.deregister(registration, fd: nil) }
        }
    }
}

private final class Limit: EventSource {
    private let reached: () -> Void

    init(_ reached: @escaping () -> Void) {
        self.reached = reached
    }

    func deadlineReached() {
        reached()
    }
}
