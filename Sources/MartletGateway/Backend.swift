import Martlet
import MartletReactor
import MartletWire

/// A server that a gateway passes requests on to.
///
/// - `http://127.0.0.1:9000`, `http://app.internal:8080`: a host and a port, 80 without one. A name is looked up again
///   every ten seconds while it is used.
/// - `http://127.0.0.1:9000/base/`: with a path, even `/`. That takes the place of what the gateway is mounted at: mounted
///   at `/api/**`, a request for `/api/users?page=2` becomes one for `/base/users?page=2`. Without a path the target is
///   passed on octet for octet.
/// - `unix:/run/app.sock`: a Unix socket.
public struct Backend: Sendable, Hashable, CustomStringConvertible {
    /// Where to connect.
    let place: ServerPlace
    /// What Host says when it does not say what the client's did.
    let authority: String
    /// The path in place of the mount's, without a slash at its end; nil: targets stay as they are.
    let base: [UInt8]?
    /// The URL as it was given.
    public let description: String

    /// Reads the URL of a server.
    /// - Throws: `BackendError` when it is none that a gateway can reach.
    public init(_ url: String) throws(BackendError) {
        description = url
        guard url.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            throw .invalid(url, "it has a character that no URL has")
        }
        if url.hasPrefix("unix:") {
            guard let socket = ServerPlace(socket: String(url.dropFirst(5))) else {
                throw .invalid(
                    url,
                    "a Unix socket is unix: and an absolute path of \(SocketAddress.longestPath) octets at most"
                )
            }
            place = socket
            authority = "localhost"
            base = nil
            return
        }
        guard !url.lowercased().hasPrefix("https://") else {
            throw .invalid(url, "servers behind TLS cannot be reached yet: use http:// or unix:")
        }
        guard url.lowercased().hasPrefix("http://") else {
            throw .invalid(url, "it must begin with http:// or unix:, as in http://127.0.0.1:9000")
        }
        let rest = url.dropFirst(7)
        guard !rest.contains(where: { $0 == "?" || $0 == "#" }) else {
            throw .invalid(url, "it must not have a query or a fragment")
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let host = String(rest[..<slash])
        guard !host.contains("@") else { throw .invalid(url, "it must not have a user name") }
        guard let parsed = Authority(parsing: host.utf8.span) else {
            throw .invalid(url, "'\(host)' is no host or host:port")
        }
        guard parsed.port != 0 else { throw .invalid(url, "no server has the port 0") }
        let path = rest[slash...]
        do throws(RequestError) {
            if !path.isEmpty { _ = try RequestPath(decoding: path.utf8.span) }
        } catch {
            throw .invalid(url, "its path is not valid")
        }
        base = path.isEmpty ? nil : Array(path.hasSuffix("/") ? path.dropLast().utf8 : path.utf8)
        authority = parsed.description
        place = ServerPlace(host: parsed.host, port: parsed.port ?? 80)
    }
}

/// A URL that names no server which a gateway can reach.
public enum BackendError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The URL and what is wrong with it.
    case invalid(String, String)

    /// Both, in a sentence.
    public var description: String {
        switch self {
        case .invalid(let url, let reason): "'\(url)' is no backend: \(reason)."
        }
    }
}
