public import HTTPTypes
import MartletWire

/// Fields that tell browsers to be careful. What a handler sets itself stays as it is.
///
/// ```swift
/// SecurityHeaders(contentSecurityPolicy: "default-src 'self'; frame-ancestors 'none'")
/// ```
public struct SecurityHeaders: Middleware {
    private let fields: [(name: HTTPField.Name, value: String)]

    /// Settles the fields; nil leaves one out. A value that no field can hold is a mistake in the program, and ends it.
    /// - Parameters:
    ///   - contentTypeOptions: default `nosniff`: a browser takes the content for what `Content-Type` says.
    ///   - contentSecurityPolicy: default `frame-ancestors 'self'`: no other site shows the pages in a frame.
    ///   - referrerPolicy: default `strict-origin-when-cross-origin`: other sites learn the host, not the page.
    ///   - openerPolicy: default `same-origin`: a page that opened this one, or was opened by it, cannot touch it.
    ///   - strictTransportSecurity: default none. `max-age=31536000` binds browsers to HTTPS for a year, whatever
    ///     becomes of the certificate; ask for it only where every answer travels by TLS (RFC 6797 §7.2).
    ///   - others: more fields, such as `Permissions-Policy`.
    public init(
        contentTypeOptions: String? = "nosniff",
        contentSecurityPolicy: String? = "frame-ancestors 'self'",
        referrerPolicy: String? = "strict-origin-when-cross-origin",
        openerPolicy: String? = "same-origin",
        strictTransportSecurity: String? = nil,
        others: [(name: HTTPField.Name, value: String)] = []
    ) {
        let settings: [(HTTPField.Name, String?)] = [
            (.xContentTypeOptions, contentTypeOptions),
            (.contentSecurityPolicy, contentSecurityPolicy),
            (.referrerPolicy, referrerPolicy),
            (.crossOriginOpenerPolicy, openerPolicy),
            (.strictTransportSecurity, strictTransportSecurity),
        ]
        fields = settings.compactMap { name, value in value.map { (name, $0) } } + others
        for (name, value) in fields {
            precondition(Fields.isValidValue(value), "SecurityHeaders: \(name) cannot have the value \"\(value)\"")
        }
    }

    /// Adds each field that the answer does not have.
    public func respond(to request: Request, next: Next) async throws -> Response {
        var response = try await next(request)
        for (name, value) in fields where !response.fields.contains(name) {
            response.fields.append(name, value)
        }
        return response
    }
}

extension HTTPField.Name {
    /// `Referrer-Policy` (W3C Referrer Policy §4.1).
    public static let referrerPolicy = HTTPField.Name("Referrer-Policy")!  // A literal token, as below.
    /// `Cross-Origin-Opener-Policy` (HTML standard §7.1.3).
    public static let crossOriginOpenerPolicy = HTTPField.Name("Cross-Origin-Opener-Policy")!
}
