public import HTTPTypes
import MartletWire

/// Lets a POST stand for another method, named in `X-HTTP-Method-Override`: for clients behind something that lets only
/// GET and POST through.
///
/// The method decides which route answers, so this is no middleware, which comes after routing, but stands before it:
/// `Server(handler: MethodOverride(router))`. The server itself still sees a POST: in its access log, for example.
///
/// Only the field counts, never content or query: a form cannot set a field, and a script of another origin needs a
/// preflight for it. A method that is not allowed is answered with 400.
public struct MethodOverride: Handler {
    let routing: OverrideRouting

    /// Stands before `handler`.
    /// - Parameter allowed: what a POST may stand for; default PUT, PATCH and DELETE.
    public init(_ handler: any Handler, allowed: [HTTPRequest.Method] = [.put, .patch, .delete]) {
        routing = OverrideRouting(SingleEndpoint.routing(to: handler), allowed)
    }

    /// Answers a request by the method it stands for.
    public func respond(to request: Request) async throws -> Response {
        try await routing.respond(to: request)
    }
}

/// The routing behind a `MethodOverride`.
final class OverrideRouting: Routing {
    private let routing: any Routing
    private let allowed: [HTTPRequest.Method]
    private let refusal: Endpoint

    init(_ routing: any Routing, _ allowed: [HTTPRequest.Method]) {
        self.routing = routing
        self.allowed = allowed
        let methods = allowed.map(\.rawValue).joined(separator: ", ")
        let error = HTTPError(.badRequest, "X-HTTP-Method-Override works for these methods alone: \(methods).")
        refusal = Endpoint(.failure(error))
    }

    func endpoint(for request: inout Request) -> Endpoint {
        if request.method == .post, let name = request.fields[.xHTTPMethodOverride] {
            guard let method = allowed.first(where: { $0.rawValue == name }) else { return refusal }
            request.method = method
        }
        return routing.endpoint(for: &request)
    }
}

extension HTTPField.Name {
    /// `X-HTTP-Method-Override`: no standard, but widely known.
    static let xHTTPMethodOverride = HTTPField.Name("X-HTTP-Method-Override")!  // A literal token.
}
