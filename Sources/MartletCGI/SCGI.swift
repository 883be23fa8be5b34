public import Martlet

/// Passes requests to an application that speaks SCGI, a simpler FastCGI: one request for each connection, and no standard
/// error. All else is as with `FastCGI`.
///
/// An answer ends with its connection: where it has no Content-Length, nobody can tell that one was cut.
public struct SCGI: Handler {
    private let handler: ApplicationHandler

    /// A handler for an application. Parameters as those of `FastCGI`.
    public init(
        _ place: String,
        _ scripts: ApplicationScripts = .application,
        options: ApplicationOptions = ApplicationOptions(),
        otherwise: (any Handler)? = nil
    ) throws(ApplicationError) {
        handler = try ApplicationHandler(place, scripts, options, otherwise, isFastCGI: false)
    }

    /// Answers with what the application writes.
    /// - Throws: `HTTPError` 502, 503 or 504 when it gives no answer; 404 where there is no script.
    public func respond(to request: Request) async throws -> Response {
        try await handler.respond(to: request)
    }
}
