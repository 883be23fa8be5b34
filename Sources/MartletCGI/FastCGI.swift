public import Martlet

/// Passes requests to an application that speaks FastCGI: PHP's `php-fpm`, Python with flup, Perl with FCGI.pm.
///
/// ```swift
/// // PHP below "public", and all other files there as they are.
/// try Route("/**", FastCGI("unix:/run/php/php-fpm.sock", .folder("public"), otherwise: Files("public")))
/// // One application for all below /app.
/// try Route("/app/**", FastCGI("127.0.0.1:9000"))
/// ```
///
/// Content streams both ways at the pace of whoever is slower, and nothing but content without a length is kept whole. A
/// connection serves one request at a time and is used again. When the client goes away the application is told (ABORT) and
/// the connection closed. What the application says on its standard error is logged with the script's name.
///
/// A request is sent again, once, if the connection had rested and ended before any octet of an answer, the method is
/// idempotent and all its content can be sent again (RFC 9110 §9.2.2).
///
/// What goes wrong behind it is a 502, 503 or 504 that says no more; the log has the reason.
public struct FastCGI: Handler {
    private let handler: ApplicationHandler

    /// A handler for an application.
    /// - Parameters:
    ///   - place: where it listens: `unix:/run/php/php-fpm.sock` or `127.0.0.1:9000`. A name is looked up again every ten
    ///     seconds while it is used.
    ///   - scripts: what SCRIPT_NAME, SCRIPT_FILENAME and PATH_INFO say; default: the application is one program.
    ///   - otherwise: who answers where the path leads to no script, such as `Files` of the same folder. It is not asked for
    ///     a path that ends like a script's, in any case, so that it never delivers a source. Default: 404.
    public init(
        _ place: String,
        _ scripts: ApplicationScripts = .application,
        options: ApplicationOptions = ApplicationOptions(),
        otherwise: (any Handler)? = nil
    ) throws(ApplicationError) {
        handler = try ApplicationHandler(place, scripts, options, otherwise, isFastCGI: true)
    }

    /// Answers with what the application writes.
    /// - Throws: `HTTPError` 502, 503 or 504 when it gives no answer; 404 where there is no script.
    public func respond(to request: Request) async throws -> Response {
        try await handler.respond(to: request)
    }
}
