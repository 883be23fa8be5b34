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
    private let resolved = Locked<(addresses: [SocketAddress], expiry: Instant)?>(nil)

    /// How long an address that a name stands for is used.
    private static let addressLifetime = Nanoseconds(.seconds(10))
    /// Of the addresses of a name, so many are tried.
    private static let triedAddresses = 4
    /// Asks name servers.
    private static let resolver = ThreadPool(name: "resolver", threads: 2)

    init(_ backend: Backend, index: Int, options: HealthOptions) {
        self.backend = backend
        self.index = index
        self.options = options
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
        switch backend.place {
        case .address(let address): return [address]
        case .name(let name, let port):
            if let known = resolved.withLock({ $0 }), known.expiry > now { return known.addresses }
            do {
                let found = try await Self.resolver.run { try SocketAddress.resolve(name, port: port) }
                let addresses = Array(found.prefix(Self.triedAddresses))
                resolved.withLock { $0 = (addresses, now + Self.addressLifetime) }
                return addresses
            } catch {
                throw .unreachable("\(error)")
            }
        }
    }
}
