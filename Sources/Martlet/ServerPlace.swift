import MartletReactor
import MartletWire

/// Where a server is that is connected to.
package enum ServerPlace: Sendable, Hashable {
    case address(SocketAddress)
    case name(String, port: UInt16)

    /// An absolute path of a Unix socket; nil where it is none, or too long.
    package init?(socket path: String) {
        guard path.hasPrefix("/"), path.utf8.count <= SocketAddress.longestPath, !path.utf8.contains(0) else {
            return nil
        }
        self = .address(.unix(path: path))
    }

    /// A host in numbers or by name, IPv6 in brackets.
    package init(host: String, port: UInt16) {
        let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        self = SocketAddress(numeric: name, port: port).map(ServerPlace.address) ?? .name(name, port: port)
    }
}

/// The addresses of a place. A name is looked up again every ten seconds while it is used.
package final class ServerAddresses: Sendable {
    private let place: ServerPlace
    private let resolved = Locked<(addresses: [SocketAddress], expiry: Instant)?>(nil)

    /// How long an address that a name stands for is used.
    private static let lifetime = Nanoseconds(.seconds(10))
    /// Of the addresses of a name, so many are tried.
    private static let tried = 4
    /// Asks name servers.
    private static let resolver = ThreadPool(name: "resolver", threads: 2)

    package init(of place: ServerPlace) {
        self.place = place
    }

    /// Where it can be reached now.
    package func current(at now: Instant) async throws(ConnectionFault) -> [SocketAddress] {
        switch place {
        case .address(let address): return [address]
        case .name(let name, let port):
            if let known = resolved.withLock({ $0 }), known.expiry > now { return known.addresses }
            do {
                let found = try await Self.resolver.run { try SocketAddress.resolve(name, port: port) }
                let addresses = Array(found.prefix(Self.tried))
                resolved.withLock { $0 = (addresses, now + Self.lifetime) }
                return addresses
            } catch {
                throw .unreachable("\(error)")
            }
        }
    }
}
