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

    /// A small server of it, at the addresses of `server` but on a port of its own, with the same limits and log.
    static func server(beside configuration: ServerConfiguration, tlsPort: UInt16, port: UInt16) -> Server {
        var own = configuration
        var addresses: [SocketAddress] = []
        for address in configuration.addresses where address.port != nil {
            addresses.append(address.with(port: port))
        }
        own.addresses = addresses
        own.threads = 1
        own.security = nil
        // Strict-Transport-Security among them must not be sent in the clear (RFC 6797 §7.2).
        own.fields = Fields()
        return Server(configuration: own, handler: RedirectToHTTPS(port: tlsPort))
    }
}
