import HTTPTypes
public import MartletReactor
import MartletWire

/// A handler made of a function that may block: it runs on a thread of a pool, so that no loop waits for it.
///
/// ```swift
/// Blocking { request in
///     .text(try database.note(request.path.description))
/// }
/// ```
/// When all threads are busy, requests wait in a queue; when that is full, they are answered 503 with `Retry-After`. A
/// request whose client goes away while it waits is dropped; a function that has begun runs to its end.
///
/// The function cannot read the request's content, which takes `await`: read it in an `async` handler and hand it to
/// `Blocking.run`.
public struct Blocking: Handler {
    private let pool: ThreadPool
    private let function: @Sendable (Request) throws -> Response

    /// A handler that runs `respond` on a thread of `pool`.
    /// - Parameter pool: default: the one for all that blocks. One of its own keeps what is slow away from the rest, and
    ///   bounds what is used at once, such as connections of a database.
    public init(on pool: ThreadPool = Blocking.pool, _ respond: @escaping @Sendable (Request) throws -> Response) {
        self.pool = pool
        function = respond
    }

    /// Waits for a thread and calls the function there.
    public func respond(to request: Request) async throws -> Response {
        try await Self.run(on: pool) { [function] in
            CrashReport.begin(request.received, socket: -1)
            defer { CrashReport.end() }
            return try function(request)
        }
    }

    /// The pool used unless another is given: 16 threads, each started when it is needed first, and room for 256 pieces
    /// of work that wait.
    public static let pool = ThreadPool(name: "martlet-block", threads: 16, queueLimit: 256)

    /// Runs `work`, which may block, on a thread of `pool`; for `async` handlers.
    ///
    /// ```swift
    /// let note = try await Blocking.run { try database.note(id) }
    /// ```
    /// - Throws: what `work` throws; `HTTPError` 503 with `Retry-After` when too much waits already; `CancellationError`
    ///   when the task was cancelled before a thread was free: then `work` does not begin.
    public static func run<Value: Sendable>(
        on pool: ThreadPool = Blocking.pool,
        _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        let result: Result<Value, any Error>
        do {
            result = try await pool.run { Result { try work() } }
        } catch is SystemError {
            throw HTTPError(
                .serviceUnavailable,
                "The server has too much to do at the moment.",
                fields: Fields(.retryAfter, "1")
            )
        }
        return try result.get()
    }
}
