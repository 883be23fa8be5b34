package import ArgumentParser

/// A command that serves, whose options may also stand in the environment and in a file.
///
/// Its options say nothing of where they come from: see `ConfiguredCommand`.
package protocol ConfigurableCommand: ParsableCommand {
    /// The file, and whether to print settings only.
    var configurationFile: ConfigurationOptions { get }

    /// The option that an operand stands for: `port` for 9000.
    static func option(for operand: String) -> String?

    /// The options of a `[[site]]`; nil where there are no sites.
    static var site: (any ParsableArguments.Type)? { get }

    /// Commands that have other keys: who gives one of those is told of them.
    static var others: [any ConfigurableCommand.Type] { get }

    /// What is to be served.
    /// - Parameter settings: where the options come from, and the sites.
    /// - Throws: `Problem` or `ValidationError`, in words.
    func plan(with settings: Settings) throws -> ServingPlan
}

extension ConfigurableCommand {
    package static var site: (any ParsableArguments.Type)? { nil }
    package static var others: [any ConfigurableCommand.Type] { [] }

    /// "martlet front"
    static var title: String {
        [configuration._superCommandName, configuration.commandName].compactMap { $0 }.joined(separator: " ")
    }
}
