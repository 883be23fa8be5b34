/// Why a response is refused: what is wrong with its bytes. The connection it came by must be closed.
public enum ResponseError: Error, Equatable, Sendable {
    /// The status line is longer than the limit.
    case statusLineTooLong
    /// What came does not begin with a status line: `HTTP/1.1 200 OK` (RFC 9112 §4).
    case malformedStatusLine
    /// The major version is not 1.
    case unsupportedVersion
    /// The status is not one of 100 to 599 (RFC 9110 §15).
    case invalidStatus
    /// A fault that requests can have as well, in a line, a field or the framing.
    case message(RequestError)

    /// One sentence for the log. Holds nothing that was received.
    public var reason: String {
        switch self {
        case .statusLineTooLong: "The status line is too long."
        case .malformedStatusLine: "It does not begin with a status line such as HTTP/1.1 200 OK."
        case .unsupportedVersion: "It is of another major version than HTTP/1."
        case .invalidStatus: "Its status is not one of 100 to 599."
        case .message(let error): error.reason
        }
    }
}
