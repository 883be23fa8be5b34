import ArgumentParser
import Martlet
import MartletService

/// The command line: `martlet [PATH] [PORT]` serves a folder or a file.
@main
struct MartletCommand: ConfigurableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "Serves a folder or a file over HTTP/1.1.",
        discussion: """
            Without arguments the current folder is served at http://127.0.0.1:8000/, to this machine only; --lan \
            serves to the network. Ctrl-C stops after the answers in flight, in ten seconds at most; a second time at once.

            Every option can be set in the environment, as MARTLET_ and its name: MARTLET_PORT=9000, \
            MARTLET_LOG_FORMAT=json, MARTLET_QUIET=1; and in a file that --config names, which may hold several sites. \
            The command line wins over the environment, that over the file.

            martlet start serves in the background, with the same arguments; stop, restart, reload, status, logs, list, \
            check and service look after it, and each has a --help.
            martlet front passes requests on to other servers; martlet front --help says how.
            martlet share prints a URL for a file that works for a while; martlet share --help says how.
            martlet trust makes this machine's programs trust the certificates of --tls; martlet trust --help says how.

            Exit codes: 0 stopped as asked, 1 could not serve, 64 the command line is wrong.
            """,
        version: "martlet \(Release.version)"
    )

    static func main() {
        let others: [String: any ParsableCommand.Type] = ["share": ShareCommand.self, "trust": TrustCommand.self]
        ServingProgram(Self.self, commands: ["front": FrontCommand.self], others: others).main()
    }

    @Argument(
        help: ArgumentHelp("A folder or a file to serve, and a port; either, both or none.", valueName: "path-or-port"),
        completion: .file()
    )
    var operands: [String] = []

    @OptionGroup(title: "Where to listen")
    var listening: ListeningOptions

    @OptionGroup(title: "What to serve, and how")
    var serving: ServingOptions

    @OptionGroup(title: "Other servers")
    var proxies: ProxyOptions

    @OptionGroup(title: "Programs that answer (CGI, FastCGI, SCGI)")
    var scripts: ScriptOptions

    @OptionGroup(title: "Who is let in")
    var addresses: AddressOptions

    @OptionGroup(title: "Who is let in")
    var shares: ShareOptions

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

    static func option(for operand: String) -> String? { Operands.isPort(operand) ? "port" : "directory" }

    static var site: (any ParsableArguments.Type)? { SiteOptions.self }

    static var others: [any ConfigurableCommand.Type] { [FrontCommand.self] }

    func plan(with settings: Settings) throws -> ServingPlan {
        let operands = try Operands(operands)
        if let path = operands.path, let directory = serving.directory {
            throw ValidationError("Two folders are given: \(path) and --directory \(directory).")
        }
        var tls = tls
        let content: ServedContent
        var own: [any Middleware] = []
        var shared: [SharedFolder] = []
        var auths = [(options: auth, settings: settings.values)]
        if settings.sites.isEmpty {
            let subject = try Subject(operands.path ?? serving.directory ?? ".")
            try scripts.refuseIdle()
            content = try ServedContent(subject, serving.resolved(), proxies, scripts)
            own = try shares.middleware(for: subject.path, except: content.mounted, orLogin: auth.isOn)
            own += try auth.middleware()
            if shares.shares { shared = [SharedFolder(path: subject.path)] }
        } else {
            let sites = try Sites(settings)
            sites.addCertificates(to: &tls)
            content = sites.content
            shared = sites.shared
            auths = sites.auths
        }
        var plan = ServingPlan(
            content.handler,
            title: "serves \(content.title)",
            port: operands.port,
            listening: listening,
            tls: tls,
            logging: logging,
            service: service
        )
        plan.configuration.limits = try limits.resolved()
        logging.apply(to: &plan.configuration)
        try serving.apply(to: &plan.configuration)
        plan.middleware = try addresses.middleware() + own
        plan.shared = shared
        // Links may lead anywhere, and whoever follows them wants to.
        plan.readable = content.followsLinks ? ["/"] : content.readable
        for auth in auths { auth.options.tell(&plan, auth.settings, content) }
        plan.connects = content.connects
        plan.runsPrograms = content.runsPrograms
        plan.changeable = content.changeable
        plan.writable += content.writable
        if !plan.shared.isEmpty { plan.writable.append(shares.path) }
        return plan
    }
}
