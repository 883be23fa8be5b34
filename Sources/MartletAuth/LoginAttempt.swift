import Logging
public import Martlet
import MartletReactor

/// One request's try to log in. Whoever compares a secret that can be guessed asks it first.
public final class LoginAttempt: Sendable {
    private enum State {
        case waiting
        /// Counted as one that is being checked.
        case admitted
        /// The same as another that was counted.
        case joined
        case ended
    }

    private let failures: FailedLogins
    private let peer: SocketAddress
    private let state = Locked(State.waiting)

    init(_ failures: FailedLogins, _ peer: SocketAddress) {
        self.failures = failures
        self.peer = peer
    }

    /// Asks whether this peer may try now. Not needed for what was found right before, such as a session.
    /// - Throws: `HTTPError` 429 with `Retry-After` when it failed too often, or tries too many at once.
    public func admit() throws(HTTPError) {
        try state.withLock { state throws(HTTPError) in
            guard case .waiting = state else { return }
            if let seconds = failures.admit(peer) {
                throw HTTPError(
                    .tooManyRequests,
                    "Too many failed logins; try again in \(seconds) s.",
                    fields: Fields(.retryAfter, "\(seconds)")
                )
            }
            state = .admitted
        }
    }

    /// The outcome is that of another attempt, made at the same time with the same credentials: it counts once.
    func join() {
        state.withLock { if case .waiting = $0 { $0 = .joined } }
    }

    /// The login failed. It counts when a secret that can be guessed was compared, for which this was asked.
    func fail(_ refusal: AuthRefusal, _ logger: Logger) {
        let counts: Bool? = state.withLock { state in
            switch state {
            case .joined: nil
            case .admitted: true
            case .waiting, .ended: false
            }
        }
        if let counts { failures.fail(peer, refusal, logger, counts: counts) }
    }

    func end() {
        let wasAdmitted = state.withLock { state in
            defer { state = .ended }
            return if case .admitted = state { true } else { false }
        }
        if wasAdmitted { failures.end(peer) }
    }
}
