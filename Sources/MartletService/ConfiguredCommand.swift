package import ArgumentParser
import Glibc

/// A command as the command line, the environment and the file together have it.
///
/// Lower layers are turned into arguments: whatever the command line does not say itself is put behind it, and the parser
/// reads the whole. So each option has one definition, one check and one default.
package struct ConfiguredCommand {
    package let command: any ParsableCommand
    package let settings: Settings
    private let root: any ParsableCommand.Type
    private let arguments: [String]
    /// Where the file of settings is, without links.
    private let file: String?
    /// What the start warns of.
    private var warnings: [String] = []

    /// Reads all layers; the file and the environment anew each time, so that a server that runs can do this again.
    /// - Throws: what `ArgumentParser` throws for wrong arguments, `--help` and the like; `ValidationError` and `Problem`,
    ///   which have a message, for the other layers. The process goes on.
    /// - Parameter inFull: the settings tell of the command line too, if there is nothing else.
    package init(_ root: any ParsableCommand.Type, _ arguments: [String], inFull: Bool = false) throws {
        (self.root, self.arguments) = (root, arguments)
        // What is wrong by itself is told of as if there were no layers.
        let given = try root.parseAsRoot(arguments)
        let configurable = given as? any ConfigurableCommand
        let file = configurable?.configurationFile
        guard inFull || Environment.hasSettings || file?.config != nil || file?.printConfig ?? false else {
            command = given
            self.file = nil
            settings = Settings(options: [], values: [:], sites: [], folder: nil)
            return
        }
        let type = type(of: given)
        let all = OptionInfo.all(of: type)
        let options = all.filter(\.isLayered)
        let path = configurable == nil ? nil : file?.config ?? Environment["MARTLET_CONFIG"]
        self.file = path.flatMap(FileSystem.resolved)
        let layers = Layers(
            given: Self.given(arguments, all, type),
            environment: try Environment.settings(for: options),
            file: try path.map(ConfigurationFile.init)
        )
        settings = try layers.settings(options, (type as? any ConfigurableCommand.Type))
        command = try Self.parse(root, arguments, adding: settings)
        warnings = Environment.misspelt(all).map { name, meant in
            "the environment's \(Banner.printable(name)) is no option. Is \(meant) meant?"
        }
    }

    private static func given(
        _ arguments: [String],
        _ options: [OptionInfo],
        _ type: any ParsableCommand.Type
    ) -> [Setting] {
        var given = GivenArguments(arguments, options: options)
        for operand in given.operands {
            guard let name = (type as? any ConfigurableCommand.Type)?.option(for: operand) else { continue }
            given.add(name, .texts([operand]))
        }
        return given.settings.filter { setting in options.contains { $0.name == setting.name && $0.isLayered } }
    }

    private static func parse(
        _ root: any ParsableCommand.Type,
        _ arguments: [String],
        adding settings: Settings
    ) throws -> any ParsableCommand {
        let added = settings.options.compactMap { settings.values[$0.name] }.filter { $0.origin != .commandLine }
        func parse(_ added: [Setting]) throws -> any ParsableCommand {
            var arguments = arguments
            arguments.insert(contentsOf: added.flatMap(\.arguments), at: GivenArguments.place(in: arguments))
            return try root.parseAsRoot(arguments)
        }
        do {
            return try parse(added)
        } catch {
            for setting in added where (try? parse([setting])) == nil { throw setting.refusal(settings.options) }
            throw error
        }
    }

    /// Does what the command is for, or prints the settings.
    /// - Throws: as the command does; an error of a setting says where that comes from.
    package func run() throws {
        guard let configurable = command as? any ConfigurableCommand else {
            var command = command
            return try command.run()
        }
        if configurable.configurationFile.printConfig {
            return Messages.write(settings.printed(), to: STDOUT_FILENO)
        }
        let (root, arguments) = (root, arguments)
        do {
            try ServiceProcess.run(plan) { try ConfiguredCommand(root, arguments).plan() }
        } catch {
            throw Settings.explained(error, by: settings.values)
        }
    }

    /// What is to be served.
    /// - Throws: `Problem` or `ValidationError`, in words; an error of a setting says where that comes from.
    package func plan() throws -> ServingPlan {
        guard let configurable = command as? any ConfigurableCommand else {
            throw ValidationError("Nothing is served by these arguments.")
        }
        return try plan(of: configurable)
    }

    /// Its name behind the program's on the command line; nil for what the program does without one.
    var name: String? { root.configuration._superCommandName == nil ? nil : root.configuration.commandName }

    /// Whether it says what to serve, where it would else serve the current folder.
    var namesFolder: Bool {
        let takesFolder = OptionInfo.all(of: type(of: command)).contains { $0.name == "directory" }
        return !takesFolder || settings.values["directory"] != nil || !settings.sites.isEmpty
    }

    /// All settings as a file of its own.
    /// - Parameter names: what is left out.
    func printed(without names: Set<String>) -> String {
        settings.printed(without: names)
    }

    private func plan(of command: any ConfigurableCommand) throws -> ServingPlan {
        do {
            var plan = try command.plan(with: settings)
            try plan.check()
            plan.warnings += warnings
            // A file that is replaced is another one: hence its folder.
            plan.settingsFolders = [settings.folder, file.map(FileSystem.folder)].compactMap(\.self)
            return plan
        } catch {
            throw Settings.explained(error, by: settings.values)
        }
    }

    /// Runs a command and ends the process if it cannot be: what `main` is for others.
    package static func main(_ root: any ParsableCommand.Type, _ arguments: [String]) {
        do {
            try Problem.told { try ConfiguredCommand(root, arguments).run() }
        } catch {
            root.exit(withError: error)
        }
    }
}

