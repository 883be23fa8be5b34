import HTTPTypes
import Martlet
import Testing

/// What a handler answers to GET when it is called without a connection.
func directAnswer(of handler: any Handler, _ target: String, host: String? = nil) async throws -> Response {
    try await directAnswer(of: handler, .get, target, host: host)
}

/// What a handler answers when it is called without a connection.
func directAnswer(
    of handler: any Handler,
    _ method: HTTPRequest.Method,
    _ target: String,
    host: String? = nil
) async throws -> Response {
    var fields = Fields()
    if let host { fields.append(try #require(HTTPField.Name("Host")), host) }
    return try await handler.respond(to: try Request(method, target, fields: fields))
}

extension Response {
    /// The content as text, where it is in memory.
    var text: String {
        switch body {
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .string(let text): text
        default: ""
        }
    }
}
