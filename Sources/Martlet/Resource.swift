import HTTPTypes

/// Something that answers the methods its type takes as protocols: `struct Note: GET, PUT { … }`.
///
/// From the protocols follow the `Allow` field, 405 for the methods left out, the answers to HEAD (that of GET, without
/// its content) and OPTIONS, and 501 for methods that nobody knows. This is `do_GET` and `do_POST` of Python's
/// `http.server`, checked by the compiler. A function that does not wait may leave out `async`, one that does not fail
/// `throws`.
public protocol Resource: Handler {}

extension Resource {
    /// Calls the function for the request's method. A server does not need it: it looks once, when it is made.
    public func respond(to request: Request) async throws -> Response {
        try await Next(MethodTable(self).endpoint(for: request.method))(request)
    }
}

extension Resource {
    /// What is called for each method; nil stands for all that have no function of their own.
    var calls: [(method: HTTPRequest.Method?, call: Endpoint.Call)] {
        var calls: [(HTTPRequest.Method?, Endpoint.Call)] = []
        if let get = self as? any GET { calls.append((.get, .get(get))) }
        if let post = self as? any POST { calls.append((.post, .post(post))) }
        if let put = self as? any PUT { calls.append((.put, .put(put))) }
        if let patch = self as? any PATCH { calls.append((.patch, .patch(patch))) }
        if let delete = self as? any DELETE { calls.append((.delete, .delete(delete))) }
        if let query = self as? any QUERY { calls.append((.query, .query(query))) }
        if let any = self as? any AnyMethod { calls.append((nil, .anyMethod(any))) }
        return calls
    }
}

/// Answers GET, and with it HEAD (RFC 9110 §9.3.1).
public protocol GET: Resource {
    /// Answers a GET, or a HEAD: then the content is not sent, only its length.
    func get(_ request: Request) async throws -> Response
}

/// Answers POST (RFC 9110 §9.3.3).
public protocol POST: Resource {
    /// Answers a POST.
    func post(_ request: Request) async throws -> Response
}

/// Answers PUT (RFC 9110 §9.3.4). A server refuses one with Content-Range, a part, before any handler sees it (§14.5).
public protocol PUT: Resource {
    /// Answers a PUT.
    func put(_ request: Request) async throws -> Response
}

/// Answers PATCH (RFC 5789).
public protocol PATCH: Resource {
    /// Answers a PATCH.
    func patch(_ request: Request) async throws -> Response
}

/// Answers DELETE (RFC 9110 §9.3.5).
public protocol DELETE: Resource {
    /// Answers a DELETE.
    func delete(_ request: Request) async throws -> Response
}

/// Answers QUERY (RFC 10008): safe and idempotent as GET, with the question in the content.
public protocol QUERY: Resource {
    /// Answers a QUERY.
    func query(_ request: Request) async throws -> Response
}

/// Answers every method that has no protocol of its own in the type, known or not: for protocols that bring their own.
public protocol AnyMethod: Resource {
    /// Answers any request.
    func anyMethod(_ request: Request) async throws -> Response
}

extension HTTPRequest.Method {
    /// Methods with a protocol of their own, in the order in which `Allow` names them.
    static let usual: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .query]

    /// Methods that a resource may lack but a server knows: 405 for these, 501 for any other (RFC 9110 §9.1).
    static let known: Set<HTTPRequest.Method> = Set(usual + [.options, .trace])
}
