import HTTPTypes
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
public struct RateLimit: Middleware {
    private let buckets: Locked<Buckets>
    private let now: @Sendable () -> Instant

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
        buckets = Locked(Buckets(interval: interval, burst: UInt64(burst), limit: peers, start: now()))
        self.now = now
    }

    /// Passes the request on, or refuses it.
    public func respond(to request: Request, next: Next) async throws -> Response {
        let wait = buckets.withLock { $0.take(from: Peer(request.peer), at: now()) }
        guard let wait else { return try await next(request) }
        let seconds = wait.count / 1_000_000_000 + (wait.count % 1_000_000_000 == 0 ? 0 : 1)
        throw HTTPError(
            .tooManyRequests,
            "Too many requests; try again in \(seconds) s.",
            fields: Fields(.retryAfter, "\(seconds)")
        )
    }
}

/// Who is counted as one.
private enum Peer: Hashable {
    case ipv4(UInt32)
    case ipv6(UInt64)
    /// A neighbour on a link: all of them have the same /64.
    case linkLocal(UInt64)
    case unix

    init(_ address: SocketAddress) {
        switch address {
        case .ipv4(let address, _): self = .ipv4(address)
        case .ipv6(let high, let low, _, _):
            if let mapped = address.mappedIPv4 {
                self = .ipv4(mapped)
            } else {
                self = high >> 54 == 0xFE80 >> 6 ? .linkLocal(low) : .ipv6(high)
            }
        case .unix: self = .unix
        }
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
    private var recent: [Peer: UInt64] = [:]
    private var older: [Peer: UInt64] = [:]
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
    mutating func take(from peer: Peer, at now: Instant) -> Nanoseconds? {
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
