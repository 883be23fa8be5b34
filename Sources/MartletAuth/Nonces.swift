import MartletReactor
import MartletWire

/// Nonces that carry all there is to know of them, signed (RFC 7616 §3.3): when they were made, and random octets. Only those
/// with which somebody logged in are kept, to see that none is used twice with the same count.
///
/// One that follows another, for a client whose digest was right but whose nonce was not good any more, is signed for that
/// user: so it can be told from a stranger's, and nothing is kept for it either.
final class Nonces: Sendable {
    /// What a nonce is good for.
    enum State: Equatable {
        case fresh
        /// Made here, but so long ago that another is due soon.
        case old
        /// Not, or not any more: too old, of another process, or made up.
        case stale
    }

    private struct Use {
        let made: UInt64
        /// The highest count so far, and which of those below it were seen: bit 0 is the highest itself.
        var highest: UInt32
        var seen: UInt64
        /// Those of the first use.
        let name: DigestName
        let cnonce: [UInt8]
    }

    private struct Uses {
        var recent: [[UInt8]: Use] = [:]
        var older: [[UInt8]: Use] = [:]
        /// What was made until then and is not kept may have been used and forgotten.
        var horizon: UInt64 = 0
    }

    private let key = Cryptography.random(32)
    /// Added to the times in nonces: nobody need learn how long the machine has been running.
    private let origin = Cryptography.random(8).reduce(0) { $0 << 8 | UInt64($1) }
    private let lifetime: Nanoseconds
    private let limit: Int
    private let now: @Sendable () -> Instant
    private let uses = Locked(Uses())

    /// - Parameters:
    ///   - lifetime: how long a nonce is good.
    ///   - limit: so many are kept at most.
    init(lifetime: Nanoseconds, limit: Int, now: @escaping @Sendable () -> Instant) {
        self.lifetime = lifetime
        self.limit = max(1, limit / 2)
        self.now = now
    }

    /// A new one, in base64.
    /// - Parameter name: the user who has just shown to be that one, by an older nonce; nil: nobody has.
    func make(after name: DigestName? = nil) -> String {
        let time = now().nanoseconds &+ origin
        let plain =
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: time >> UInt64($0)) }
            + Cryptography.random(8)
        return Base64.encode(plain + signature(plain, name))
    }

    private func signature(_ plain: [UInt8], _ name: DigestName?) -> [UInt8] {
        let user: [UInt8] =
            switch name {
            case nil: []
            case .plain(let name)?: [1] + Array(name.utf8)
            case .hashed(let name)?: [2] + Array(name.utf8)
            }
        return Array(Cryptography.code(key, plain + user)[..<16])
    }

    /// What a nonce is good for, by itself, to a user.
    func state(of nonce: [UInt8], by name: DigestName? = nil) -> State {
        guard let made = made(nonce, name) else { return .stale }
        let now = now().nanoseconds
        guard made <= now, now - made <= lifetime.count else { return .stale }
        return now - made > lifetime.count / 4 * 3 ? .old : .fresh
    }

    /// Counts a use with which somebody has logged in.
    /// - Returns: false when it was used with this count or by another user before, or that cannot be told any more.
    func use(_ nonce: [UInt8], count: UInt32, by name: DigestName, cnonce: [UInt8]) -> Bool {
        guard let made = made(nonce, name), count > 0 else { return false }
        return uses.withLock { uses in
            if var use = uses.recent[nonce] ?? uses.older[nonce] {
                guard use.name == name, Self.take(count, &use) else { return false }
                keep(use, nonce, &uses)
                return true
            }
            guard made > uses.horizon else { return false }
            keep(Use(made: made, highest: count, seen: 1, name: name, cnonce: cnonce), nonce, &uses)
            return true
        }
    }

    /// The cnonce that a user first used a nonce with; nil: that one did not use it yet.
    func sessionCnonce(of nonce: [UInt8], by name: DigestName) -> [UInt8]? {
        uses.withLock { uses in
            guard let use = uses.recent[nonce] ?? uses.older[nonce], use.name == name else { return nil }
            return use.cnonce
        }
    }

    /// Whether a user has logged in with this nonce, or got it for a digest that was right.
    func isOfUser(_ nonce: [UInt8], _ name: DigestName) -> Bool {
        if sessionCnonce(of: nonce, by: name) != nil { return true }
        return plain(nonce) { Cryptography.areEqual($1, signature($0, name)) } != nil
    }

    private func keep(_ use: Use, _ nonce: [UInt8], _ uses: inout Uses) {
        if uses.recent[nonce] == nil, uses.recent.count >= limit {
            let forgotten = uses.older.values.lazy.map(\.made).max() ?? 0
            uses.horizon = max(uses.horizon, forgotten)
            uses.older = uses.recent
            uses.recent = [:]
        }
        uses.recent[nonce] = use
    }

    /// Requests may overtake each other on their way: within 64 each count is good once.
    private static func take(_ count: UInt32, _ use: inout Use) -> Bool {
        if count > use.highest {
            let step = UInt64(count - use.highest)
            use.seen = step < 64 ? use.seen << step | 1 : 1
            use.highest = count
            return true
        }
        let back = use.highest - count
        guard back < 64, use.seen & (1 << UInt64(back)) == 0 else { return false }
        use.seen |= 1 << UInt64(back)
        return true
    }

    /// When a nonce was made, if it was made here, for strangers or for this user.
    private func made(_ nonce: [UInt8], _ name: DigestName?) -> UInt64? {
        let plain = plain(nonce) { plain, signature in
            Cryptography.areEqual(signature, self.signature(plain, nil))
                || (name != nil && Cryptography.areEqual(signature, self.signature(plain, name)))
        }
        return plain.map { $0[..<8].reduce(0) { $0 << 8 | UInt64($1) } &- origin }
    }

    /// What is signed in a nonce; nil where the signature is none.
    private func plain(_ nonce: [UInt8], isSigned: ([UInt8], [UInt8]) -> Bool) -> [UInt8]? {
        guard let octets = Base64.decode(nonce.span), octets.count == 32 else { return nil }
        let plain = Array(octets[..<16])
        return isSigned(plain, Array(octets[16...])) ? plain : nil
    }
}
