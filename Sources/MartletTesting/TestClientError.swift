/// Why a `TestClient` has no answer.
public enum TestClientError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Nobody accepts connections there.
    case refused
    /// The time was over. What had come by then: octets of the answer.
    case timedOut(received: Int)
    /// The connection was reset.
    case reset(received: Int)
    /// The connection was closed before the answer was complete.
    case closed(received: Int)
    /// The answer is not valid HTTP/1.1, for this reason.
    case malformed(String)
    /// More than the client takes: 64 KiB of head or 64 MiB of content.
    case tooLarge
    /// TLS failed, for this reason: a certificate that is not trusted, for example.
    case insecure(String)
    /// The system's call failed, in its words.
    case failed(String)
    /// Over `.direct` there is no connection to send octets on.
    case noConnection
    /// The request cannot be sent: what is wrong with its method or target.
    case invalidRequest(String)

    /// Says so.
    public var description: String {
        switch self {
        case .refused: "the connection was refused"
        case .timedOut(let count): "the answer was not complete in time, after \(count) octets"
        case .reset(let count): "the connection was reset after \(count) octets of the answer"
        case .closed(let count): "the connection was closed after \(count) octets, before the answer was complete"
        case .malformed(let reason): "the answer is not valid: \(reason)"
        case .tooLarge: "the answer is larger than the client takes"
        case .insecure(let reason): "TLS failed: \(reason)"
        case .failed(let text): text
        case .noConnection: "there is no connection: this client calls the handler directly"
        case .invalidRequest(let reason): "the request cannot be sent: \(reason)"
        }
    }
}
