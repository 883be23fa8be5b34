public import HTTPTypes
public import MartletWire

/// An error that is an answer: thrown anywhere in a handler, it becomes a response with this status.
public struct HTTPError: Error, Sendable {
    /// The status of the answer.
    public var status: HTTPResponse.Status
    /// A sentence for the client's eyes: what was wrong and what to do. Nil: the status says it all.
    public var detail: String?
    /// Fields for the answer beside those of the error page, such as `Allow` or `Retry-After`.
    public var fields: Fields

    /// An error answered with `status`.
    public init(_ status: HTTPResponse.Status, _ detail: String? = nil, fields: Fields = Fields()) {
        self.status = status
        self.detail = detail
        self.fields = fields
    }

    /// 405 with the `Allow` that must come with it (RFC 9110 §15.5.6).
    public static func methodNotAllowed(
        allowed: [HTTPRequest.Method],
        _ detail: String? = nil
    ) -> HTTPError {
        let methods = allowed.map(\.rawValue).joined(separator: ", ")
        return HTTPError(.methodNotAllowed, detail, fields: Fields(.allow, methods))
    }
}