/// The layers, before they are one.
private struct Layers {
    let given: [Setting]
    let environment: [Setting]
    let file: ConfigurationFile?

    func settings(_ options: [OptionInfo], _ command: (any ConfigurableCommand.Type)?) throws -> Settings {
        guard let file, let command else {
            return Settings(options: options, values: Settings.merged([given, environment]), sites: [], folder: nil)
        }
        let top = try file.settings(file.entries, for: options) { key in
            Self.unknown(key, options, command, isInSite: false)
        }
        guard let site = command.site else {
            if let first = file.sites.first {
                throw Problem("\(file.name):\(first.line): \(Self.unknown("site", options, command, isInSite: false))")
            }
            return Settings(
                options: options,
                values: Settings.merged([given, environment, top]),
                sites: [],
                folder: file.folder
            )
        }
        let siteOptions = OptionInfo.all(of: site).filter(\.isLayered)
        return Settings(
            options: options,
            values: Settings.merged([given, environment, top]),
            sites: try file.sites.map { table in
                let own = try file.settings(table.entries, for: siteOptions) { key in
                    Self.unknown(key, siteOptions, command, isInSite: true)
                }
                let made = self.site(own, top, siteOptions, Setting.Origin.file(file.name, line: table.line))
                _ = try made.parsed(as: site)
                return made
            },
            folder: file.folder
        )
    }

    /// A site's settings go between the environment and what the file says above all sites.
    private func site(
        _ own: [Setting],
        _ top: [Setting],
        _ options: [OptionInfo],
        _ origin: Setting.Origin
    ) -> Settings.Site {
        func shared(_ layer: [Setting]) -> [Setting] {
            layer.filter { setting in
                !Settings.Site.ofEach.contains(setting.name) && options.contains { $0.name == setting.name }
            }
        }
        return Settings.Site(
            origin: origin,
            options: options,
            own: Settings.merged([shared(given), shared(environment), own]),
            values: Settings.merged([shared(given), shared(environment), own, shared(top)])
        )
    }

    private static func unknown(
        _ key: String,
        _ options: [OptionInfo],
        _ command: any ConfigurableCommand.Type,
        isInSite: Bool
    ) -> String {
        let key = Banner.printable(key)
        if key == "site", command.site != nil, !isInSite {
            return "sites are tables in an array, each begun by [[site]]."
        }
        let names = options.map(\.name)
        if isInSite, OptionInfo.all(of: command).contains(where: { $0.name == key && $0.isLayered }) {
            return "'\(key)' is for all sites: it stands above the first [[site]]."
        }
        if !isInSite, let site = command.site,
            OptionInfo.all(of: site).contains(where: { $0.name == key && $0.isLayered })
        {
            return "'\(key)' is for a site: it stands below a [[site]]."
        }
        for other in command.others {
            let isOthers =
                key == "site"
                ? other.site != nil : OptionInfo.all(of: other).contains { $0.name == key && $0.isLayered }
            if isOthers { return "'\(key)' is a setting of \(other.title), not of \(command.title)." }
        }
        let nearest = Suggestion.nearest(to: key, of: names).map { "; did you mean '\($0)'?" }
        return "there is no setting '\(key)'\(nearest ?? ".")"
    }
}

extension Settings.Site {
    /// What no site has from above: each has its own, or what is above is for the whole server.
    fileprivate static let ofEach: Set = ["allow", "deny", "directory", "header", "tls-cert", "tls-key"]
}
