/// What a `RedisClient` may take, and for how long.
public struct RedisOptions: Sendable {
    /// The user to log in as; nil: the server's default user. A user in the URL counts more.
    public var user: String?
    /// The password to log in with; nil: none. One in the URL counts more.
    public var password: String?
    /// The number of the database; default 0. One in the URL counts more.
    public var database = 0
    /// For a name's address, the connection, and the log-in, all told; default 2 s.
    public var connectTimeout = Duration.seconds(2)
    /// From `send` to the answer, the wait for a connection included; default 1 s. When it has passed with a command sent,
    /// the server counts as stuck: the connection is closed, and the commands behind it fail too.
    public var commandTimeout = Duration.seconds(1)
    /// After a failure, commands fail at once for a while: twice as long after each, up to this; default 5 s.
    public var longestPause = Duration.seconds(5)
    /// The longest answer, in octets; default 1 MiB. The connection of a longer one is closed.
    public var maximumAnswer = 1 << 20
    /// Commands that may wait for an answer; default 10,000. More fail at once.
    public var maximumWaiting = 10_000

    /// The defaults.
    public init() {}
}
