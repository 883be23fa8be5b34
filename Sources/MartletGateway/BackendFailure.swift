import HTTPTypes
import Martlet
import MartletReactor
import MartletWire

/// Why a backend gave no answer, or not all of one.
enum BackendFailure: Error {
    /// The connection is at fault.
    case connection(ConnectionFault)
    /// The head of the answer is not valid.
    case invalidHead(ResponseError)
    /// Its chunked content is not valid.
    case invalidContent(RequestError)
    /// Something that it may not do here.
    case violation(String)

    init(_ fault: ConnectionFault) {
        self = .connection(fault)
    }

    static func unreachable(_ reason: String) -> BackendFailure { .connection(.unreachable(reason)) }
    static func timedOut(_ stage: ConnectionFault.Stage) -> BackendFailure { .connection(.timedOut(stage)) }

    /// The status for the client: the page says no more than that.
    var status: HTTPResponse.Status {
        switch self {
        case .connection(.timedOut): .gatewayTimeout
        default: .badGateway
        }
    }

    /// Whether nothing of an answer came before the connection ended: then the request may be sent again, if its method
    /// allows that (RFC 9110 §9.2.2).
    var isUnanswered: Bool {
        if case .connection(let fault) = self { fault.isUnanswered } else { false }
    }

    /// For the log.
    var reason: String {
        switch self {
        case .connection(let fault): fault.reason
        case .invalidHead(let error): "the answer is not valid HTTP: \(error.reason)"
        case .invalidContent(let error): "the answer's chunks are not valid: \(error.reason)"
        case .violation(let text): text
        }
    }
}
