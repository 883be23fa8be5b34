import MartletReactor

/// Logins that were right a while ago, and those that are being checked: so that a page with fifty pictures costs one hash,
/// not fifty. A login is known by a code under a key that nobody else has; nothing can be learned from the codes.
///
/// After its time one has to be checked again, but is still told from a guess: so whoever is logged in goes on when others at
/// the same address fail.
final class RememberedLogins: Sendable {
    private struct State {
        /// When each ends. Those of late, and those before.
        var recent: [[UInt8]: Instant] = [:]
        var older: [[UInt8]: Instant] = [:]
        /// Who waits for a check that is under way.
        var pending: [[UInt8]: [CheckedContinuation<Bool?, Never>]] = [:]
    }

    private enum Step {
        case known
        case check(wasRight: Bool)
        case wait
    }

    private let lifetime: Nanoseconds
    private let limit: Int
    private let now: @Sendable () -> Instant
    private let state = Locked(State())

    /// - Parameters:
    ///   - lifetime: how long one is known.
    ///   - limit: so many at most.
    init(lifetime: Nanoseconds, limit: Int = 4096, now: @escaping @Sendable () -> Instant) {
        self.lifetime = lifetime
        self.limit = max(1, limit / 2)
        self.now = now
    }

    /// Whether the login of this code is right, by what is known, else by a check that others may already have begun.
    /// - Parameters:
    ///   - joined: called when the outcome is that of another's check.
    ///   - check: is told whether this login was right before.
    func isRight(
        _ code: [UInt8],
        joined: () -> Void,
        check: (_ wasRight: Bool) async throws -> Bool
    ) async throws -> Bool {
        while true {
            try Task.checkCancellation()
            switch step(code) {
            case .known: return true
            case .check(let wasRight):
                do {
                    let isRight = try await check(wasRight)
                    finish(code, isRight)
                    return isRight
                } catch {
                    finish(code, nil)
                    throw error
                }
            case .wait:
                // Nil: that check came to nothing, for a reason that may be its alone.
                if let isRight = await outcome(of: code) {
                    joined()
                    return isRight
                }
            }
        }
    }

    private func step(_ code: [UInt8]) -> Step {
        let now = now()
        return state.withLock { state in
            let end = state.recent[code] ?? state.older[code]
            if let end, end > now { return .known }
            if state.pending[code] != nil { return .wait }
            state.pending[code] = []
            return .check(wasRight: end != nil)
        }
    }

    private func outcome(of code: [UInt8]) async -> Bool? {
        await withCheckedContinuation { continuation in
            let isPending = state.withLock { state in
                state.pending[code]?.append(continuation) != nil
            }
            if !isPending { continuation.resume(returning: nil) }
        }
    }

    private func finish(_ code: [UInt8], _ isRight: Bool?) {
        let end = now() + lifetime
        let waiting = state.withLock { state in
            if isRight == true {
                if state.recent[code] == nil, state.recent.count >= limit {
                    state.older = state.recent
                    state.recent = [:]
                }
                state.recent[code] = end
            }
            return state.pending.removeValue(forKey: code) ?? []
        }
        for continuation in waiting { continuation.resume(returning: isRight) }
    }
}
