package import ArgumentParser
import Glibc
import MartletDaemon

/// `martlet check`: whether all that was said could be served.
package struct CheckCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "check",
        _superCommandName: ServingProgram.current.name,
        abstract: "Checks arguments, settings and certificates without serving.",
        usage: "check [<arguments of serving>]",
        discussion:
            "Warnings of the start are told, too. Exit codes: 0 all is well, 1 it is not, 2 the command line is wrong."
    )

    @Argument(parsing: .allUnrecognized, help: ArgumentHelp("As for serving.", valueName: "arguments"))
    var arguments: [String] = []

    package init() {}

    package func run() throws {
        try Problem.told {
            let (plan, secured) = try Self.checked(arguments)
            let addresses = try plan.listening.wanted(port: plan.port, default: plan.defaultPort)
            for warning in ServiceRights.warnings(plan, bound: addresses) { Messages.complain(warning) }
            Messages.write((["ok: \(plan.title)"] + secured).joined(separator: "\n") + "\n", to: STDOUT_FILENO)
        }
    }

    /// What the arguments make, with certificates read, and what there is to say of these; what is wrong ends the process.
    static func checked(_ arguments: [String]) throws -> (plan: ServingPlan, secured: [String]) {
        let command = try parse(arguments)
        return try usage(of: type(of: command.command)) {
            let plan = try command.plan()
            return (plan, try Generation.check(plan))
        }
    }

    /// Whether the arguments and settings make something to serve; what is wrong with them ends the process.
    static func plan(_ arguments: [String]) throws {
        let command = try parse(arguments)
        try usage(of: type(of: command.command)) { _ = try command.plan() }
    }

    /// The command that the arguments make; what is wrong with them ends the process.
    static func parse(_ arguments: [String], inFull: Bool = false) throws -> ConfiguredCommand {
        let (command, own) = ServingProgram.current.serving(arguments)
        return try usage(of: command) { try ConfiguredCommand(command, own, inFull: inFull) }
    }

    /// Does something; what is wrong with the arguments is told with how they should be, and ends the process.
    private static func usage<Result>(of command: any ParsableCommand.Type, _ body: () throws -> Result) throws
        -> Result
    {
        do {
            return try body()
        } catch let problem as Problem {
            throw problem
        } catch {
            guard command.exitCode(for: error) != .success else { command.exit(withError: error) }
            Messages.write(command.fullMessage(for: error) + "\n", to: STDERR_FILENO)
            throw ExitCode(LSB.usage)
        }
    }
}
