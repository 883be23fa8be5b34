import ArgumentParser
import Glibc
import Martlet

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

            martlet front passes requests on to other servers; martlet front --help says how.
            martlet trust makes this machine's programs trust the certificates of --tls; martlet trust --help says how.

            Exit codes: 0 stopped as asked, 1 could not serve, 64 the command line is wrong.
            """,
        version: "martlet \(version)"
    )

    static let version = "0.1.0"

    /// What else the program does, when this is its first argument. Subcommands of the parser's own cannot stand beside
    /// operands: each would be taken for a path.
    private static let verbs: [String: any ParsableCommand.Type] = [
        "front": FrontCommand.self, "trust": TrustCommand.self,
    ]

    static func main() {
        var arguments = Array(CommandLine.arguments.dropFirst())
        if arguments == ["help"], unsafe access("help", F_OK) != 0 { arguments = ["--help"] }
        // As the help of the verbs has it.
        if arguments.count > 1, arguments[0] == "help", verbs[arguments[1]] != nil {
            arguments = arguments.dropFirst() + ["--help"]
        }
        guard let verb = arguments.first.flatMap({ verbs[$0] }) else { return main(arguments) }
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

    @OptionGroup(title: "Other servers")
    var proxies: ProxyOptions

    @OptionGroup(title: "TLS")
    var tls: TLSOptions

    @OptionGroup(title: "Log")
    var logging: LoggingOptions

    @OptionGroup(title: "Limits")
    var limits: LimitOptions

    func run() throws {
        try Problem.told { try serve() }
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
        let files = try subject.files(options: serving.resolved())
        let (handler, served) = try proxies.around(files, subject.path)
        try listening.serve(
            handler,
            configuration,
            port: operands.port,
            tls: tls,
            title: "serves \(served)",
            isQuiet: logging.isQuiet
        )
    }
}

/// Something that keeps the server from serving, in words for the person at the terminal: what, and what to do.
struct Problem: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }

    /// Runs `body`; a problem ends the program with its message.
    static func told(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let problem as Problem {
            Messages.complain(problem.message)
            throw ExitCode.failure
        }
    }
}
