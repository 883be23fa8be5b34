package import ArgumentParser
import Glibc
import MartletDaemon
import MartletReactor

/// A program that serves: its commands, and the verbs that every such program has.
package struct ServingProgram: Sendable {
    /// What serves when no command is named.
    package let root: any ConfigurableCommand.Type
    /// What else serves, by its name on the command line.
    package let commands: [String: any ConfigurableCommand.Type]
    /// What else there is to do.
    package let others: [String: any ParsableCommand.Type]

    package init(
        _ root: any ConfigurableCommand.Type,
        commands: [String: any ConfigurableCommand.Type] = [:],
        others: [String: any ParsableCommand.Type] = [:]
    ) {
        self.root = root
        self.commands = commands
        self.others = others
    }

    /// This process's. The parser makes commands from types alone, so those that need it find it here.
    package static var current: ServingProgram {
        guard let program = storage.withLock({ $0 }) else { preconditionFailure("no program is running") }
        return program
    }

    private static let storage = Locked<ServingProgram?>(nil)

    /// "martlet"
    var name: String { root.configuration.commandName ?? "server" }

    /// What the running program is called; Martlet's own name where none runs: in tests.
    static var name: String { storage.withLock { $0 }?.name ?? "martlet" }

    /// The verbs of every program.
    package static let verbs: [String: any ParsableCommand.Type] = [
        "start": StartCommand.self, "stop": StopCommand.self, "restart": RestartCommand.self,
        "reload": ReloadCommand.self, "status": StatusCommand.self, "logs": LogsCommand.self, "list": ListCommand.self,
        "check": CheckCommand.self, "service": ServiceCommand.self,
    ]

    /// The verb that a word may have been meant as; nil also where no program is running: in tests.
    static func verbs(near word: String) -> String? {
        guard let program = storage.withLock({ $0 }) else { return nil }
        return Suggestion.nearest(to: word, of: program.named.map(\.name).filter { $0 != word })
    }

    /// All that a command line can begin with, by name.
    private var named: [(name: String, type: any ParsableCommand.Type)] {
        let all = (commands as [String: any ParsableCommand.Type]).merging(others) { $1 }.merging(Self.verbs) { $1 }
        return all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private func verb(_ name: String) -> (any ParsableCommand.Type)? {
        commands[name] ?? others[name] ?? Self.verbs[name]
    }

    /// The command that arguments name, and what is left for it.
    func serving(_ arguments: [String]) -> (command: any ConfigurableCommand.Type, arguments: [String]) {
        guard let command = arguments.first.flatMap({ commands[$0] }) else { return (root, arguments) }
        return (command, Array(arguments.dropFirst()))
    }

    /// What the manual pages are made from: the parser's own description of each command and verb.
    private var manual: String {
        root.dump(verbs: named.map(\.type))
    }

    /// Prints a script of completions, which knows the verbs too.
    private func complete<Root: ConfigurableCommand>(_ root: Root.Type, _ arguments: [String]) {
        WholeProgram<Root>.main(arguments)
    }

    fileprivate var subcommands: [any ParsableCommand.Type] { named.map(\.type) }

    /// Does what the command line says. A file or folder with the name of a verb is served as ./NAME.
    package func main() {
        Self.storage.withLock { $0 = self }
        DetachedProcess.rememberExecutable()
        var arguments = Array(CommandLine.arguments.dropFirst())
        if arguments == ["help"], unsafe access("help", F_OK) != 0 { arguments = ["--help"] }
        if arguments.contains(where: { $0.hasPrefix("--generate-completion-script") }) {
            return complete(root, arguments)
        }
        if arguments == ["--experimental-dump-help"] { return print(manual) }
        if arguments.count > 1, arguments[0] == "help", verb(arguments[1]) != nil {
            arguments = arguments.dropFirst() + ["--help"]
        }
        guard let verb = arguments.first.flatMap(verb) else { return ConfiguredCommand.main(root, arguments) }
        ConfiguredCommand.main(verb, Array(arguments.dropFirst()))
    }
}

/// A program with its verbs as subcommands: for completions alone. Else a file with the name of a verb's argument could
/// not be told from one.
private struct WholeProgram<Root: ConfigurableCommand>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: ServingProgram.name, subcommands: ServingProgram.current.subcommands)
    }

    @OptionGroup var root: Root
}
