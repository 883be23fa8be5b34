import HTTPTypes
import Logging
public import MartletReactor
import MartletWire

/// Lets each peer send so many requests in a while; one more is answered with 429 and `Retry-After` (RFC 6585 §4).
///
/// A token bucket for each peer: it holds `burst` requests and fills up at the rate given. A peer is an IPv4 address or
/// an IPv6 /64, which is what one customer has; all peers of a Unix socket are one. Behind a proxy every request comes
/// from the proxy: then limit there. Fields that name the client, such as `X-Forwarded-For`, are not looked at, since
/// anybody can write them.
///
/// All loops share the limit. Two groups of routes that share a `RateLimit` value share it too; two values are two limits.
/// Several servers share one where the buckets are in a store.
public struct RateLimit: Middleware {
    private enum Place: Sendable {
        case process(Locked<Buckets>, now: @Sendable () -> Instant)
        case store(StoredBuckets)
    }

    private let place: Place

    /// A limit that nobody has used yet. It is a mistake in the program, and ends it, to allow no request at all.
    /// - Parameters:
    ///   - requests: so many in each `period`, on average.
    ///   - period: default a second.
    ///   - burst: so many at once after a pause; default `requests`.
    ///   - peers: how many are remembered, about 48 octets each; default 65,536. Of more, the ones that were silent the
    ///     longest are forgotten, and begin anew.
    ///   - now: the clock; for tests.
    public init(
        _ requests: Int,
        per period: Duration = .seconds(1),
        burst: Int? = nil,
        peers: Int = 65_536,
        now: @escaping @Sendable () -> Instant = Instant.now
    ) {
        let burst = burst ?? requests
        precondition(requests > 0 && burst > 0 && period > .zero && peers > 0, "RateLimit: nobody could send anything")
        // Far below the end of the clock, so that sums hold.
        let interval = min(max(1, Nanoseconds(period).count / UInt64(requests)), .max / 4)
        place = .process(
            Locked(Buckets(interval: interval, burst: UInt64(burst), limit: peers, start: now())),
            now: now
        )
    }

    /// A limit whose buckets are in a store, which several servers may use. It is a mistake in the program, and ends it, to
    /// allow no request at all.
    /// - Parameters:
    ///   - requests: so many in each `period`, on average.
    ///   - period: default a second.
    ///   - burst: so many at once after a pause; default `requests`.
    ///   - name: tells this limit from others in the store. Limits of one name share their buckets: they must be the same.
    ///   - store: where the buckets are.
    ///   - whenAway: what happens while the store fails; default: requests are passed on.
    public init(
        _ requests: Int,
        per period: Duration = .seconds(1),
        burst: Int? = nil,
        named name: String,
        in store: some RateLimitStore,
        whenAway: WhenAway = .allow
    ) {
        let burst = burst ?? requests
        precondition(requests > 0 && burst > 0 && period > .zero, "RateLimit: nobody could send anything")
        place = .store(
            StoredBuckets(store: store, name: name, interval: period / requests, burst: burst, whenAway: whenAway)
        )
    }

    /// What happens to requests while the store of a limit fails.
    public enum WhenAway: Sendable {
        /// They are passed on, unlimited. Every ten seconds, the log is told why.
        case allow
        /// They are answered with 503. Every ten seconds, the log is told why.
        case refuse
    }

    /// Passes the request on, or refuses it.
    public func respond(to request: Request, next: Next) async throws -> Response {
        let wait: Nanoseconds? =
            switch place {
            case .process(let buckets, let now):
                buckets.withLock { $0.take(from: CountedPeer(request.peer), at: now()) }
            case .store(let buckets): try await buckets.take(for: request)
            }
        guard let wait else { return try await next(request) }
        let seconds = wait.count / 1_000_000_000 + (wait.count % 1_000_000_000 == 0 ? 0 : 1)
        throw HTTPError(
            .tooManyRequests,
            "Too many requests; try again in \(seconds) s.",
            fields: Fields(.retryAfter, "\(seconds)")
        )
    }
}

/// The limit's buckets in a store. A class, so that a limit without one is no larger for it.
private final class StoredBuckets: Sendable {
    let store: any RateLimitStore
    let name: String
    let interval: Duration
    let burst: Int
    let whenAway: RateLimit.WhenAway
    private let warnings = Locked(OncePerTenSeconds())

    init(store: any RateLimitStore, name: String, interval: Duration, burst: Int, whenAway: RateLimit.WhenAway) {
        self.store = store
        self.name = name
        self.interval = interval
        self.burst = burst
        self.whenAway = whenAway
    }

    /// - Returns: nil when the request may pass.
    /// - Throws: `HTTPError` 503 when the store fails and that refuses; `CancellationError`.
    func take(for request: Request) async throws -> Nanoseconds? {
        do {
            let wait = try await store.take("\(name):\(CountedPeer(request.peer))", interval: interval, burst: burst)
            return wait.map { Nanoseconds($0) }
        } catch is CancellationError where Task.isCancelled {
            throw CancellationError()
        } catch {
            warn(error, request.logger)
            if case .allow = whenAway { return nil }
            throw HTTPError(
                .serviceUnavailable,
                "The server cannot count requests at the moment.",
                fields: Fields(.retryAfter, "1")
            )
        }
    }

    private func warn(_ error: any Error, _ logger: Logger) {
        guard let quiet = warnings.withLock({ $0.permits(at: .now()) }) else { return }
        logger.warning(
            "The store of a rate limit fails.",
            metadata: [
                "limit": "\(name)", "error": "\(error)", "requests": whenAway == .allow ? "allowed" : "refused",
                "kept_quiet": "\(quiet)",
            ]
        )
    }
}

/// A bucket for each peer. It is kept as one number: the time when the bucket will be full again. A full one need not be
/// kept at all, and every step takes the same short time however many there are.
private struct Buckets {
    /// Nanoseconds in which a bucket gains one request.
    private let interval: UInt64
    /// Nanoseconds in which an empty bucket becomes full.
    private let fillTime: UInt64
    private let limit: Int
    /// The peers seen lately, and those seen last in the time before that. Whoever is in neither has a full bucket.
    private var recent: [CountedPeer: UInt64] = [:]
    private var older: [CountedPeer: UInt64] = [:]
    private var recentSince: UInt64

    init(interval: UInt64, burst: UInt64, limit: Int, start: Instant) {
        self.interval = interval
        let (product, overflow) = interval.multipliedReportingOverflow(by: burst)
        fillTime = overflow ? .max / 2 : min(product, .max / 2)
        self.limit = max(1, limit / 2)
        recentSince = start.nanoseconds
    }

    /// Takes one request out of the peer's bucket.
    /// - Returns: nil when there was one; else how long it takes until there is.
    mutating func take(from peer: CountedPeer, at now: Instant) -> Nanoseconds? {
        let now = now.nanoseconds
        // In this time every bucket that was not used has become full.
        if now &- recentSince > fillTime { turn(at: now) }
        let full = max(recent[peer] ?? older[peer] ?? now, now)
        if recent.count >= limit, recent[peer] == nil { turn(at: now) }
        let (after, overflow) = full.addingReportingOverflow(interval)
        guard !overflow, after - now <= fillTime else {
            recent[peer] = full
            return Nanoseconds(count: overflow ? interval : after - now - fillTime)
        }
        recent[peer] = after
        return nil
    }

    private mutating func turn(at now: UInt64) {
        older = recent
        recent = [:]
        recentSince = now
    }
}
