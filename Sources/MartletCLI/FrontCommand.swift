import ArgumentParser
import Martlet
import MartletGateway
import MartletService

/// `martlet front`: passes requests on to other servers.
struct FrontCommand: ConfigurableCommand {
    static let configuration = CommandConfiguration(
        commandName: "front",
        _superCommandName: "martlet",
        abstract: "Stands in front of other HTTP servers and passes requests on to them.",
        discussion: """
            martlet front --to http://127.0.0.1:9000

            Content streams both ways, WebSocket and server-sent events pass through. Several servers take turns, and one \
            that fails is left out for a while. Forwarded, X-Forwarded-For, -Host and -Proto tell them of the client.
            """
    )

    @Argument(help: ArgumentHelp("The port to listen on.", valueName: "port"))
    var operands: [String] = []

    @OptionGroup(title: "Which servers, and how")
    var front: FrontOptions

    @OptionGroup(title: "Where to listen")
    var listening: ListeningOptions

    @OptionGroup(title: "Who is let in")
    var addresses: AddressOptions

    @OptionGroup(title: "Who has to log in")
    var auth: AuthOptions

    @OptionGroup(title: "TLS")
    var tls: TLSOptions

    @OptionGroup(title: "Log")
    var logging: LoggingOptions

    @OptionGroup(title: "Limits")
    var limits: LimitOptions

    @OptionGroup(title: "Service")
    var service: ServiceOptions

    @OptionGroup(title: "Settings")
    var configurationFile: ConfigurationOptions

    static func option(for operand: String) -> String? { "port" }

    static var others: [any ConfigurableCommand.Type] { [MartletCommand.self] }

    func plan(with settings: Settings) throws -> ServingPlan {
        let operands = try Operands(operands)
        if let path = operands.path { throw Self.misplaced(path) }
        let backends = try front.backends()
        let subject = backends.map(\.description).joined(separator: ", ")
        var plan = ServingPlan(
            Gateway(to: backends, options: try front.resolved()),
            title: "passes on to \(subject)",
            port: operands.port,
            listening: listening,
            tls: tls,
            logging: logging,
            service: service
        )
        plan.configuration.limits = try limits.resolved()
        logging.apply(to: &plan.configuration)
        plan.middleware = try addresses.middleware() + auth.middleware()
        auth.tell(&plan, settings.values)
        plan.connects = true
        return plan
    }

    private static func misplaced(_ operand: String) -> ValidationError {
        ValidationError(
            operand.contains("://") || operand.hasPrefix("unix:")
                ? "A server goes behind --to: martlet front --to \(operand)"
                : "\(operand) is no port. For a folder beside other servers: martlet \(operand) --proxy /path=http://..."
        )
    }
}
