import ArgumentParser
import Glibc
import Martlet
import MartletReactor

/// The command line: `martlet [PATH] [PORT]` serves a folder or a file.
@main
struct MartletCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "Serves a folder or a file over HTTP/1.1.",
        discussion: """
            Without arguments the current folder is served at http://127.0.0.1:8000/, to this machine only; --lan \
            serves to the network. Ctrl-C stops after the answers in flight, in ten seconds at most; a second time at once.

            Every option can be set in the environment, as MARTLET_ and its name: MARTLET_PORT=9000, \
            MARTLET_LOG_FORMAT=json, MARTLET_QUIET=1. The command line wins.

            martlet trust makes this machine's programs trust the certificates of --tls; martlet trust --help says how.

            Exit codes: 0 stopped as asked, 1 could not serve, 64 the command line is wrong.
            """,
        version: "martlet \(version)"
    )

    static let version = "0.1.0"

    /// What else the program does, when this is its first argument. Subcommands of the parser's own cannot stand beside
    /// operands: each would be taken for a path.
    private static let verbs: [String: any ParsableCommand.Type] = ["trust": TrustCommand.self]

    static func main() {
        var arguments = Array(CommandLine.arguments.dropFirst())
        // As the help of the verbs has it.
        if arguments.count > 1, arguments[0] == "help", verbs[arguments[1]] != nil {
            arguments = arguments.dropFirst() + ["--help"]
        }
        guard let verb = arguments.first.flatMap({ verbs[$0] }) else { return main(nil) }
        verb.main(Array(arguments.dropFirst()))
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

    @OptionGroup(title: "TLS")
    var tls: TLSOptions

    @OptionGroup(title: "Log")
    var logging: LoggingOptions

    @OptionGroup(title: "Limits")
    var limits: LimitOptions

    func run() throws {
        do {
            try serve()
        } catch let problem as Problem {
            Messages.complain(problem.message)
            throw ExitCode.failure
        }
    }

    /// Serves until a signal ends it.
    private func serve() throws {
        try Environment.checkFlags()
        let operands = try Operands(operands)
        if let path = operands.path, let directory = serving.directory {
            throw ValidationError("Two folders are given: \(path) and --directory \(directory).")
        }
        let subject = try Subject(operands.path ?? serving.directory ?? Environment["DIRECTORY"] ?? ".")
        var configuration = ServerConfiguration()
        configuration.limits = try limits.resolved()
        try logging.apply(to: &configuration)
        try serving.apply(to: &configuration)
        if let threads = try listening.resolvedThreads() { configuration.threads = threads }
        let files = try subject.files(options: serving.resolved())
        let secured = try tls.resolved().map(SecuredServing.init)

        let server = try listening.start(port: operands.port) { addresses in
            configuration.addresses = addresses
            var configuration = configuration
            try secured?.apply(to: &configuration)
            let server = Server(configuration: configuration, handler: files)
            server.reportCrashes()
            server.stopOnSignals(reload: secured?.reload) {
                guard isatty(STDERR_FILENO) == 1 else { return }
                Messages.complain("stopping; answers in flight have ten seconds. Ctrl-C again ends at once.")
            }
            return server
        }
        try secured?.begin(server)
        defer { secured?.end() }
        let banner = Banner(
            subject: subject.path,
            addresses: server.addresses,
            urls: secured?.urls ?? server.addresses.flatMap(Scheme.http.urls),
            details: logging.isQuiet ? [] : secured?.details() ?? []
        )
        if !logging.isQuiet { banner.write() }
        if listening.opensBrowser, let url = banner.urls.first { Browser.open(url) }
        server.join()
    }
}

/// Something that keeps the server from serving, in words for the person at the terminal: what, and what to do.
struct Problem: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}
