public import ArgumentParser
import Martlet
public import MartletGateway
import MartletReactor
import MartletService
public import MartletWire

extension GatewayOptions.HostPolicy: ExpressibleByArgument {}
extension ProxyHeader.Version: ExpressibleByArgument {}

/// The servers that `martlet front` stands in front of, and how it treats them.
struct FrontOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A server that answers, as http://127.0.0.1:9000 or unix:/run/app.sock; can be repeated: they take turns.",
            valueName: "url"
        )
    )
    var to: [String] = []

    @Option(
        help: ArgumentHelp(
            "A path that each server is asked for every 5 seconds; one that does not answer 200 to 399 is left out.",
            valueName: "path"
        )
    )
    var health: String?

    @Option(
        help: ArgumentHelp(
            "What servers find in Host: the client's, or that of their URL, with 'backend'. (default: client)",
            valueName: "policy"
        )
    )
    var hostPolicy: GatewayOptions.HostPolicy?

    @Option(
        help: ArgumentHelp(
            "An address or range, as 10.0.0.0/8, whose Forwarded and X-Forwarded-* fields are believed; can be repeated. (default: nobody's)",
            valueName: "cidr"
        )
    )
    var trustProxy: [String] = []

    @Option(
        help: ArgumentHelp("Begin each connection to a server with a PROXY header, v1 or v2.", valueName: "version")
    )
    var sendProxyProtocol: ProxyHeader.Version?

    @Option(help: ArgumentHelp("Seconds to connect to a server; else 504. (default: 5)", valueName: "seconds"))
    var connectTimeout: Int?

    @Option(help: ArgumentHelp("Seconds for an answer to begin; else 504. (default: 60)", valueName: "seconds"))
    var firstByteTimeout: Int?

    @Option(
        help: ArgumentHelp("Seconds without an octet of an answer; else it is cut. (default: 60)", valueName: "seconds")
    )
    var idleTimeout: Int?

    /// - Throws: `ValidationError` when there is none, or one of them is no URL of a server.
    func backends() throws -> [Backend] {
        guard !to.isEmpty else {
            throw ValidationError("Which server? Give its URL: martlet front --to http://127.0.0.1:9000")
        }
        return try to.map { try Self.backend($0, of: "--to") }
    }

    static func backend(_ url: String, of option: String) throws -> Backend {
        do throws(BackendError) {
            return try Backend(url)
        } catch {
            throw ValidationError("\(option): \(error)")
        }
    }

    func resolved() throws -> GatewayOptions {
        var options = GatewayOptions()
        options.host = hostPolicy ?? .client
        options.proxyProtocol = sendProxyProtocol
        if let path = health {
            guard path.hasPrefix("/"), path.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "#") }) else {
                throw ValidationError("--health takes a path such as /health, not '\(path)'.")
            }
            options.health.path = path
        }
        options.trustedProxies = try AddressRange.ranges(trustProxy, of: "trust-proxy")
        try set(&options.connectTimeout, connectTimeout, "connect-timeout")
        try set(&options.firstByteTimeout, firstByteTimeout, "first-byte-timeout")
        try set(&options.idleTimeout, idleTimeout, "idle-timeout")
        return options
    }

    private func set(_ timeout: inout Duration, _ option: Int?, _ name: String) throws {
        guard let seconds = option else { return }
        guard 1...86_400 ~= seconds else {
            throw ValidationError("--\(name) goes from 1 to 86400 seconds, not \(seconds).")
        }
        timeout = .seconds(seconds)
    }
}
