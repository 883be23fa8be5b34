import HTTPTypes
import MartletWire

/// Sends each request to the route that it is for. Immutable: everything is decided when it is made.
///
/// ```swift
/// let notes = try Router {
///     Route("/", NoteList())
///     Route("/:id", Note())
/// }
/// try await Server(port: 8000) {
///     Route("/notes/**", notes)
/// }.run()
/// ```
///
/// `Server`'s initialiser with braces makes one by itself. What no route is for is a 404, and a host that no route is for
/// a 421 where each is for some host. `OPTIONS *` is a 204 whose
/// `Allow` names every method that some route has (RFC 9110 §9.3.7).
///
/// A router is a `Handler`, so that another handler can call it. Its routes see `request.path` from there on, and
/// `request.parameters` are those of its routes. To mount a router give it to a `Route`: then both become one.
public final class Router: Handler {
    /// As they were written, behind the router's own middleware: for a router that this one is mounted in.
    let routes: [Route]
    private let tree: RouteTree
    /// Hosts that are named come before those that are not.
    private let hosts: [(pattern: HostPattern, tree: RouteTree)]
    private let notFound: Endpoint
    /// For hosts that no route is for: 404 too, or 421 where every route is for some host.
    private let noSuchHost: Endpoint
    private let wholeServer: Endpoint
    private let middleware: [any Middleware]

    /// Makes a router.
    /// - Parameters:
    ///   - middleware: stands before all routes and before the 404 of the router, outermost first.
    ///   - routes: `Route`s and `Group`s.
    /// - Throws: `RoutingError` when a path is malformed or two routes are in conflict; what `routes` throws.
    public convenience init(middleware: [any Middleware] = [], @RouterBuilder routes: () throws -> [Route]) throws {
        var flat: [Route] = []
        for route in try routes() { flat += try route.flattened() }
        try self.init(flat.map { $0.within(middleware: middleware) }, middleware)
    }

    /// The same router behind more middleware, outermost first.
    convenience init(_ router: Router, behind middleware: [any Middleware]) throws {
        try self.init(router.routes.map { $0.within(middleware: middleware) }, middleware + router.middleware)
    }

    /// - Parameters:
    ///   - routes: with all their middleware.
    ///   - middleware: stands before what the router itself answers.
    private init(_ routes: [Route], _ middleware: [any Middleware]) throws {
        self.routes = routes
        self.middleware = middleware
        var tree = RouteTree()
        var hosts: [(pattern: HostPattern, tree: RouteTree)] = []
        for route in self.routes {
            let (pattern, host) = try route.pattern()
            guard let host else {
                try tree.add(route, pattern)
                continue
            }
            let index = hosts.firstIndex { $0.pattern.matchesSame(as: host) } ?? hosts.count
            if index == hosts.count { hosts.append((host, RouteTree())) }
            try hosts[index].tree.add(route, pattern)
        }
        self.tree = tree
        self.hosts = hosts.filter { !$0.pattern.hasAnyLabel } + hosts.filter(\.pattern.hasAnyLabel)
        notFound = Endpoint(.failure(HTTPError(.notFound)), middleware: middleware)
        noSuchHost =
            tree.isEmpty && !hosts.isEmpty
            ? Endpoint(
                .failure(HTTPError(.misdirectedRequest, "There is no site of this name here.")),
                middleware: middleware
            ) : notFound
        wholeServer = Self.wholeServer([tree] + hosts.map(\.tree), middleware)
    }

    /// Finds the route and calls it. A server does not need it: it asks for the route alone.
    public func respond(to request: Request) async throws -> Response {
        var request = request
        let endpoint = endpoint(for: &request)
        return try await Next(endpoint)(request)
    }

    /// The answer to `OPTIONS *`.
    private static func wholeServer(_ trees: [RouteTree], _ middleware: [any Middleware]) -> Endpoint {
        let methods = trees.reduce(into: Set()) { $0.formUnion($1.methods) }.union([.options])
        let usual = HTTPRequest.Method.usual.filter(methods.contains)
        let others = methods.subtracting(usual).map(\.rawValue).sorted()
        var response = Response(status: .noContent)
        response.fields.append(.allow, (usual.map(\.rawValue) + others).joined(separator: ", "))
        return Endpoint(.success(response), middleware: middleware)
    }
}

extension Router: Routing {
    package func endpoint(for request: inout Request) -> Endpoint {
        let endpoint = findEndpoint(for: request)
        request.follow(endpoint.pattern)
        return endpoint
    }

    private func findEndpoint(for request: borrowing Request) -> Endpoint {
        if request.received.head.form == .asterisk { return wholeServer }
        let start = request.hiddenSegments
        // Without hosts the head is not passed on: that would copy it.
        if !hosts.isEmpty, let host = host(of: request.received.head) {
            return hosts[host].tree.endpoint(for: request.method, request.received.head.path, from: start) ?? notFound
        }
        return tree.endpoint(for: request.method, request.received.head.path, from: start) ?? noSuchHost
    }

    /// Which of the `hosts` a request is for.
    private func host(of head: borrowing RequestHead) -> Int? {
        let octets = head.hostBytes
        for index in hosts.indices where hosts[index].pattern.matches(octets) { return index }
        return nil
    }
}
