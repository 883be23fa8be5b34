import ArgumentParser
import Glibc
import Martlet
import MartletReactor

/// Addresses, port and threads.
struct ListeningOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "The port; 0 takes any free one. (default: 8000)")
    var port: UInt16?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "An address or host name to listen on, or unix:PATH; can be repeated. (default: 127.0.0.1 and ::1)",
            valueName: "address"
        )
    )
    var bind: [String] = []

    @Flag(help: "Listen on every address of this machine, so that others in the network can connect.")
    var lan = false

    @Flag(help: "Take the next free port when the port is in use.")
    var portFallback = false

    @Option(help: ArgumentHelp("Event loops, each a thread. (default: one for each core)", valueName: "n"))
    var threads: Int?

    @Option(
        help: ArgumentHelp(
            "A proxy or range of them, as 10.0.0.0/8, which begins each connection with a PROXY header, v1 or v2; can be repeated. Nobody else is let in then.",
            valueName: "cidr"
        )
    )
    var proxyProtocol: [String] = []

    @Flag(name: [.customShort("o"), .customLong("open")], help: "Open the browser.")
    var opensBrowser = false

    /// Ports tried by --port-fallback.
    private static let fallbackPorts = 100

    func resolvedThreads() throws -> Int? {
        guard let threads = try threads ?? Environment.value("THREADS", "a number") else { return nil }
        guard 1...256 ~= threads else { throw ValidationError("--threads goes from 1 to 256, not \(threads).") }
        return threads
    }

    /// Starts the server that `make` makes, on the port asked for or, if allowed, a later one.
    func start(port operand: UInt16?, make: ([SocketAddress]) throws -> Server) throws -> Server {
        if let port, let operand, port != operand {
            throw ValidationError("Two ports are given: \(operand) and --port \(port).")
        }
        let wanted = try port ?? operand ?? Environment.value("PORT", "a port from 0 to 65535") ?? 8000
        var candidate = wanted
        while true {
            let server = try make(try addresses(port: candidate))
            do {
                try server.start()
                if candidate != wanted { Messages.complain("port \(wanted) is in use; took \(candidate).") }
                return server
            } catch {
                let mayTryNext = portFallback || Environment.isSet(.portFallback)
                guard error.code == EADDRINUSE, !error.isOfUnixSocket, mayTryNext, candidate < 65535,
                    candidate - wanted < Self.fallbackPorts
                else { throw Self.problem(error, port: candidate) }
                candidate += 1
            }
        }
    }

    private func addresses(port: UInt16) throws -> [SocketAddress] {
        var hosts = bind
        if hosts.isEmpty, !lan, let value = Environment["BIND"] {
            hosts = value.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init)
        }
        if lan || hosts.isEmpty && Environment.isSet(.lan) {
            guard bind.isEmpty else { throw ValidationError("--lan listens everywhere; leave out --bind.") }
            return [Self.hasIPv6 ? .anyIPv6(port: port) : .anyIPv4(port: port)]
        }
        guard hosts.isEmpty else { return try hosts.flatMap { try Self.parse($0, port: port) } }
        // Browsers try both for "localhost". A port that the system chooses would differ between the two.
        let usesBoth = port != 0 && Self.hasIPv6
        return [.loopback(port: port)] + (usesBoth ? [.ipv6(0, 1, port: port, zone: 0)] : [])
    }

    private static func parse(_ text: String, port: UInt16) throws -> [SocketAddress] {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard 1...SocketAddress.longestPath ~= path.utf8.count else {
                throw ValidationError(
                    "\(text): the path of a Unix socket has 1 to \(SocketAddress.longestPath) octets."
                )
            }
            return [.unix(path: path)]
        }
        let host = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
        let parts = host.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 2, let number = parts.last, !number.isEmpty, number.allSatisfy(\.isNumber) {
            throw ValidationError("--bind takes an address; the port goes into --port \(number), not '\(text)'.")
        }
        do {
            var seen: Set<SocketAddress> = []
            return try SocketAddress.resolve(host, port: port).filter { seen.insert($0).inserted }
        } catch {
            throw Problem(
                "cannot listen on '\(text)': \(error.reason). Give an address of this machine, such as 127.0.0.1."
            )
        }
    }

    private static var hasIPv6: Bool {
        guard let sockets = try? ListeningSocket.bind(.ipv6(0, 1, port: 0, zone: 0), count: 1) else { return false }
        for socket in sockets { socket.close() }
        return true
    }

    private static func problem(_ error: SystemError, port: UInt16) -> Problem {
        switch error.code {
        case EADDRINUSE where error.isOfUnixSocket:
            return Problem("\(error): another server listens there. Stop it, or give another path.")
        case EADDRINUSE:
            let owner = PortOwner.find(port: port).map { " by \($0)" } ?? ""
            return Problem(
                "port \(port) is in use\(owner). Choose another with --port, or take the next free one with --port-fallback."
            )
        case EACCES where port < 1024 && port > 0:
            return Problem(
                "port \(port) is below 1024 and needs a right that this user does not have. "
                    + "Take a higher one, such as --port 8080, or grant it: sudo setcap cap_net_bind_service=+ep \(executable)"
            )
        case EADDRNOTAVAIL:
            return Problem("\(error). This machine does not have that address; `ip address` lists those it has.")
        default:
            return Problem("\(error)")
        }
    }

    private static var executable: String {
        guard let path = unsafe realpath("/proc/self/exe", nil) else { return "martlet" }
        defer { unsafe free(path) }
        return unsafe String(cString: path)
    }
}

extension SystemError {
    /// Whether it is a Unix socket that could not be bound: there the port has no part in it.
    fileprivate var isOfUnixSocket: Bool { operation.contains("unix:") }
}
