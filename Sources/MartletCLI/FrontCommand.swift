import ArgumentParser
import Martlet
import MartletGateway

/// `martlet front`: passes requests on to other servers.
struct FrontCommand: ParsableCommand {
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

    @OptionGroup(title: "TLS")
    var tls: TLSOptions

    @OptionGroup(title: "Log")
    var logging: LoggingOptions

    @OptionGroup(title: "Limits")
    var limits: LimitOptions

    func run() throws {
        try Problem.told {
            try Environment.checkFlags()
            let operands = try Operands(operands)
            if let path = operands.path { throw Self.misplaced(path) }
            let backends = try front.backends()
            let gateway = Gateway(to: backends, options: try front.resolved())
            var configuration = ServerConfiguration()
            configuration.limits = try limits.resolved()
            try logging.apply(to: &configuration)
            let subject = backends.map(\.description).joined(separator: ", ")
            try listening.serve(
                gateway,
                configuration,
                port: operands.port,
                tls: tls,
                title: "passes on to \(subject)",
                isQuiet: logging.isQuiet
            )
        }
    }

    private static func misplaced(_ operand: String) -> ValidationError {
        ValidationError(
            operand.contains("://") || operand.hasPrefix("unix:")
                ? "A server goes behind --to: martlet front --to \(operand)"
                : "\(operand) is no port. For a folder beside other servers: martlet \(operand) --proxy /path=http://..."
        )
    }
}
