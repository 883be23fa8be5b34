public import Logging
public import Martlet
package import MartletReactor

/// Why the admin pages are not served.
public enum AdminError: Error, CustomStringConvertible {
    /// Other machines could read them there.
    case notLoopback(SocketAddress)

    /// What is wrong, and what to do.
    public var description: String {
        switch self {
        case .notLoopback(let address):
            "the admin pages would be open to other machines at \(address): "
                + "use 127.0.0.1 or a Unix socket, or allow it explicitly"
        }
    }
}

extension Admin {
    /// The pages. They check the Host of requests that come by TCP: addresses, `localhost` and `hosts` are let in, any other
    /// name gets a 421. Else a page of some site could read them through its reader's browser (DNS rebinding).
    /// - Parameter hosts: names that the pages are reached by besides, in lower case.
    public func handler(hosts: [String] = []) -> any Handler {
        do {
            return try Router(middleware: [LocalHosts(hosts), Self.headers]) {
                for route in AdminPages(self).routes { route }
            }
        } catch {
            preconditionFailure("\(error)")  // The routes are literals.
        }
    }

    private static let headers = SecurityHeaders(
        contentSecurityPolicy: "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
            + "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
        referrerPolicy: "no-referrer",
        others: [(.cacheControl, "no-store")]
    )

    /// A server for the pages alone, on a thread of its own, so that they answer whatever the others are doing.
    ///
    /// Who can connect can read. For a Unix socket its file's mode decides, which the process's umask sets: 0077 before
    /// `start` leaves it to this user.
    /// - Parameters:
    ///   - address: of this machine, or a Unix socket.
    ///   - logger: where its problems go.
    ///   - hosts: as `handler(hosts:)` has them.
    ///   - allowsOtherMachines: lets it listen at an address that others reach.
    /// - Throws: `AdminError.notLoopback`.
    public func server(
        at address: SocketAddress,
        logger: Logger = Logger(label: "martlet.admin"),
        hosts: [String] = [],
        allowsOtherMachines: Bool = false
    ) throws(AdminError) -> Server {
        guard allowsOtherMachines || address.isLoopback else { throw .notLoopback(address) }
        return server(logger: logger, hosts: hosts) { $0.addresses = [address] }
    }

    /// A server for the pages alone, on sockets that listen already.
    package func server(on listeners: [BoundAddress], logger: Logger) -> Server {
        server(logger: logger, hosts: []) { $0.listeners = listeners }
    }

    private func server(logger: Logger, hosts: [String], listen: (inout ServerConfiguration) -> Void) -> Server {
        var configuration = ServerConfiguration()
        listen(&configuration)
        configuration.threads = 1
        configuration.limits.connections = 64
        configuration.limits.body = 0
        configuration.logger = logger
        return Server(configuration: configuration, handler: handler(hosts: hosts))
    }
}

/// Lets in requests for hosts that no other site's name can stand for.
private struct LocalHosts: Middleware {
    private let names: Set<String>

    init(_ names: [String]) {
        self.names = Set(names).union(["localhost"])
    }

    func respond(to request: Request, next: Next) async throws -> Response {
        if case .unix = request.peer { return try await next(request) }
        // HTTP/1.0 may leave it out, and browsers do not.
        guard let host = request.head.authority?.host else { return try await next(request) }
        let address = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        guard names.contains(host) || SocketAddress(numeric: address, port: 0) != nil else {
            throw HTTPError(.misdirectedRequest, "These pages are reached by address, as in http://127.0.0.1/.")
        }
        return try await next(request)
    }
}
