import HTTPTypes
import MartletReactor
import MartletWire

/// Why a backend gave no answer, or not all of one.
enum BackendFailure: Error {
    /// The part of an exchange that took too long.
    enum Stage {
        case connecting
        case answering
        case content
    }

    /// No connection could be made.
    case unreachable(String)
    case timedOut(Stage)
    /// The connection ended, or was lost by an errno, before the answer did.
    case ended(errno: CInt?, receivedAny: Bool)
    /// The head of the answer is not valid.
    case invalidHead(ResponseError)
    /// Its chunked content is not valid.
    case invalidContent(RequestError)
    /// Something that it may not do here.
    case violation(String)

    /// The status for the client: the page says no more than that.
    var status: HTTPResponse.Status {
        switch self {
        case .timedOut: .gatewayTimeout
        default: .badGateway
        }
    }

    /// Whether nothing of an answer came before the connection ended: then the request may be sent again, if its method
    /// allows that (RFC 9110 §9.2.2).
    var isUnanswered: Bool {
        if case .ended(_, receivedAny: false) = self { true } else { false }
    }

    /// For the log.
    var reason: String {
        switch self {
        case .unreachable(let reason): reason
        case .timedOut(.connecting): "no connection in time"
        case .timedOut(.answering): "no answer in time"
        case .timedOut(.content): "the answer stopped coming"
        case .ended(let errno, let receivedAny):
            (receivedAny ? "the connection ended before the answer did" : "the connection ended without an answer")
                + (errno.map { " (\(SystemError.text(of: $0)))" } ?? "")
        case .invalidHead(let error): "the answer is not valid HTTP: \(error.reason)"
        case .invalidContent(let error): "the answer's chunks are not valid: \(error.reason)"
        case .violation(let text): text
        }
    }
}
