import Glibc
import MartletReactor

/// A gate that a test opens, for a thread that waits at it.
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
