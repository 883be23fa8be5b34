import HTTPTypes
public import MartletWire

/// Another protocol that a connection goes on with after its answer (RFC 9110 §7.8), and who speaks it.
public struct Upgrade: Sendable {
    /// The protocol's name as in Upgrade, such as `websocket`.
    public let token: String
    /// It is no protocol, but an answer that its handler writes whole, status line and all.
    var isRaw = false
    let handler: @Sendable (UpgradedStream) async throws -> Void
}

extension Response {
    /// An answer whose octets are all written by `handler`, from the status line on: nothing is added or checked. The
    /// connection closes behind it; when `handler` throws, it is reset. All of the request's content must have been read.
    /// - Parameter status: for the log.
    package static func raw(
        status: HTTPResponse.Status,
        _ handler: @escaping @Sendable (UpgradedStream) async throws -> Void
    ) -> Response {
        Response(status: status, body: .upgrade(Upgrade(token: "", isRaw: true, handler: handler)))
    }
}

extension Response {
    /// Answers `101 Switching Protocols` and gives the connection's octets to `handler`.
    ///
    /// The request must have asked for it: HTTP/1.1, the token in Upgrade and `upgrade` in Connection; else the client
    /// gets a 426 instead. Its content, if any, must have been read; else it gets a 400. The server writes Connection.
    ///
    /// `handler` runs in a task of its own on the connection's loop, from the moment that the head is on its way. When it
    /// returns, what it wrote is sent and the connection closes; an error that it throws is logged. The task is cancelled
    /// when the client goes away or finishes sending, and when the server stops: it has the grace to say goodbye then.
    /// Of the limits only `writeStallTimeout` applies. The access log has its line when the connection ends, with the
    /// octets written as the length.
    /// - Parameters:
    ///   - token: the protocol's name, a token of RFC 9110 §5.6.2.
    ///   - fields: more fields for the head, such as `Sec-WebSocket-Accept`.
    public static func upgrade(
        to token: String,
        fields: Fields = Fields(),
        _ handler: @escaping @Sendable (UpgradedStream) async throws -> Void
    ) -> Response {
        var fields = fields
        fields[.upgrade] = token
        return Response(
            status: .switchingProtocols,
            fields: fields,
            body: .upgrade(Upgrade(token: token, handler: handler))
        )
    }
}

extension Request {
    /// Whether the client wants the connection to go on with this protocol: HTTP/1.1, named in Upgrade in any case, and
    /// `upgrade` named in Connection (RFC 9110 §7.8).
    public func asksForUpgrade(to token: String) -> Bool {
        head.asksForUpgrade(to: token)
    }
}

extension RequestHead {
    /// See `Request.asksForUpgrade(to:)`.
    func asksForUpgrade(to token: String) -> Bool {
        // An Upgrade of HTTP/1.0 is ignored, and one that Connection does not name (RFC 9110 §7.6.1).
        version == .http1_1 && fields.hasMember("upgrade", of: .connection)
            && fields.hasMember(token.lowercased(), of: .upgrade)
    }
}

/// The octets of a connection after a `101 Switching Protocols`, both ways.
///
/// Can be used from any thread; one task reads at a time, any number write. It ends with the handler that it was given to.
public struct UpgradedStream: Sendable {
    let reference: ConnectionReference
    let exchange: UInt64

    /// Nothing came in the time given; the stream is as it was.
    public struct TimedOut: Error {}

    /// The octets that came in since the last call, what came behind the request's head first; waits until there are
    /// some. While nobody reads, nothing is received: the client has to wait.
    /// - Parameter limit: the longest wait; nil waits for ever.
    /// - Returns: nil when the client has finished sending.
    /// - Throws: `CancellationError` when the connection is lost, when somebody else reads, or, with nothing to return,
    ///   when the task is cancelled; `TimedOut` after `limit`.
    public func read(within limit: Duration? = nil) async throws -> [UInt8]? {
        guard let connection = reference.connection else { throw CancellationError() }
        return try await connection.readStream(of: exchange, within: limit.map { Nanoseconds($0) })
    }

    /// Sends octets, whole and in the order of the calls. Returns when at most 64 KiB wait to be taken by the kernel.
    ///
    /// It does not end when the task is cancelled, so that a last word can be said: a client that takes nothing for
    /// `Limits.writeStallTimeout` ends it.
    /// - Parameter isLast: later writes throw; reading goes on.
    /// - Throws: `CancellationError` when the connection is lost or the last octets were written.
    public func write(_ octets: [UInt8], isLast: Bool = false) async throws {
        guard let connection = reference.connection else { throw CancellationError() }
        try await connection.writeStream(octets, of: exchange, isLast: isLast)
    }
}
