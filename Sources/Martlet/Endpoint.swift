import HTTPTypes

/// Who answers a request, with the middleware on the way to it: what routing comes to. Made once, when the server is.
package final class Endpoint: Sendable {
    /// What is called at the end of the way.
    enum Call: Sendable {
        case handler(any Handler)
        case function(@Sendable (Request) async throws -> Response)
        case get(any GET)
        case post(any POST)
        case put(any PUT)
        case patch(any PATCH)
        case delete(any DELETE)
        case query(any QUERY)
        case anyMethod(any AnyMethod)
    }

    let call: Call
    /// Outermost first.
    let middleware: [any Middleware]
    /// The route that leads here, where one does.
    let pattern: RoutePattern?
    /// The handler, where it can be called without a task: a function, or something that knows itself when it can.
    let function: (@Sendable (Request) throws -> Response)?
    let immediate: (any ImmediateHandler)?
    /// The handler, where it answers later without a task.
    let deferring: (any DeferringHandler)?

    init(_ call: Call, middleware: [any Middleware] = [], pattern: RoutePattern? = nil) {
        if case .handler(let handler as AsyncFunction) = call {
            self.call = .function(handler.function)  // One call less on the way.
        } else {
            self.call = call
        }
        self.middleware = middleware
        self.pattern = pattern
        var function: (@Sendable (Request) throws -> Response)?
        var immediate: (any ImmediateHandler)?
        var deferring: (any DeferringHandler)?
        if middleware.isEmpty, case .handler(let handler) = call {
            function = (handler as? ImmediateFunction)?.function
            if function == nil { immediate = handler as? any ImmediateHandler }
            deferring = handler as? any DeferringHandler
        }
        self.function = function
        self.immediate = immediate
        self.deferring = deferring
    }

    /// An answer that is always the same.
    convenience init(
        _ answer: Result<Response, HTTPError>,
        middleware: [any Middleware] = [],
        pattern: RoutePattern? = nil
    ) {
        self.init(
            .handler(ImmediateFunction { _ in try answer.get() }),
            middleware: middleware,
            pattern: pattern
        )
    }
}

/// A handler that only decides who answers: the server asks it before it starts anything.
package protocol Routing: AnyObject, Handler {
    /// Who answers `request`. May leave in it what routing learned.
    func endpoint(for request: inout Request) -> Endpoint
}

extension Routing {
    func respond(to request: Request) async throws -> Response {
        var request = request
        let endpoint = endpoint(for: &request)
        return try await Next(endpoint)(request)
    }
}

/// The routing of a server whose handler takes every request.
final class SingleEndpoint: Routing {
    let endpoint: Endpoint

    init(_ endpoint: Endpoint) {
        self.endpoint = endpoint
    }

    func endpoint(for request: inout Request) -> Endpoint { endpoint }

    /// How requests find their way to `handler`, whatever kind of handler it is.
    static func routing(to handler: any Handler) -> any Routing {
        switch handler {
        case let routing as any Routing: routing
        case let override as MethodOverride: override.routing
        case let resource as any Resource: ResourceRouting(MethodTable(resource))
        default: SingleEndpoint(Endpoint(.handler(handler)))
        }
    }
}
