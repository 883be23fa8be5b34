package import ArgumentParser
package import MartletReactor

/// How the server lives: its rights, its end, who looks after it.
package struct ServiceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Seconds between the signal to stop and the moment when nobody new is let in: for balancers that look first. (default: 0)",
            valueName: "seconds"
        )
    )
    package var drainDelay: Int?

    @Option(
        help: ArgumentHelp(
            "Seconds that answers in flight have when the server stops; then they are cut. (default: 10)",
            valueName: "seconds"
        )
    )
    package var drainTimeout: Int?

    @Option(
        help: ArgumentHelp(
            "Started by root: give up root's rights for those of this user, once everything is open.",
            valueName: "user"
        )
    )
    package var user: String?

    @Option(
        help: ArgumentHelp(
            "Where health, readiness and metrics are told: HOST:PORT, a port of 127.0.0.1, or unix:PATH. (default: nowhere)",
            valueName: "address"
        )
    )
    package var admin: String?

    @Flag(help: "Do without Landlock, which keeps the server away from all files but those that it serves and needs.")
    package var noSandbox = false

    package init() {}

    package func resolvedDelay() throws -> Duration {
        .seconds(try seconds(drainDelay, 0...3600, "drain-delay") ?? 0)
    }

    package func resolvedTimeout() throws -> Duration {
        .seconds(try seconds(drainTimeout, 0...86_400, "drain-timeout") ?? 10)
    }

    private func seconds(_ value: Int?, _ range: ClosedRange<Int>, _ name: String) throws -> Int? {
        guard let value else { return nil }
        guard range.contains(value) else {
            throw ValidationError(
                "--\(name) goes from \(range.lowerBound) to \(range.upperBound) seconds, not \(value)."
            )
        }
        return value
    }

    /// Where the admin pages are told; nil: nowhere.
    package func adminAddress() throws -> SocketAddress? {
        guard let admin else { return nil }
        if let socket = try SocketAddress.unixSocket(admin, of: "--admin ") { return socket }
        if let port = UInt16(admin) { return .loopback(port: port) }
        guard let colon = admin.lastIndex(of: ":"), let port = UInt16(admin[admin.index(after: colon)...]) else {
            throw ValidationError("--admin '\(admin)' is not HOST:PORT, a port or unix:PATH.")
        }
        var host = String(admin[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        let addresses: [SocketAddress]
        do {
            addresses = try SocketAddress.resolve(host, port: port)
        } catch {
            throw Problem("--admin: '\(host)': \(error.reason).")
        }
        guard let address = addresses.first else { throw Problem("--admin: '\(host)' has no address.") }
        return address
    }
}
