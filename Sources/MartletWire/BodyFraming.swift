/// How the end of a request's content is found (RFC 9112 §6.3).
public enum BodyFraming: Sendable, Equatable {
    /// The request has no content.
    case none
    /// The content has this many octets, at least 1 (`Content-Length: 0` is `none`).
    case length(Int)
    /// The content comes in chunks; `ChunkedDecoder` finds their end.
    case chunked
}
