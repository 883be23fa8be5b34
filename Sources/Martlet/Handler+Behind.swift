extension Handler {
    /// The same handler behind middleware, outermost first. Everything goes through it: what a router itself answers,
    /// `OPTIONS *`, and the refusals of the server.
    package func behind(_ middleware: [any Middleware]) throws -> any Handler {
        guard !middleware.isEmpty else { return self }
        if let router = self as? Router { return try Router(router, behind: middleware) }
        return SingleEndpoint(Endpoint(.handler(self), middleware: middleware))
    }
}
