import HTTPTypes
import Logging
import MartletReactor
import MartletWire

/// What came in of a request. All copies of a `Request` share it, so passing one on costs one reference.
///
/// `@unchecked Sendable`: the connection changes it only before the first `Request` is given to anybody, and after the last
/// one is gone.
final class ReceivedRequest: @unchecked Sendable {
    var head = RequestHead()
    var peer = SocketAddress.loopback(port: 0)
    /// What the TLS handshake agreed on; nil in the clear.
    var session: SecureSession?
    var body = RequestBody.none
    /// Where interim answers can be sent; nil while no task needs it.
    var connection: ConnectionReference?
    /// The connection's number for this request.
    var exchange: UInt64 = 0
    let logger: Logger
    /// What errors look like; nil: the error page.
    let errorFormat: ErrorFormat?

    typealias ErrorFormat = @Sendable (HTTPError) -> Response

    init(logger: Logger, errorFormat: ErrorFormat? = nil) {
        self.logger = logger
        self.errorFormat = errorFormat
    }

    /// Makes it as new and keeps the memory it has.
    func reset() {
        head.reset()
        if connection != nil { connection = nil }
        if session != nil { session = nil }
        if case .none = body.source { return }
        body = .none
    }

    /// A new one for the same server.
    func another() -> ReceivedRequest {
        ReceivedRequest(logger: logger, errorFormat: errorFormat)
    }

    /// The same with other fields.
    func with(_ fields: Fields) -> ReceivedRequest {
        let other = copy()
        other.head.fields = fields
        return other
    }

    /// The same with other content.
    func with(_ body: RequestBody) -> ReceivedRequest {
        let other = copy()
        other.body = body
        return other
    }

    private func copy() -> ReceivedRequest {
        let other = another()
        other.head = head
        other.peer = peer
        other.session = session
        other.body = body
        other.connection = connection
        other.exchange = exchange
        return other
    }

    /// The request line, fit for a log.
    var escapedRequestLine: String {
        var line: [UInt8] = []
        AccessLog.appendRequestLine(head.requestLineBytes, to: &line)
        return String(decoding: line, as: UTF8.self)
    }

    /// What the client is told of an error: an `HTTPError` itself; of any other, that there was one. The log has the rest.
    /// - Parameters:
    ///   - logger: where to; default the server's.
    ///   - format: what the answer looks like; default the server's.
    func response(for error: any Error, logger: Logger? = nil, format: ErrorFormat? = nil) -> Response {
        if let error = error as? HTTPError {
            guard let format = format ?? errorFormat else {
                return ErrorPage.response(for: error, wantsHTML: head.fields.namesHTML)
            }
            var response = format(error)
            // A 405 must have Allow, a 401 WWW-Authenticate, whatever it looks like (RFC 9110 §15.5).
            let own = response.fields
            for (name, value) in error.fields {
                // All of its lines: a 401 may have several challenges.
                if let name = HTTPField.Name(name), !own.contains(name) { response.fields.append(name, value) }
            }
            return response
        }
        (logger ?? self.logger).error("500 for \(summary): \(error)")
        return response(for: HTTPError(.internalServerError), format: format)
    }

    /// How the log names the request: `"GET /x HTTP/1.1" of 127.0.0.1`.
    var summary: String {
        "\"\(escapedRequestLine)\" of \(peer.host)"
    }
}
