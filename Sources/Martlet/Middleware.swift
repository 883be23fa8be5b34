/// Stands between the server and handlers: sees each request on its way in and each answer on its way out.
///
/// ```swift
/// struct Timing: Middleware {
///     func respond(to request: Request, next: Next) async throws -> Response {
///         let start = ContinuousClock.now
///         var response = try await next(request)
///         response.fields.append(.timing, "app;dur=\((ContinuousClock.now - start) / .milliseconds(1))")
///         return response
///     }
/// }
/// ```
public protocol Middleware: Sendable {
    /// Answers a request, most often by `try await next(request)` with something done before or after it.
    ///
    /// What `next` returns is a response also where the handler threw: only `CancellationError` comes through.
    func respond(to request: Request, next: Next) async throws -> Response
}

/// The rest of the way to the handler: what a middleware calls to go on, or does not call to answer itself.
public struct Next: Sendable {
    private let endpoint: Endpoint
    private let position: Int

    init(_ endpoint: Endpoint, from position: Int = 0) {
        self.endpoint = endpoint
        self.position = position
    }

    /// Passes the request on. This one function calls every handler and middleware, so that the stack stays short.
    /// - Returns: the answer; that of an error too, which is logged here where it is not an `HTTPError`.
    /// - Throws: `CancellationError` alone.
    public func callAsFunction(_ request: Request) async throws -> Response {
        do {
            if position < endpoint.middleware.count {
                let next = Next(endpoint, from: position + 1)
                return try await endpoint.middleware[position].respond(to: request, next: next)
            }
            switch endpoint.call {
            case .get(let resource): return try await resource.get(request)
            case .post(let resource): return try await resource.post(request)
            case .put(let resource): return try await resource.put(request)
            case .patch(let resource): return try await resource.patch(request)
            case .delete(let resource): return try await resource.delete(request)
            case .query(let resource): return try await resource.query(request)
            case .anyMethod(let resource): return try await resource.anyMethod(request)
            case .handler(let handler): return try await handler.respond(to: request)
            case .function(let function): return try await function(request)
            }
        } catch let error as CancellationError {
            throw error
        } catch {
            return request.received.response(for: error, logger: request.logger, format: request.errorFormat)
        }
    }
}
