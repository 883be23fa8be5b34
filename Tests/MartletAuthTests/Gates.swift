import Glibc
import MartletReactor

/// A gate that a test opens: what waits at it goes on then.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Locked(State())

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

/// The same for a thread of its own.
final class BlockingGate: Sendable {
    private struct State {
        var isOpen = false
        var isReached = false
    }

    private let state = Locked(State())

    var isReached: Bool { state.withLock { $0.isReached } }

    func pass() {
        state.withLock { $0.isReached = true }
        while !state.withLock({ $0.isOpen }) { usleep(1000) }
    }

    func open() {
        state.withLock { $0.isOpen = true }
    }
}
