import Martlet
import MartletJSON

// inspect [PORT]: answers every request with what the server saw of it.

/// Answers every method and every path; in the form that the client likes best.
struct Inspect: AnyMethod {
    func anyMethod(_ request: Request) async throws -> Response {
        let report = try await Report(request)
        var response: Response =
            switch request.preferredType(of: [.plainText, .html, .json]) {
            case MediaType.html: .html(report.page)
            case MediaType.json: try .json(report)
            default: .text(report.text)
            }
        response.fields.append(.vary, "Accept")
        response.fields.append(.cacheControl, "no-store")
        return response
    }
}

await Server.main {
    let careful = SecurityHeaders(
        contentSecurityPolicy: "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
    )
    let server = try Server(port: Server.argument(1, default: 8000), middleware: [careful]) {
        Route("/**", Inspect())
    }
    server.stopOnSignals()
    try await server.run()
}
