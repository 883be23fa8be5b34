import Martlet
import MartletDaemon
import MartletReactor

/// What listening sockets are for.
enum ListenerRole: String, CaseIterable {
    /// What the server is there for.
    case serve
    /// Leads from http to https.
    case redirect
    /// Health and metrics.
    case admin
}

/// Listening sockets that nobody serves yet, by what they are for.
struct OpenListeners {
    private(set) var groups: [ListenerRole: [BoundAddress]] = [:]

    /// None.
    init() {}

    /// What a predecessor puts behind the role of a socket that it bound itself. All others are a service manager's.
    private static let ownMark = ".own"

    /// Those that the process was started with: by a service manager, or by its predecessor. A name that is no role is
    /// that of the manager's unit: such sockets are served.
    init(_ inherited: [InheritedSocket]) {
        for role in ListenerRole.allCases {
            let named = inherited.filter { (ListenerRole(rawValue: Self.role($0.name)) ?? .serve) == role }
            var order: [SocketAddress] = []
            for socket in named.map(\.socket) where !order.contains(socket.address) { order.append(socket.address) }
            // Those of one address are the queues of one listener.
            groups[role] = order.map { address in
                let own = named.filter { $0.socket.address == address }
                return BoundAddress(own.map(\.socket), ownsFile: own.allSatisfy { $0.name.hasSuffix(Self.ownMark) })
            }
        }
    }

    private static func role(_ name: String) -> String {
        name.hasSuffix(ownMark) ? String(name.dropLast(ownMark.count)) : name
    }

    /// For a successor, by name.
    var named: [InheritedSocket] {
        groups.sorted { $0.key.rawValue < $1.key.rawValue }.flatMap { role, bound in
            bound.flatMap { bound in
                bound.sockets.map {
                    InheritedSocket(name: role.rawValue + (bound.ownsFile ? Self.ownMark : ""), socket: $0)
                }
            }
        }
    }

    /// Whether a service manager says where to serve: the options do not.
    var isFixed: Bool { self[.serve].contains { !$0.ownsFile } }

    /// Where they listen.
    var addresses: [SocketAddress] { groups.values.joined().map(\.address) }

    subscript(role: ListenerRole) -> [BoundAddress] {
        groups[role] ?? []
    }

    mutating func add(_ bound: [BoundAddress], for role: ListenerRole) {
        groups[role, default: []] += bound
    }

    /// Takes all sockets of a role.
    mutating func take(_ role: ListenerRole) -> [BoundAddress] {
        groups.removeValue(forKey: role) ?? []
    }

    /// Takes the sockets of an address. For port 0 those of any port will do: a free one was taken before.
    mutating func take(_ role: ListenerRole, at address: SocketAddress) -> BoundAddress? {
        let index = groups[role]?.firstIndex { bound in
            bound.address == address
                || address.port == 0 && bound.address.port != nil && bound.address.with(port: 0) == address
        }
        guard let index else { return nil }
        return groups[role]?.remove(at: index)
    }

    /// Closes what nobody took.
    mutating func close() {
        for bound in groups.values.joined() { bound.close() }
        groups = [:]
    }

    /// Closes them for good, with the files of Unix sockets, but for those that others still listen at.
    mutating func discard(leaving others: [SocketAddress]) {
        for bound in groups.values.joined() where !others.contains(bound.address) { bound.removeFile() }
        close()
    }
}
