import HTTPTypes
import MartletWire

/// The content of an answer that reports an error: a small page for browsers, plain text for everybody else.
package enum ErrorPage {
    /// - Parameter wantsHTML: the client's `Accept` names text/html, as browsers' do.
    package static func response(for error: HTTPError, wantsHTML: Bool) -> Response {
        let status = error.status
        let detail = error.detail ?? explanation(of: status)
        let content = wantsHTML ? page(status, detail: detail).bytes : text(status, detail: detail)
        var fields = wantsHTML ? pageFields : textFields
        if !error.fields.isEmpty { fields = Self.fields(wantsHTML: wantsHTML, adding: error.fields) }
        return Response(status: status, fields: fields, body: .bytes(content))
    }

    /// Made once, for errors without fields of their own: a copy costs nothing.
    private static let pageFields = fields(wantsHTML: true, adding: Fields())
    private static let textFields = fields(wantsHTML: false, adding: Fields())

    private static func fields(wantsHTML: Bool, adding other: Fields) -> Fields {
        var fields = Fields(.contentType, wantsHTML ? "text/html; charset=utf-8" : "text/plain; charset=utf-8")
        fields.append(contentsOf: other)
        // What the answer looks like depends on Accept; and an error should not outlive its cause in a cache.
        fields.addVary(.accept)
        fields.append(.cacheControl, "no-store")
        return fields
    }

    private static func explanation(of status: HTTPResponse.Status) -> String {
        switch status {
        case .badRequest: "The request is not valid HTTP/1.1."
        case .notFound: "There is nothing at this address."
        case .methodNotAllowed: "This method does not work here; Allow lists those that do."
        case .requestTimeout: "The request did not arrive in time."
        case .contentTooLarge: "The request's content is longer than this server accepts."
        case .notImplemented: "This server does not know this method."
        case .serviceUnavailable: "The server cannot answer this at the moment; try again in a few seconds."
        case .internalServerError: "Something went wrong in the server. Its log says what."
        default: "The request was not served."
        }
    }

    private static func text(_ status: HTTPResponse.Status, detail: String) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(status.reasonPhrase.utf8.count + detail.utf8.count + 16)
        appendDecimal(status.code, to: &text)
        text.append(UInt8(ascii: " "))
        text.append(copying: status.reasonPhrase.utf8.span)
        text.append(UInt8(ascii: "\n"))
        text.append(copying: detail.utf8.span)
        text.append(UInt8(ascii: "\n"))
        return text
    }

    private static func page(_ status: HTTPResponse.Status, detail: String) -> HTML {
        let title = "\(status.code) \(status.reasonPhrase)"
        return """
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
        guard let accept = combinedValue(.accept) else { return false }
        let octets = accept.span
        for slash in octets.indices where octets[slash] == UInt8(ascii: "/") {
            let (start, end) = (slash - 4, slash + 5)
            guard start >= 0, end <= octets.count else { continue }
            if octets.extracting(start..<end).equals(ignoringCase: "text/html") {
                return Accept.quality(of: .html, in: octets) > 0
            }
        }
        return false
    }
}
