public import HTTPTypes
import MartletWire

/// Lets pages of other origins read the answers (Fetch standard §3.2, "CORS protocol").
///
/// A browser asks first, by a preflight, before it sends what a plain form could not send. The preflight is answered
/// here, with 204; no handler sees it. A page that is not allowed gets an answer without the fields that the browser looks
/// for: CORS opens what browsers close, and keeps nobody else out.
///
/// ```swift
/// CORS(.only(["https://app.example"]), fields: [.contentType, .authorization], credentials: true)
/// ```
public struct CORS: Middleware {
    /// Whose pages may read.
    public enum Origins: Sendable {
        /// Everybody's. Not together with credentials.
        case any
        /// Those of these origins, each as browsers spell it: `https://app.example`, `http://localhost:5173`.
        case only(Set<String>)
    }

    private let origins: Origins
    private let credentials: Bool
    private let exposed: String
    /// The answer to a preflight, but for what depends on the origin.
    private let preflight: Response

    /// Settles what is allowed.
    ///
    /// It is a mistake in the program, and ends it, to allow credentials to any origin, or to name an origin that no
    /// browser would send: with a path, a slash at its end, capital letters.
    /// - Parameters:
    ///   - origins: default any.
    ///   - methods: what scripts may send beside GET, HEAD and POST, which browsers always allow.
    ///   - fields: request fields that scripts may set beside the few that browsers always allow.
    ///   - exposed: response fields that scripts may read beside the few that browsers always show.
    ///   - credentials: cookies and the like come with the requests; default false.
    ///   - maxAge: whole seconds that a browser may remember the answer to a preflight; default ten minutes.
    public init(
        _ origins: Origins = .any,
        methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .query],
        fields: [HTTPField.Name] = [.contentType],
        exposed: [HTTPField.Name] = [],
        credentials: Bool = false,
        maxAge: Duration = .seconds(600)
    ) {
        switch origins {
        case .any:
            precondition(!credentials, "CORS: credentials need a list of origins; \"any\" would open every session")
        case .only(let list):
            for origin in list {
                precondition(Self.isOrigin(origin), "CORS: \"\(origin)\" is no origin such as https://app.example")
            }
        }
        self.origins = origins
        self.credentials = credentials
        self.exposed = exposed.map(\.rawName).joined(separator: ", ")
        var response = Response(status: .noContent)
        response.fields.append(.accessControlAllowMethods, methods.map(\.rawValue).joined(separator: ", "))
        if !fields.isEmpty {
            response.fields.append(.accessControlAllowHeaders, fields.map(\.rawName).joined(separator: ", "))
        }
        response.fields.append(.accessControlMaxAge, "\(max(0, maxAge.components.seconds))")
        preflight = response
    }

    /// Answers a preflight; to any other answer it adds what the browser wants to see.
    public func respond(to request: Request, next: Next) async throws -> Response {
        guard request.method == .options, request.fields.contains(.origin),
            request.fields.contains(.accessControlRequestMethod)
        else {
            var response = try await next(request)
            allow(request, in: &response)
            if !exposed.isEmpty, response.fields.contains(.accessControlAllowOrigin) {
                response.fields[.accessControlExposeHeaders] = exposed
            }
            return response
        }
        var response = preflight
        allow(request, in: &response)
        return response.fields.contains(.accessControlAllowOrigin) ? response : Response(refusalOf: response)
    }

    /// What is said of the origin: here alone, whatever the handler said.
    private func allow(_ request: Request, in response: inout Response) {
        switch origins {
        case .any:
            response.fields[.accessControlAllowOrigin] = "*"
        case .only(let list):
            // Also where the origin is not allowed, or none was sent: a cache must not give that answer to others.
            response.fields.addVary(.origin)
            let origin = request.fields[.origin].flatMap { list.contains($0) ? $0 : nil }
            response.fields[.accessControlAllowOrigin] = origin
            response.fields[.accessControlAllowCredentials] = origin != nil && credentials ? "true" : nil
        }
    }

    /// A scheme and a host, perhaps a port: as browsers serialise origins (HTML standard §7.1.1). "null" is none: any
    /// sandboxed page has that.
    private static func isOrigin(_ text: String) -> Bool {
        guard let separator = text.firstRange(of: "://"), separator.lowerBound > text.startIndex else { return false }
        let host = text[separator.upperBound...]
        return !host.isEmpty && text == text.lowercased() && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
            && !host.contains { "/?#@*,\\".contains($0) }
    }
}

extension Response {
    /// A preflight's answer to an origin that is not allowed: nothing but that it depends on the origin.
    fileprivate init(refusalOf preflight: Response) {
        self.init(status: .noContent)
        fields[.vary] = preflight.fields[.vary]
    }
}
