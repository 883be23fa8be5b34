/// Answers requests: the one thing a server asks of its user.
///
/// A handler is called on the thread of the connection's loop, by many connections in turn and by several loops at
/// once. Code that waits should `await`; code that blocks the thread holds up the other connections of the loop, and
/// belongs into `Blocking`.
///
/// A trap (an index out of range, an overflow, a forced nil) ends the whole process: Swift cannot catch it. See
/// `Server.reportCrashes()` for a line that names the request.
public protocol Handler: Sendable {
    /// Answers one request.
    ///
    /// Runs in a task of its own on the connection's loop. The task is cancelled when the client goes away.
    /// - Throws: an `HTTPError` becomes the answer it describes; any other error is logged and becomes a 500 that
    ///   tells the client nothing about it.
    func respond(to request: Request) async throws -> Response
}

/// A handler that can answer most requests at once: it is called directly, without the cost of a task.
public protocol ImmediateHandler: Handler {
    /// Answers at once, without waiting and without reading the request's content, or returns nil; then
    /// `respond(to:)` is called.
    /// - Throws: as `respond(to:)`.
    func respondImmediately(to request: Request) throws -> Response?
}

/// A handler made of a function that never waits.
struct ImmediateFunction: ImmediateHandler {
    let function: @Sendable (Request) throws -> Response

    init(_ function: @escaping @Sendable (Request) throws -> Response) {
        self.function = function
    }

    func respondImmediately(to request: Request) throws -> Response? {
        try function(request)
    }

    func respond(to request: Request) async throws -> Response {
        try function(request)
    }
}

/// A handler made of an `async` function.
struct AsyncFunction: Handler {
    let function: @Sendable (Request) async throws -> Response

    func respond(to request: Request) async throws -> Response {
        try await function(request)
    }
}
