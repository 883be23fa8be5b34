import Martlet
import MartletReactor
import Synchronization

/// What all loops know of one backend: whether it is up, its addresses, what it speaks.
final class BackendState: Sendable {
    let backend: Backend
    let index: Int
    private let options: HealthOptions
    /// When it may be asked again, in nanoseconds of the monotonic clock; 0: now.
    private let pausedUntil = Atomic<UInt64>(0)
    /// An active check said that it is down.
    private let failedCheck = Atomic<Bool>(false)
    /// Its last answer was of HTTP/1.0.
    private let speaksOld = Atomic<Bool>(false)
    private let failures = Locked<[Instant]>([])
    private let places: ServerAddresses

    init(_ backend: Backend, index: Int, options: HealthOptions) {
        self.backend = backend
        self.index = index
        self.options = options
        places = ServerAddresses(of: backend.place)
    }

    // MARK: Health

    /// When it can be asked again; nil: now.
    func isOut(at now: Instant) -> Instant? {
        let paused = pausedUntil.load(ordering: .relaxed)
        if paused > now.nanoseconds { return Instant(nanoseconds: paused) }
        return failedCheck.load(ordering: .relaxed) ? now + Nanoseconds(options.interval) : nil
    }

    /// Counts a failure.
    /// - Returns: true when that takes it out.
    func failed(at now: Instant) -> Bool {
        failures.withLock { failures in
            let window = Nanoseconds(options.window)
            failures.removeAll { $0 + window <= now }
            failures.append(now)
            guard failures.count >= max(1, options.failures) else { return false }
            failures = []
            pausedUntil.store((now + Nanoseconds(options.pause)).nanoseconds, ordering: .relaxed)
            return true
        }
    }

    /// An active check came to this.
    /// - Returns: true when that is news.
    func checked(isUp: Bool) -> Bool {
        if isUp { pausedUntil.store(0, ordering: .relaxed) }
        return failedCheck.exchange(!isUp, ordering: .relaxed) == isUp
    }

    // MARK: What it speaks

    /// Whether it answered in HTTP/1.0 last, which knows no chunks (RFC 9112 §6.1).
    var isOld: Bool {
        get { speaksOld.load(ordering: .relaxed) }
        set { if newValue != isOld { speaksOld.store(newValue, ordering: .relaxed) } }
    }

    // MARK: Addresses

    /// Where it can be reached now.
    func addresses(at now: Instant) async throws(BackendFailure) -> [SocketAddress] {
        do throws(ConnectionFault) {
            return try await places.current(at: now)
        } catch {
            throw BackendFailure(error)
        }
    }
}
