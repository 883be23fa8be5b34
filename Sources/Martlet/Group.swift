/// Routes that have something in common: a prefix, middleware, a host.
///
/// ```swift
/// Group("/api", middleware: [SecurityHeaders()]) {
///     Route("/notes", Notes())                     // /api/notes
/// }
/// Group(host: "api.example.com") { … }
/// ```
public struct Group: Sendable {
    let routes: [Route]

    /// Routes below `prefix`, behind `middleware`.
    /// - Parameters:
    ///   - prefix: begins with `/` and does not end with one; may have `:name` and `*`. Default: none.
    ///   - middleware: outermost first, inside that of the groups around this one.
    public init(
        _ prefix: String = "",
        middleware: [any Middleware] = [],
        @RouterBuilder routes: () throws -> [Route]
    ) rethrows {
        self.routes = try routes().map { $0.within(prefix: prefix, middleware: middleware) }
    }

    /// Routes for requests to `host` (RFC 9110 §7.2), behind `middleware`.
    ///
    /// Such a request is for these routes alone: what they do not have is a 404. Requests for hosts that no group names
    /// are for the routes outside of such groups.
    /// - Parameters:
    ///   - host: a name or address without port, in any case; the first label may be `*`, any one label, or `:name`, the
    ///     same as a parameter. A host that is named goes before one that is not.
    ///   - middleware: outermost first, inside that of the groups around this one.
    public init(
        host: String,
        middleware: [any Middleware] = [],
        @RouterBuilder routes: () throws -> [Route]
    ) rethrows {
        self.routes = try routes().map { $0.within(host: host, middleware: middleware) }
    }
}
