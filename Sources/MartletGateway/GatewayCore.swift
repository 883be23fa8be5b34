import Martlet
import MartletReactor
import MartletWire
import Synchronization

/// What all loops of a gateway share.
final class GatewayCore: Sendable {
    let backends: [BackendState]
    let options: GatewayOptions
    /// Whether health is looked at: the only backend is asked whatever happened before, unless checks say that it is down.
    private let pauses: Bool
    /// What Via says of a message of HTTP/1.0, and of any other.
    private let via: (old: String, usual: String)
    private let start = Atomic<Int>(0)
    private let isChecking = Atomic<Bool>(false)

    init(_ backends: [Backend], _ options: GatewayOptions) {
        self.backends = backends.enumerated().map { BackendState($1, index: $0, options: options.health) }
        self.options = options
        pauses = backends.count > 1
        via = ("1.0 \(options.pseudonym)", "1.1 \(options.pseudonym)")
    }

    /// What Via says of a message that came in this version (RFC 9110 §7.6.3).
    func via(_ version: HTTPVersion) -> String {
        version == .http1_0 ? via.old : via.usual
    }

    func isUp(_ state: BackendState, at now: Instant) -> Bool {
        state.isOut(at: now) == nil
    }

    /// - Returns: whether that takes the backend out.
    func noteFailure(of state: BackendState, at now: Instant) -> Bool {
        pauses && state.failed(at: now)
    }

    /// Seconds until a backend can be asked again, 1 at least.
    func secondsUntilUp(at now: Instant) -> Int {
        let first = backends.compactMap { $0.isOut(at: now) }.min() ?? now
        return max(1, Int(clamping: (now.duration(to: first).count + 999_999_999) / 1_000_000_000))
    }

    func takeStart() -> Int {
        backends.isEmpty ? 0 : start.wrappingAdd(1, ordering: .relaxed).oldValue % backends.count
    }

    /// Whether the caller is the one who makes active checks: one loop does for all.
    func beginChecks() -> Bool {
        options.health.path != nil && !isChecking.exchange(true, ordering: .relaxed)
    }

    func endChecks() {
        isChecking.store(false, ordering: .relaxed)
    }
}
