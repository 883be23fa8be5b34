import Logging
import Martlet
public import MartletReactor

/// Counts failed logins by peer, and slows down who fails often.
///
/// A peer, an IPv4 address or an IPv6 /64, may fail five times; then it has to wait a second before it may try again, after
/// the next failure two seconds, and so on up to a minute. A try before that is answered 429 with `Retry-After`, and nothing
/// is compared: even the right password would not do. Nor are more passwords compared at once than a peer that has failed has
/// failures free, one at least. So a peer guesses some 1,500 passwords a day, and no connection is held. Whoever has not
/// failed for ten minutes begins anew. Not slowed are those who are logged in: Basic credentials that were right a while
/// ago, Digest nonces in use, and tokens, which nobody can guess; nor does a wrong one count.
///
/// Failures are logged with address and user name, once in ten seconds for each peer, never with what was sent as a secret.
///
/// Behind a proxy all its clients are one peer, unless it speaks the PROXY protocol: use ``off`` there, and limit at the
/// proxy.
public final class FailedLogins: Sendable {
    /// Checks that one peer may have under way at once, if it has not failed of late.
    static let simultaneousLimit = 16
    /// After so long without a failure, all are forgotten.
    private static let memory = Nanoseconds(.seconds(600))

    /// Counts nothing, and slows nobody; failures are logged all the same.
    public static var off: FailedLogins { FailedLogins(free: .max, peers: 2) }

    private struct Peer {
        var failures = 0
        var lastFailure = Instant(nanoseconds: 0)
        var waitEnd = Instant(nanoseconds: 0)
    }

    private struct State {
        /// Those of late, and those before; whoever is in neither is as new.
        var recent: [CountedPeer: Peer] = [:]
        var older: [CountedPeer: Peer] = [:]
        /// How many are being checked.
        var pending: [CountedPeer: Int] = [:]
        var log = OncePerPeer()
    }

    private let free: Int
    private let longestWait: Nanoseconds
    private let limit: Int
    private let now: @Sendable () -> Instant
    private let state = Locked(State())

    /// A count of its own.
    /// - Parameters:
    ///   - free: failures before anybody has to wait; default 5.
    ///   - longestWait: the longest time that a peer has to wait; default a minute.
    ///   - peers: how many are remembered; default 4,096. Of more, those seen longest ago are forgotten.
    ///   - now: the clock; for tests.
    public init(
        free: Int = 5,
        longestWait: Duration = .seconds(60),
        peers: Int = 4096,
        now: @escaping @Sendable () -> Instant = Instant.now
    ) {
        self.free = max(0, free)
        self.longestWait = Nanoseconds(longestWait)
        limit = max(1, peers / 2)
        self.now = now
    }

    private var isOff: Bool { free == .max }

    /// Counts a check that begins.
    /// - Returns: nil when it may; else in how many seconds.
    func admit(_ address: SocketAddress) -> UInt64? {
        if isOff { return nil }
        let peer = CountedPeer(address)
        let now = now()
        return state.withLock { state in
            let entry = state.recent[peer] ?? state.older[peer]
            if let entry, entry.waitEnd > now { return now.duration(to: entry.waitEnd).count / 1_000_000_000 + 1 }
            guard state.pending[peer, default: 0] < simultaneous(entry, at: now) else { return 1 }
            state.pending[peer, default: 0] += 1
            return nil
        }
    }

    /// How many checks a peer may have under way: else it would make as many guesses at the end of each wait.
    private func simultaneous(_ entry: Peer?, at now: Instant) -> Int {
        guard let entry, !isForgotten(entry, at: now) else { return Self.simultaneousLimit }
        return min(Self.simultaneousLimit, max(1, free - entry.failures))
    }

    private func isForgotten(_ entry: Peer, at now: Instant) -> Bool {
        entry.lastFailure.duration(to: now).count > Self.memory.count
    }

    /// A check that was counted is over.
    func end(_ address: SocketAddress) {
        if isOff { return }
        let peer = CountedPeer(address)
        state.withLock { state in
            guard let count = state.pending[peer] else { return }
            state.pending[peer] = count > 1 ? count - 1 : nil
        }
    }

    /// A login failed.
    /// - Parameter counts: whether what was wrong could be guessed: else it is only logged.
    func fail(_ address: SocketAddress, _ refusal: AuthRefusal, _ logger: Logger, counts: Bool = true) {
        let now = now()
        let peer = CountedPeer(address)
        let quiet = state.withLock { state in
            if counts, !isOff { count(peer, at: now, &state) }
            // Not by address: who has an IPv6 /64 could fill the log.
            return state.log.permits(peer.description, at: now)
        }
        guard let quiet else { return }
        let user = refusal.userName.map { "for user \"\(Self.escaped($0))\" " } ?? ""
        let more = quiet == 0 ? "" : " (and \(quiet) more from there)"
        logger.warning("a login \(user)from \(address.host) failed: \(refusal.detail)\(more)")
    }

    private func count(_ peer: CountedPeer, at now: Instant, _ state: inout State) {
        var entry = state.recent[peer] ?? state.older[peer] ?? Peer()
        if isForgotten(entry, at: now) { entry.failures = 0 }
        entry.failures += 1
        entry.lastFailure = now
        let over = entry.failures - free
        if over > 0 {
            let seconds = UInt64(1) << UInt64(min(over - 1, 30))
            entry.waitEnd = now + Nanoseconds(count: min(seconds * 1_000_000_000, longestWait.count))
        }
        if state.recent[peer] == nil, state.recent.count >= limit {
            state.older = state.recent
            state.recent = [:]
        }
        state.recent[peer] = entry
    }

    /// A name that somebody claims, fit for a log.
    static func escaped(_ name: String) -> String {
        var text: [UInt8] = []
        AccessLog.appendEscaped(Array(name.utf8.prefix(64)).span, to: &text)
        return String(decoding: text, as: UTF8.self) + (name.utf8.count > 64 ? "…" : "")
    }
}
