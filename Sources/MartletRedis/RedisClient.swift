import Martlet
import MartletReactor

/// A client of one Redis or Valkey server: one connection, which all tasks share.
///
/// ```swift
/// let redis = try RedisClient(url: "redis://user:password@127.0.0.1:6379/0")
/// let answer = try await redis.send(["INCR", "visits"])
/// ```
/// Commands go out in the order of their `send`, without waiting for each other's answers (pipelining). The connection is
/// made with the first command, and again when it was lost. After a failure commands fail at once for a while, so that a
/// server that is away holds nobody up.
///
/// It has one thread of its own, started with the first command: `send` may be called anywhere and blocks nobody. The
/// connection is closed when the client is let go of.
///
/// It speaks RESP2, which every version of Redis and Valkey understands. Not there: Redis Cluster, Sentinel, TLS,
/// subscriptions, transactions over several commands (a script does that in one), and commands that wait.
public final class RedisClient: Sendable {
    private let address: RedisAddress
    private let loop: EventLoop
    private let connection: RedisConnection
    private let isStarted = Locked(false)

    /// A client that has no connection yet.
    /// - Parameters:
    ///   - url: `redis://user:password@host:port/database`, where all but the host may be left out (6379 is the port then,
    ///     0 the database), with `%` and two digits for octets that mean something there; `host:port`; or `unix:` and the
    ///     path of a socket.
    ///   - options: times, limits, and what the URL does not say.
    /// - Throws: `RedisError.address` for any other URL; `SystemError` when the system gives no descriptor.
    public init(url: String, options: RedisOptions = RedisOptions()) throws {
        address = try RedisAddress(url)
        loop = try EventLoop(name: "martlet-redis")
        connection = RedisConnection(to: address, options: options, loop: loop)
    }

    deinit {
        loop.stop()
        // Short: nothing that it does takes long. Without it the system would keep the thread's stack.
        loop.join()
    }

    /// Sends a command and waits for the answer.
    /// - Parameter words: the command and its arguments, each as it is: `["SET", "key", "any text"]`.
    /// - Throws: `RedisError`; `CancellationError` when the task is cancelled, the command may have been carried out then.
    public func send(_ words: [String]) async throws -> RESPValue {
        try await send(words.map { Array($0.utf8) })
    }

    /// The same with arguments that need not be text.
    public func send(_ words: [[UInt8]]) async throws -> RESPValue {
        if let refusal = RedisCommand.refusal(of: words) { throw refusal }
        try start()
        let command = RedisCommand(words)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let waiter = Waiter(continuation)
                loop.execute { [connection] in connection.submit(command, for: waiter) }
            }
        } onCancel: {
            // May come before `submit`.
            loop.execute { command.end(.failure(CancellationError())) }
        }
    }

    private func start() throws {
        try isStarted.withLock { isStarted in
            guard !isStarted else { return }
            try loop.start()
            isStarted = true
        }
    }
}

extension RedisClient: CustomStringConvertible {
    /// Where the server is, without the password.
    public var description: String { address.description }
}
