import Logging
public import MartletReactor

/// Lets in or refuses by address: who is refused gets a 403 that says nothing more, whatever was asked for.
///
/// ```swift
/// AddressRules(allow: [lan], deny: [printer])
/// ```
/// Denying goes before allowing, in whatever order the ranges stand. Where anybody is allowed, everybody else is denied;
/// where nobody is, all are let in who are not denied.
///
/// The address is `Request.peer`: behind a proxy that begins connections with a PROXY header, the one that the header
/// names; behind any other the proxy's own, since fields such as `X-Forwarded-For` can be written by anybody. An IPv4
/// address is IPv4 by a dual-stack listener too: `::/0` is nobody of IPv4. Peers of Unix sockets are in `unix:` alone, so
/// they are denied where only addresses are allowed.
///
/// It is the request that is refused, not the connection: a TLS handshake is made and the request line read, so that who
/// is refused learns so in words, and the access log tells of it. To keep a machine away from the socket itself is for
/// the firewall.
public struct AddressRules: Middleware {
    private let allowed: [AddressRange]
    private let denied: [AddressRange]

    /// Rules of two lists; with neither everybody is let in.
    public init(allow: [AddressRange] = [], deny: [AddressRange] = []) {
        allowed = allow
        denied = deny
    }

    /// Whether requests from `address` are let in.
    public func permits(_ address: SocketAddress) -> Bool {
        if denied.contains(where: { $0.contains(address) }) { return false }
        return allowed.isEmpty || allowed.contains { $0.contains(address) }
    }

    /// Passes the request on, or refuses it before anything else looks at it.
    public func respond(to request: Request, next: Next) async throws -> Response {
        guard permits(request.peer) else {
            request.logger.debug("a request from \(request.peer.host) is refused for its address")
            throw HTTPError(.forbidden)
        }
        return try await next(request)
    }
}
