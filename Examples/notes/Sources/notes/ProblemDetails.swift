import FoundationEssentials
import Martlet

/// Tells errors in JSON (RFC 9457), so that clients of the API can read them as everything else.
struct ProblemDetails: Middleware {
    private struct Problem: Encodable {
        let status: Int
        let title: String
        let detail: String?
    }

    func respond(to request: Request, next: Next) async throws -> Response {
        var request = request
        request.errorFormat = Self.response
        return try await next(request)
    }

    @Sendable private static func response(_ error: HTTPError) -> Response {
        let problem = Problem(status: error.status.code, title: error.status.reasonPhrase, detail: error.detail)
        let content = (try? JSONEncoder().encode(problem)).map { Array($0) } ?? []
        var response = Response.content(content, type: "application/problem+json", status: error.status)
        response.fields.append(contentsOf: error.fields)
        response.fields.append(.cacheControl, "no-store")
        return response
    }
}
