public import Martlet

/// The buckets of rate limits in a Redis or Valkey server: all servers that use it share each limit.
///
/// ```swift
/// let redis = try RedisClient(url: "unix:/run/redis/redis.sock")
/// let limit = RateLimit(50, named: "api", in: RedisRateLimitStore(redis))
/// ```
/// Each bucket is one key with one number, the time when it will be full again, in microseconds of the server's clock; the
/// key expires then. A script looks and takes in one step, so that no two servers take the same request. If that clock is
/// set back, a peer waits for one request longer at most. Redis must be 5.0 or later, Valkey any.
public struct RedisRateLimitStore: RateLimitStore {
    /// Put before every key.
    public let prefix: String
    private let client: RedisClient

    /// Buckets in the server of `client`.
    /// - Parameter prefix: of the keys; default `martlet:limit:`, and the limit's name and the peer follow.
    public init(_ client: RedisClient, prefix: String = "martlet:limit:") {
        self.client = client
        self.prefix = prefix
    }

    /// Takes one request out of a bucket.
    /// - Throws: `RedisError`.
    public func take(_ key: String, interval: Duration, burst: Int) async throws -> Duration? {
        let interval = max(1, min(Self.microseconds(interval), Self.longestTime))
        let (product, overflow) = interval.multipliedReportingOverflow(by: Int64(max(1, burst)))
        let fillTime = overflow ? Self.longestTime : min(product, Self.longestTime)
        let arguments = ["1", prefix + key, "\(interval)", "\(fillTime)"]
        let answer: RESPValue
        do {
            answer = try await client.send(["EVALSHA", Self.digest] + arguments)
        } catch RedisError.refused(let text) where text.hasPrefix("NOSCRIPT") {
            // A server that was started anew: EVAL brings the script and keeps it there.
            answer = try await client.send(["EVAL", Self.script] + arguments)
        }
        guard case .integer(let wait) = answer, wait >= 0 else {
            throw RedisError.malformed("Redis answered the rate limit's script with \(answer).")
        }
        return wait == 0 ? nil : .microseconds(wait)
    }

    private static func microseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, overflowOfSum) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        return overflow || overflowOfSum ? (seconds < 0 ? 0 : .max) : sum
    }

    /// A hundred years: with today's date added, its microseconds are still exact in Lua's numbers.
    private static let longestTime: Int64 = 100 * 366 * 86_400 * 1_000_000

    /// The bucket of `Buckets`, in Lua. A time further away than a full bucket allows was written before the clock was set
    /// back: it counts as an empty bucket.
    static let script = """
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local interval, fill = tonumber(ARGV[1]), tonumber(ARGV[2])
        local old = tonumber(redis.call('GET', KEYS[1]) or now) or now
        local full = math.min(math.max(old, now), now + fill)
        local wait = full + interval - now - fill
        if wait <= 0 then full = full + interval elseif full == old then return wait end
        redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
        return math.max(wait, 0)
        """

    /// The SHA-1 of the script, by which a server knows it.
    static let digest = "dcc22bbbe631037cd0d2c1dcfcc76db3ed3e97b4"
}
