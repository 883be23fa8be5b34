import HTTPTypes
import Martlet
import MartletReactor
import MartletWire

/// Sends whoever asks in the clear to the same place of the TLS server: 308, which keeps method and content
/// (RFC 9110 §15.4.9).
struct RedirectToHTTPS: ImmediateHandler {
    /// The port of the TLS server.
    let port: UInt16

    func respondImmediately(to request: Request) throws -> Response? {
        guard let host = request.head.authority?.host else {
            throw HTTPError(
                .badRequest,
                "This port only leads to https://, port \(port), and no Host says on which host."
            )
        }
        let query = request.query.map { "?\($0)" } ?? ""
        let place = port == 443 ? host : "\(host):\(port)"
        var response = Response.redirect(
            to: "https://\(place)\(request.head.rawPath)\(query)",
            status: .permanentRedirect
        )
        // Browsers would keep a 308 for good, and another program may serve here tomorrow.
        response.fields.append(.cacheControl, "no-cache")
        return response
    }

    func respond(to request: Request) async throws -> Response {
        try respondImmediately(to: request) ?? Response()
    }

    /// A small server of it on sockets of its own, with the same limits and log as the one of `configuration`.
    static func server(beside configuration: ServerConfiguration, tlsPort: UInt16, on listeners: [BoundAddress])
        -> Server
    {
        var own = configuration
        own.listeners = listeners
        own.threads = 1
        own.security = nil
        own.observer = nil
        // Strict-Transport-Security among them must not be sent in the clear (RFC 6797 §7.2).
        own.fields = Fields()
        return Server(configuration: own, handler: RedirectToHTTPS(port: tlsPort))
    }
}
