public import HTTPTypes

/// Why the content of a form is refused (RFC 7578, RFC 2046 §5.1, `application/x-www-form-urlencoded`).
///
/// The framing of the message is not touched by any of them: the connection may stay open.
public enum FormError: Error, Equatable, Sendable {
    // URL-encoded forms.

    /// A `%` is not followed by two hexadecimal digits.
    case invalidPercentEncoding
    /// A name or value is not UTF-8.
    case invalidUTF8
    /// There are more fields than the limit.
    case tooManyFields

    // Multipart forms.

    /// What stands behind a boundary is neither the end of its line nor the `--` that closes the form.
    case invalidDelimiter
    /// The head of a part breaks the grammar of field lines.
    case invalidPartHead(RequestError)
    /// The head of a part is larger than the limit.
    case partHeadTooLarge
    /// There are more parts than the limit.
    case tooManyParts
    /// The content ended before the closing boundary.
    case missingEnd
    /// A part has no Content-Disposition, or more than one.
    case missingDisposition
    /// The Content-Disposition of a part is not `form-data` with a name.
    case invalidDisposition
    /// The Content-Type of a part is no media type.
    case invalidPartType
    /// A part has a Content-Transfer-Encoding that changes its octets; RFC 7578 §4.7 withdrew them.
    case encodedPart
}

extension FormError {
    /// The status to answer with: 413 where a limit was passed, else 400.
    public var status: HTTPResponse.Status {
        switch self {
        case .tooManyFields, .partHeadTooLarge, .tooManyParts: .contentTooLarge
        default: .badRequest
        }
    }

    /// One sentence or two for people: what is wrong, and what to do. Holds nothing that the client sent.
    public var reason: String {
        switch self {
        case .invalidPercentEncoding: "A % in the form is not followed by two hex digits: write a % itself as %25."
        case .invalidUTF8: "The form holds text that is not UTF-8."
        case .tooManyFields: "The form has too many fields: send fewer."
        case .invalidDelimiter: "A line of the form begins with the boundary and goes on: choose another boundary."
        case .invalidPartHead(let error): "The head of a part of the form is malformed. \(error.reason)"
        case .partHeadTooLarge: "The head of a part of the form is too large: send fewer or shorter fields."
        case .tooManyParts: "The form has too many parts: send fewer."
        case .missingEnd: "The form ends before its closing boundary."
        case .missingDisposition: "Each part of the form must have one Content-Disposition."
        case .invalidDisposition: "The Content-Disposition of a part of the form must read form-data; name=\"...\"."
        case .invalidPartType: "The Content-Type of a part of the form is no media type."
        case .encodedPart: "A part of the form has a Content-Transfer-Encoding: send its octets as they are."
        }
    }
}

extension FormError: CustomStringConvertible {
    /// The status code and the reason.
    public var description: String { "\(status.code): \(reason)" }
}
