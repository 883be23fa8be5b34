public import MartletReactor

extension Server {
    /// Makes a server on 127.0.0.1 that sends each request to its route.
    ///
    /// ```swift
    /// try await Server(port: 8000) {
    ///     Route("/") { _ in .text("Hello, world!\n") }
    ///     try Route("/files/**", Files("public"))
    /// }.run()
    /// ```
    /// - Parameters:
    ///   - port: default 8000; 0 takes a free one.
    ///   - threads: event loops, each a thread of its own; default one for each core the process may use.
    ///   - middleware: stands before all routes and before the 404 where there is none, outermost first.
    ///   - routes: `Route`s and `Group`s.
    /// - Throws: as `Router.init`.
    public convenience init(
        port: UInt16 = 8000,
        threads: Int = Processors.available,
        middleware: [any Middleware] = [],
        @RouterBuilder routes: () throws -> [Route]
    ) throws {
        let router = try Router(middleware: middleware, routes: routes)
        self.init(configuration: Self.loopback(port, threads), handler: router)
    }

    /// Makes a server as `configuration` says that sends each request to its route.
    /// - Parameters:
    ///   - middleware: stands before all routes and before the 404 where there is none, outermost first.
    ///   - routes: `Route`s and `Group`s.
    /// - Throws: as `Router.init`.
    public convenience init(
        configuration: ServerConfiguration,
        middleware: [any Middleware] = [],
        @RouterBuilder routes: () throws -> [Route]
    ) throws {
        self.init(configuration: configuration, handler: try Router(middleware: middleware, routes: routes))
    }
}
