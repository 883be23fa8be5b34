import HTTPTypes
public import Martlet
import MartletWire

extension WebSocket {
    /// Which pages of the web may connect. Browsers name a page's origin with every WebSocket, and ask nobody else's
    /// leave: without this check any page could speak with the cookies of whoever looks at it (RFC 6455 §10.2). Clients
    /// that are no browsers name none, and pass.
    public enum Origins: Sendable {
        /// Pages of the host and port that the request is for.
        case same
        /// Those, and pages of these origins, each like `https://example.com`.
        case sameAnd([String])
        /// Every page.
        case any
    }

    /// Answers the opening handshake and gives the connection to `handler` (RFC 6455 §4.2).
    ///
    /// `handler` runs in a task of its own on the connection's loop; when it ends, the connection closes. The task is
    /// cancelled when the client goes away or finishes sending, and when the server stops.
    /// - Parameters:
    ///   - protocols: subprotocols that the server speaks; of those the client offers, its favourite is taken. None in
    ///     common: the connection goes on without, and the client decides.
    ///   - origins: which pages may connect; default: those of this server.
    ///   - limits: what the client may do.
    /// - Throws: `HTTPError`: 426 when the request is no handshake or one of another version, 400 when it is malformed,
    ///   403 when its origin is not allowed.
    public static func response(
        to request: Request,
        protocols: [String] = [],
        origins: Origins = .same,
        limits: Limits = Limits(),
        _ handler: @escaping @Sendable (WebSocket) async throws -> Void
    ) throws(HTTPError) -> Response {
        let key = try key(of: request)
        guard origins.allow(request) else {
            throw HTTPError(.forbidden, "Pages of this origin may not connect here.")
        }
        var fields = Fields(.secWebSocketAccept, AcceptKey.value(for: key))
        let subprotocol = request.fields.members(of: .secWebSocketProtocol).first { protocols.contains($0) }
        if let subprotocol { fields.append(.secWebSocketProtocol, subprotocol) }
        return .upgrade(to: "websocket", fields: fields) { stream in
            try await WebSocket(stream, subprotocol: subprotocol, limits: limits).run(handler)
        }
    }

    /// Checks what RFC 6455 §4.2.1 asks of a handshake.
    private static func key(of request: Request) throws(HTTPError) -> String {
        guard request.method == .get, request.asksForUpgrade(to: "websocket") else {
            throw needed("This address speaks WebSocket.")
        }
        guard request.fields[.secWebSocketVersion] == "13" else {
            throw needed("This server speaks version 13 of WebSocket.")
        }
        // Two keys are joined by a comma, so they are none.
        guard let key = request.fields[.secWebSocketKey], Base64.decode(key)?.count == 16 else {
            throw HTTPError(.badRequest, "Sec-WebSocket-Key must be 16 octets in base64.")
        }
        return key
    }

    private static func needed(_ detail: String) -> HTTPError {
        var fields = Fields(.upgrade, "websocket")
        fields.append(.secWebSocketVersion, "13")
        return HTTPError(HTTPResponse.Status(code: 426), detail, fields: fields)
    }
}

extension WebSocket.Origins {
    /// Whether the page that made this request may.
    func allow(_ request: Request) -> Bool {
        guard let origin = request.fields[.origin] else { return true }
        switch self {
        case .any: return true
        case .sameAnd(let others) where others.contains(where: { $0.lowercased() == origin.lowercased() }): return true
        case .same, .sameAnd: return Self.isSame(origin, request.head.authority)
        }
    }

    /// Host and port are compared, the scheme is not: behind a proxy the server cannot know it.
    private static func isSame(_ origin: String, _ authority: Authority?) -> Bool {
        let origin = origin.lowercased()
        let port: UInt16
        let rest: Substring
        if origin.hasPrefix("http://") {
            (port, rest) = (80, origin.dropFirst(7))
        } else if origin.hasPrefix("https://") {
            (port, rest) = (443, origin.dropFirst(8))
        } else {
            return false
        }
        guard let authority, let page = Authority(parsing: Array(rest.utf8).span) else { return false }
        return page.host == authority.host && page.port ?? port == authority.port ?? port
    }
}
