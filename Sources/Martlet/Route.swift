public import HTTPTypes

/// A path and who answers requests for it.
///
/// ```swift
/// Route("/", Guestbook())                          // every method that the type has
/// Route("/hello/:name") { request in               // GET, and with it HEAD
///     .text("Hello, \(request.parameters["name"]!)")
/// }
/// Route(.post, "/notes") { request in … }          // another method; [.put, .patch] for several
/// try Route("/files/**", Files("public"))          // all below /files/
/// ```
///
/// A path begins with `/`. Each segment is
/// - text, which must be the same: written as it reads or percent-encoded, compared decoded, in the case given;
/// - `:name`, any one segment, which the handler gets as `request.parameters["name"]`;
/// - `*`, any one segment;
/// - `**`, at the end only: any number of segments, none included. The handler is mounted there: its `request.path` is
///   what the `**` stands for.
///
/// At each segment text goes before `:name` and `*`, which are the same to the router, and these before `**`; what leads
/// nowhere is left for the next best. The path alone decides which place is meant, then the method which route. So
/// `GET /users/me` beside `PUT /users/:id` makes `PUT /users/me` a 405. The order of routes does not matter.
///
/// Within a group the path may be empty: it is that of the group.
///
/// `/a` and `/a/` are two places. Where only one of them has routes, a request for the other is redirected to it (308,
/// the query kept), so `/files` leads to `/files/` where something is mounted at `/files/**`. That goes before routes
/// whose text fits less: `/a` with `/**` beside it sends `/a/` to `/a`.
///
/// Routes of one path with different methods are one resource: its `Allow`, 405, HEAD and OPTIONS follow from them all,
/// and what it answers by itself goes through the middleware of the first. A handler without methods of its own answers
/// all those that no other route of its path has.
public struct Route: Sendable {
    /// The prefixes of the groups and mounts around it, outermost first, and its own path.
    private(set) var pieces: [String]
    /// The hosts of the groups around it, outermost first.
    private(set) var hosts: [String] = []
    /// Outermost first.
    private(set) var middleware: [any Middleware] = []
    /// Empty: those that the handler has.
    let methods: [HTTPRequest.Method]
    let handler: any Handler

    private init(_ methods: [HTTPRequest.Method], _ path: String, _ handler: any Handler) {
        self.methods = methods
        pieces = [path]
        self.handler = handler
    }

    /// Requests for `path` go to a resource, to any other handler, or to another router.
    ///
    /// A `Resource` answers the methods that it has, any other handler all. A router is mounted, at a path that ends in
    /// `/**`: its routes become routes below the prefix, with its middleware behind that of the groups around it.
    public init(_ path: String, _ handler: any Handler) {
        self.init([], path, handler)
    }

    /// GET requests for `path`, and HEAD with them, go to a function that never waits.
    public init(_ path: String, _ respond: @escaping @Sendable (Request) throws -> Response) {
        self.init([.get], path, ImmediateFunction(respond))
    }

    /// GET requests for `path`, and HEAD with them, go to an `async` function.
    public init(_ path: String, _ respond: @escaping @Sendable (Request) async throws -> Response) {
        self.init([.get], path, AsyncFunction(function: respond))
    }

    /// Requests with `method` for `path` go to a function that never waits.
    public init(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ respond: @escaping @Sendable (Request) throws -> Response
    ) {
        self.init([method], path, ImmediateFunction(respond))
    }

    /// Requests with `method` for `path` go to an `async` function.
    public init(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ respond: @escaping @Sendable (Request) async throws -> Response
    ) {
        self.init([method], path, AsyncFunction(function: respond))
    }

    /// Requests with one of `methods` for `path` go to a function that never waits; with none, those with any method.
    public init(
        _ methods: [HTTPRequest.Method],
        _ path: String,
        _ respond: @escaping @Sendable (Request) throws -> Response
    ) {
        self.init(methods, path, ImmediateFunction(respond))
    }

    /// Requests with one of `methods` for `path` go to an `async` function; with none, those with any method.
    public init(
        _ methods: [HTTPRequest.Method],
        _ path: String,
        _ respond: @escaping @Sendable (Request) async throws -> Response
    ) {
        self.init(methods, path, AsyncFunction(function: respond))
    }

    /// What is called for each method; nil stands for all others.
    var calls: [(method: HTTPRequest.Method?, call: Endpoint.Call)] {
        if let resource = handler as? any Resource { return resource.calls }
        return methods.isEmpty ? [(nil, .handler(handler))] : methods.map { ($0, .handler(handler)) }
    }

    /// The route as it stands below a prefix, for a host, or behind middleware.
    func within(prefix: String = "", host: String? = nil, middleware: [any Middleware] = []) -> Route {
        var route = self
        route.pieces = [prefix] + pieces
        route.hosts = (host.map { [$0] } ?? []) + hosts
        route.middleware = middleware + self.middleware
        return route
    }

    /// The routes of a router that is mounted here, below this one's path; any other route is itself.
    func flattened() throws(RoutingError) -> [Route] {
        guard let router = handler as? Router else { return [self] }
        let path = pieces.joined()
        guard path.hasSuffix("/**") else { throw .notMounted(path) }
        return router.routes.map { route in
            var route = route
            route.pieces = pieces.dropLast() + [String(pieces[pieces.count - 1].dropLast(3))] + route.pieces
            route.hosts = hosts + route.hosts
            route.middleware = middleware + route.middleware
            return route
        }
    }

    /// The path with all prefixes, and the host, taken apart.
    func pattern() throws(RoutingError) -> (pattern: RoutePattern, host: HostPattern?) {
        for piece in pieces where !piece.isEmpty && !piece.hasPrefix("/") {
            throw .invalidPath(piece, reason: "it does not begin with \"/\"")
        }
        if hosts.count > 1 { throw .nestedHost(hosts[1], in: hosts[0]) }
        var host: HostPattern?
        if let text = hosts.first { host = try HostPattern(text) }
        return (try RoutePattern(pieces.joined(), host: host), host)
    }
}
