import HTTPTypes
import Martlet
import MartletReactor
import MartletWire

/// How many scripts of a handler run at once, over all loops; who comes when all run waits in turn, for a while.
final class ScriptSlots: Sendable {
    /// Leave for one script, given back when the last reference goes.
    final class Slot: Sendable {
        private let slots: ScriptSlots

        fileprivate init(_ slots: ScriptSlots) {
            self.slots = slots
        }

        deinit {
            slots.give()
        }
    }

    private struct State {
        var running = 0
        /// In order; those that gave up are taken out.
        var waiting: [Turn] = []
    }

    private let limit: Int
    private let queueLimit: Int
    private let patience: Duration
    private let state = Locked(State())

    /// - Parameters:
    ///   - limit: scripts at once; at least one.
    ///   - queueLimit: requests that may wait.
    ///   - patience: how long they wait.
    init(limit: Int, queueLimit: Int, patience: Duration) {
        self.limit = max(1, limit)
        self.queueLimit = max(0, queueLimit)
        self.patience = patience
    }

    /// Waits for a slot, on `loop`, whose thread this is.
    /// - Throws: `HTTPError` 503 when too many wait or it takes too long; `CancellationError`.
    func take(on loop: EventLoop) async throws -> Slot {
        let turn = Turn(loop)
        let isFree = state.withLock { state -> Bool? in
            if state.running < limit, state.waiting.isEmpty {
                state.running += 1
                return true
            }
            guard state.waiting.count < queueLimit else { return nil }
            state.waiting.append(turn)
            return false
        }
        guard let isFree else { throw Self.overload }
        if isFree { return Slot(self) }
        return try await withTaskCancellationHandler {
            try await turn.wait(for: patience) { [self] in giveUp(turn) }
        } onCancel: {
            guard giveUp(turn) else { return }
            loop.execute { turn.end(.failure(CancellationError())) }
        }
    }

    /// Takes a turn out of the queue.
    /// - Returns: false when it has its slot already, or was taken out before.
    private func giveUp(_ turn: Turn) -> Bool {
        state.withLock { state in
            guard let index = state.waiting.firstIndex(where: { $0 === turn }) else { return false }
            state.waiting.remove(at: index)
            return true
        }
    }

    /// A script has ended: its slot goes to who waits for the longest time.
    private func give() {
        let next = state.withLock { state -> Turn? in
            if state.waiting.isEmpty {
                state.running -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        guard let next else { return }
        // Should the loop have ended, nobody waits there any more: the slot passes on with the closure.
        let slot = Slot(self)
        next.loop.execute { next.end(.success(slot)) }
    }

    fileprivate static var overload: HTTPError {
        HTTPError(
            .serviceUnavailable,
            "Too many scripts run here at the moment.",
            fields: Fields(.retryAfter, "2")
        )
    }
}

/// One request that waits for its turn. On its loop's thread.
private final class Turn: EventSource, @unchecked Sendable {
    let loop: EventLoop
    private var waiter: Waiter<ScriptSlots.Slot>?
    private var result: Result<ScriptSlots.Slot, any Error>?
    private var giveUp: (() -> Bool)?

    init(_ loop: EventLoop) {
        self.loop = loop
    }

    /// - Parameter giveUp: leaves the queue; false when the slot is on its way.
    func wait(for patience: Duration, giveUp: @escaping () -> Bool) async throws -> ScriptSlots.Slot {
        self.giveUp = giveUp
        let registration = loop.register(timer: self)
        loop.setDeadline(registration, loop.now + Nanoseconds(patience))
        defer {
            loop.deregister(registration, fd: nil)
            self.giveUp = nil
            result = nil
        }
        if let result { return try result.get() }
        return try await withCheckedThrowingContinuation { waiter = Waiter($0) }
    }

    func deadlineReached() {
        if giveUp?() ?? false { end(.failure(ScriptSlots.overload)) }
    }

    /// Only the first call counts.
    func end(_ result: Result<ScriptSlots.Slot, any Error>) {
        guard self.result == nil else { return }
        self.result = result
        waiter?.resume(with: result)
        waiter = nil
    }
}
