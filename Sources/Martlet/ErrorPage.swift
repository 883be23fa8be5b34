import HTTPTypes
import MartletWire

/// The content of an answer that reports an error: a small page for browsers, plain text for everybody else.
package enum ErrorPage {
    /// - Parameter wantsHTML: the client's `Accept` names text/html, as browsers' do.
    package static func response(for error: HTTPError, wantsHTML: Bool) -> Response {
        let status = error.status
        let title = "\(status.code) \(status.reasonPhrase)"
        let detail = error.detail ?? explanation(of: status)
        var response = wantsHTML ? .html(page(title: title, detail: detail)) : Response.text("\(title)\n\(detail)\n")
        response.status = status
        response.fields.append(contentsOf: error.fields)
        // What the answer looks like depends on Accept; and an error should not outlive its cause in a cache.
        response.fields.addVary(.accept)
        response.fields.append(.cacheControl, "no-store")
        return response
    }

    private static func explanation(of status: HTTPResponse.Status) -> String {
        switch status {
        case .badRequest: "The request is not valid HTTP/1.1."
        case .notFound: "There is nothing at this address."
        case .methodNotAllowed: "This method does not work here; Allow lists those that do."
        case .requestTimeout: "The request did not arrive in time."
        case .contentTooLarge: "The request's content is longer than this server accepts."
        case .notImplemented: "This server does not know this method."
        case .serviceUnavailable: "The server has too much to do at the moment; try again in a few seconds."
        case .internalServerError: "Something went wrong in the server. Its log says what."
        default: "The request was not served."
        }
    }

    private static func page(title: String, detail: String) -> HTML {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(title)</title>
        <link rel="icon" href="data:,">
        <style>
        body { font: 1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 15vh auto; padding: 0 1.25rem; }
        h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
        </style>
        </head>
        <body>
        <main>
        <h1>\(title)</h1>
        <p>\(detail)</p>
        </main>
        </body>
        </html>

        """
    }
}

extension Fields {
    /// True when Accept takes text/html by name, as browsers' does; `*/*` is what programs send.
    package var namesHTML: Bool {
        guard let accept = self[.accept]?.lowercased(), accept.contains("text/html") else { return false }
        return Accept.quality(of: .html, in: Array(accept.utf8).span) > 0
    }
}
