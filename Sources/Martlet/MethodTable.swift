import HTTPTypes
import MartletWire

/// The endpoints of one resource by method: the one place that knows of HEAD, OPTIONS, `Allow`, 405 and 501.
struct MethodTable: Routing {
    /// In the order in which `Allow` names them. A handful: searching beats hashing.
    private var entries: [(method: HTTPRequest.Method, endpoint: Endpoint)] = []
    /// For all other methods.
    private var other: Endpoint?
    private var notAllowed: Endpoint
    private var options: Endpoint
    private let notImplemented: Endpoint
    private let middleware: [any Middleware]

    /// A table that allows nothing yet.
    init(middleware: [any Middleware] = []) {
        self.middleware = middleware
        notAllowed = Endpoint(.failure(.methodNotAllowed(allowed: [])), middleware: middleware)
        options = notAllowed
        notImplemented = Endpoint(.failure(HTTPError(.notImplemented)), middleware: middleware)
    }

    /// The table of a type's protocols.
    init(_ resource: any Resource, middleware: [any Middleware] = []) {
        self.init(middleware: middleware)
        if let get = resource as? any GET { add(.get, .get(get)) }
        if let post = resource as? any POST { add(.post, .post(post)) }
        if let put = resource as? any PUT { add(.put, .put(put)) }
        if let patch = resource as? any PATCH { add(.patch, .patch(patch)) }
        if let delete = resource as? any DELETE { add(.delete, .delete(delete)) }
        if let query = resource as? any QUERY { add(.query, .query(query)) }
        if let any = resource as? any AnyMethod { addOther(.anyMethod(any)) }
    }

    /// The methods that are answered, HEAD and OPTIONS included.
    var allowed: [HTTPRequest.Method] {
        var allowed = entries.map(\.method)
        if allowed.contains(.get), !allowed.contains(.head) { allowed.insert(.head, at: 1) }
        if !allowed.contains(.options) { allowed.append(.options) }
        return allowed
    }

    /// True when every method is answered.
    var isComplete: Bool { other != nil }

    /// True when `method` has an endpoint of its own.
    func has(_ method: HTTPRequest.Method) -> Bool {
        entries.contains { $0.method == method }
    }

    mutating func add(_ method: HTTPRequest.Method, _ call: Endpoint.Call) {
        let entry = (method, Endpoint(call, middleware: middleware))
        // GET and HEAD come first in `Allow`, as people expect to read it.
        entries.insert(entry, at: method == .get ? 0 : entries.count)
        var fields = Fields()
        fields.append(.allow, allowed.map(\.rawValue).joined(separator: ", "))
        notAllowed = Endpoint(.failure(HTTPError(.methodNotAllowed, fields: fields)), middleware: middleware)
        options = Endpoint(.success(Response(status: .noContent, fields: fields)), middleware: middleware)
    }

    mutating func addOther(_ call: Endpoint.Call) {
        other = Endpoint(call, middleware: middleware)
    }

    func endpoint(for request: inout Request) -> Endpoint {
        endpoint(for: request.method)
    }

    func endpoint(for method: HTTPRequest.Method) -> Endpoint {
        for entry in entries where entry.method == method { return entry.endpoint }
        if method == .head, let get = entries.first, get.method == .get { return get.endpoint }
        if let other { return other }
        if method == .options { return options }
        return HTTPRequest.Method.known.contains(method) ? notAllowed : notImplemented
    }
}
