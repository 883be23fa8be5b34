import ArgumentParser
public import Martlet
import MartletReactor

extension Server {
    /// Is a whole program: serves on what its command line says, and has the verbs and flags that `martlet` has. It returns
    /// when the program is over, and ends the process when it cannot serve: exit code 1, or 64 for wrong arguments.
    ///
    /// ```swift
    /// import Martlet
    /// import MartletService
    ///
    /// Server.main(port: 8000) {
    ///     Route("/") { _ in .text("Hello, world!\n") }
    /// }
    /// ```
    ///
    /// `hello --port 9000` serves in the foreground; `hello start`, `stop`, `restart`, `reload`, `status`, `logs`, `list`,
    /// `check` and `service` are for the background and for systemd (docs/daemon.md). Call it at the start of `main.swift`:
    /// rights are given up before there are threads.
    /// - Parameters:
    ///   - name: of the program, in messages and as the server's name in the background; default that of its file.
    ///   - abstract: what it does, for `--help`.
    ///   - port: where neither the command line, MARTLET_PORT nor a file names one.
    ///   - readable: folders and files that its handlers read: the sandbox shows them nothing else.
    ///   - writable: folders that they write in.
    ///   - connects: whether they make connections to other servers; default true.
    ///   - configure: changes the server's configuration before the options do; default not at all.
    ///   - middleware: stands before all routes, outermost first.
    ///   - routes: `Route`s and `Group`s. Called at the start, and at each reload anew.
    public static func main(
        _ name: String? = nil,
        abstract: String = "A server.",
        port: UInt16,
        readable: [String] = [],
        writable: [String] = [],
        connects: Bool = true,
        configure: @escaping @Sendable (inout ServerConfiguration) throws -> Void = { _ in },
        middleware: [any Middleware] = [],
        @RouterBuilder routes: @escaping @Sendable () throws -> [Route]
    ) {
        let file = CommandLine.arguments.first?.split(separator: "/").last.map(String.init)
        ProgramCommand.definition.withLock { definition in
            definition = ProgramCommand.Definition(
                name: name ?? file ?? "server",
                abstract: abstract,
                port: port,
                readable: readable,
                writable: writable,
                connects: connects,
                configure: configure,
                router: { try Router(middleware: middleware, routes: routes) }
            )
        }
        ServingProgram(ProgramCommand.self).main()
    }
}

/// The command line of a program made by `Server.main`.
struct ProgramCommand: ConfigurableCommand {
    /// What the program gave. The parser makes commands from types alone.
    struct Definition: Sendable {
        var name = "server"
        var abstract = ""
        var port: UInt16 = 8000
        var readable: [String] = []
        var writable: [String] = []
        var connects = true
        var configure: @Sendable (inout ServerConfiguration) throws -> Void = { _ in }
        var router: @Sendable () throws -> Router = { try Router {} }
    }

    static let definition = Locked(Definition())

    static var configuration: CommandConfiguration {
        let definition = definition.withLock { $0 }
        return CommandConfiguration(
            commandName: definition.name,
            abstract: definition.abstract,
            discussion: """
                \(definition.name) start serves in the background; stop, restart, reload, status, logs, list, check and \
                service look after it, and each has a --help.
                """
        )
    }

    @Argument(help: ArgumentHelp("The port to listen on.", valueName: "port"))
    var operands: [String] = []

    @OptionGroup(title: "Where to listen")
    var listening: ListeningOptions

    @OptionGroup(title: "Who is let in")
    var addresses: AddressOptions

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

    func plan(with settings: Settings) throws -> ServingPlan {
        let operands = try Operands(operands)
        if let path = operands.path { throw ValidationError("\(path) is no port.") }
        let definition = Self.definition.withLock { $0 }
        let router: Router
        do {
            router = try definition.router()
        } catch {
            throw Problem("\(error)")
        }
        var plan = ServingPlan(
            router,
            title: "serves",
            port: operands.port,
            listening: listening,
            tls: tls,
            logging: logging,
            service: service
        )
        plan.defaultPort = definition.port
        do {
            try definition.configure(&plan.configuration)
        } catch {
            throw Problem("\(error)")
        }
        plan.configuration.limits = try limits.resolved()
        logging.apply(to: &plan.configuration)
        plan.middleware = try addresses.middleware()
        (plan.readable, plan.writable, plan.connects) = (definition.readable, definition.writable, definition.connects)
        return plan
    }
}
