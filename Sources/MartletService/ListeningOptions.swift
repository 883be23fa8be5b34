package import ArgumentParser
import Glibc
import Martlet
import MartletReactor

/// Addresses, port and threads.
package struct ListeningOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "The port; 0 takes any free one. (default: 8000)")
    package var port: UInt16?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "An address or host name to listen on, or unix:PATH; can be repeated. (default: 127.0.0.1 and ::1)",
            valueName: "address"
        )
    )
    package var bind: [String] = []

    @Flag(help: "Listen on every address of this machine, so that others in the network can connect.")
    package var lan = false

    @Flag(help: "Take the next free port when the port is in use.")
    package var portFallback = false

    @Option(help: ArgumentHelp("Event loops, each a thread. (default: one for each core)", valueName: "n"))
    package var threads: Int?

    @Option(
        help: ArgumentHelp(
            "A proxy or range of them, as 10.0.0.0/8, which begins each connection with a PROXY header, v1 or v2; can be repeated. Nobody else is let in then.",
            valueName: "cidr"
        )
    )
    package var proxyProtocol: [String] = []

    @Flag(name: [.customShort("o"), .customLong("open")], help: "Open the browser.")
    package var opensBrowser = false

    @Flag(help: "Draw the QR code of the URL, for phones: the first that others in the network can use.")
    package var qr = false

    package init() {}

    /// Ports tried by --port-fallback.
    private static let fallbackPorts = 100

    package func resolvedThreads() throws -> Int? {
        guard let threads else { return nil }
        guard 1...256 ~= threads else { throw ValidationError("--threads goes from 1 to 256, not \(threads).") }
        return threads
    }

    /// Where to listen, all or none: on the port asked for or, if allowed, a later one.
    /// - Parameters:
    ///   - operand: the port given without a flag.
    ///   - default: the port where none is given.
    ///   - count: of loops.
    ///   - taken: gives sockets that are open already for an address; they are used instead of new ones.
    func bind(
        port operand: UInt16?,
        default: UInt16 = 8000,
        count: Int,
        taken: (SocketAddress) throws -> BoundAddress? = { _ in nil }
    ) throws -> [BoundAddress] {
        if let port, let operand, port != operand {
            throw ValidationError("Two ports are given: \(operand) and --port \(port).")
        }
        let wanted = port ?? operand ?? `default`
        var held: [BoundAddress] = []
        defer { for bound in held { bound.close() } }
        if portFallback, let bound = try alreadyOpen(from: wanted, taken, &held) { return bound }
        var candidate = wanted
        while true {
            do {
                let bound = try Self.bind(try addresses(port: candidate), count: count) { address in
                    guard let index = held.firstIndex(where: { $0.address == address }) else {
                        return try taken(address)
                    }
                    return held.remove(at: index)
                }
                if candidate != wanted { Messages.complain("port \(wanted) is in use; took \(candidate).") }
                return bound
            } catch let error as SystemError {
                guard error.code == EADDRINUSE, !error.isOfUnixSocket, portFallback, candidate < 65535,
                    candidate - wanted < Self.fallbackPorts
                else { throw Self.problem(error, port: candidate) }
                candidate += 1
            }
        }
    }

    /// The sockets of the first port that a server which reloads has open already: it stays where it is, and its sandbox
    /// would refuse it any other.
    /// - Parameter held: gets what was taken on the way and belongs to no such port.
    private func alreadyOpen(
        from wanted: UInt16,
        _ taken: (SocketAddress) throws -> BoundAddress?,
        _ held: inout [BoundAddress]
    ) throws -> [BoundAddress]? {
        // Of port 0 any that is open will do, which `taken` knows.
        guard wanted > 0 else { return nil }
        let addresses = try addresses(port: wanted)
        for candidate in wanted...UInt16(clamping: Int(wanted) + Self.fallbackPorts) {
            let places = addresses.map { $0.with(port: candidate) }
            for place in places where !held.contains(where: { $0.address == place }) {
                if let bound = try taken(place) { held.append(bound) }
            }
            let bound = places.compactMap { place in held.first { $0.address == place } }
            guard bound.count == places.count else { continue }
            held.removeAll { places.contains($0.address) }
            return bound
        }
        return nil
    }

    /// Where to listen, if all of it is free.
    func wanted(port operand: UInt16?, default: UInt16) throws -> [SocketAddress] {
        try addresses(port: port ?? operand ?? `default`)
    }

    private static func bind(
        _ addresses: [SocketAddress],
        count: Int,
        taken: (SocketAddress) throws -> BoundAddress?
    ) throws -> [BoundAddress] {
        var bound: [BoundAddress] = []
        do {
            for address in addresses {
                bound += try taken(address).map { [$0] } ?? BoundAddress.bind([address], count: count)
            }
            return bound
        } catch {
            for address in bound { address.close() }
            throw error
        }
    }

    private func addresses(port: UInt16) throws -> [SocketAddress] {
        if lan {
            guard bind.isEmpty else { throw ValidationError("--lan listens everywhere; leave out --bind.") }
            return [Self.hasIPv6 ? .anyIPv6(port: port) : .anyIPv4(port: port)]
        }
        guard bind.isEmpty else { return try bind.flatMap { try Self.parse($0, port: port) } }
        // Browsers try both for "localhost". A port that the system chooses would differ between the two.
        let usesBoth = port != 0 && Self.hasIPv6
        return [.loopback(port: port)] + (usesBoth ? [.ipv6(0, 1, port: port, zone: 0)] : [])
    }

    private static func parse(_ text: String, port: UInt16) throws -> [SocketAddress] {
        if let socket = try SocketAddress.unixSocket(text) { return [socket] }
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
        // Not by trying: the sandbox of a server that reloads would refuse it.
        SocketAddress.ofInterfaces().contains { $0.address == .ipv6(0, 1, port: 0, zone: 0) }
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
