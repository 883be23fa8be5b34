/// Where the buckets of a `RateLimit` are, when several servers share them: `RedisRateLimitStore` of `MartletRedis`, or your
/// own.
public protocol RateLimitStore: Sendable {
    /// Takes one request out of a token bucket, in one step, whoever else does the same. A bucket nobody has taken from
    /// is full, and one that is full again may be forgotten.
    /// - Parameters:
    ///   - key: the name of the limit, a colon, and the peer: "api:192.0.2.1", "api:2001:db8::/64", "api:unix".
    ///   - interval: the time in which the bucket gains one request; more than zero.
    ///   - burst: requests in a full bucket; at least 1.
    /// - Returns: nil when there was one; else how long it takes until there is.
    /// - Throws: any error, and soon, when the store cannot be asked: the limit decides what happens then.
    func take(_ key: String, interval: Duration, burst: Int) async throws -> Duration?
}
