import HTTPTypes
import MartletWire

/// The endpoints of one resource by method: the one place that knows of HEAD, OPTIONS, `Allow`, 405 and 501.
struct MethodTable {
    /// In the order in which `Allow` names them. A handful: searching beats hashing.
    private var entries: [(method: HTTPRequest.Method, endpoint: Endpoint)] = []
    /// For all other methods.
    private var other: Endpoint?
    private var notAllowed: Endpoint
    private var options: Endpoint
    private let notImplemented: Endpoint
    private let middleware: [any Middleware]
    private let pattern: RoutePattern?

    /// A table that allows nothing yet. What it answers by itself goes through `middleware`.
    init(middleware: [any Middleware] = [], pattern: RoutePattern? = nil) {
        self.middleware = middleware
        self.pattern = pattern
        notAllowed = Endpoint(.failure(.methodNotAllowed(allowed: [])), middleware: middleware, pattern: pattern)
        options = notAllowed
        notImplemented = Endpoint(.failure(HTTPError(.notImplemented)), middleware: middleware, pattern: pattern)
    }

    /// The table of a type's protocols.
    init(_ resource: any Resource) {
        self.init()
        for (method, call) in resource.calls { add(method, Endpoint(call)) }
    }

    /// The methods that are answered, HEAD and OPTIONS included; where all are, those that a server knows.
    var allowed: [HTTPRequest.Method] {
        var allowed = entries.map(\.method)
        if other != nil {
            for method in HTTPRequest.Method.usual where !allowed.contains(method) { allowed.append(method) }
        }
        if allowed.contains(.get), !allowed.contains(.head) { allowed.insert(.head, at: 1) }
        if !allowed.contains(.options) { allowed.append(.options) }
        return allowed
    }

    /// The endpoint that was added for `method`, or with nil for all others.
    func added(for method: HTTPRequest.Method?) -> Endpoint? {
        guard let method else { return other }
        return entries.first { $0.method == method }?.endpoint
    }

    /// Adds the endpoint of a method, or with nil that of all others. One that is there stays before the new one.
    mutating func add(_ method: HTTPRequest.Method?, _ endpoint: Endpoint) {
        guard let method else {
            other = endpoint
            return
        }
        // GET and HEAD come first in `Allow`, as people expect to read it.
        entries.insert((method, endpoint), at: method == .get ? 0 : entries.count)
        let error = HTTPError.methodNotAllowed(allowed: allowed)
        notAllowed = Endpoint(.failure(error), middleware: middleware, pattern: pattern)
        let answer = Response(status: .noContent, fields: error.fields)
        options = Endpoint(.success(answer), middleware: middleware, pattern: pattern)
    }

    @inline(__always)  // Else the table is copied for each call.
    func endpoint(for method: HTTPRequest.Method) -> Endpoint {
        for entry in entries where entry.method == method { return entry.endpoint }
        if method == .head, let get = entries.first, get.method == .get { return get.endpoint }
        if let other { return other }
        if method == .options { return options }
        return HTTPRequest.Method.known.contains(method) ? notAllowed : notImplemented
    }
}

/// The routing of a server whose handler is one resource.
final class ResourceRouting: Routing {
    private let table: MethodTable

    init(_ table: MethodTable) {
        self.table = table
    }

    func endpoint(for request: inout Request) -> Endpoint {
        table.endpoint(for: request.method)
    }
}
