package import ArgumentParser

/// What the layers of settings came to: the command line wins over the environment, that over the file.
package struct Settings {
    package typealias Values = [String: Setting]

    /// What the command takes; empty if only the command line said anything.
    let options: [OptionInfo]
    /// By option. What is not here has its default.
    package let values: Values
    /// The sites of the file, in its order.
    package let sites: [Site]
    /// Where the file is; nil without one.
    let folder: String?

    /// One `[[site]]`.
    package struct Site {
        /// Where it begins.
        package let origin: Setting.Origin
        let options: [OptionInfo]
        /// Without what it has from above all sites.
        let own: Values
        /// All that counts for it.
        package let values: Values
    }

    /// Options that take the place of others: who gives one does not want what a lower layer says of these.
    private static let replacements = [
        "lan": ["bind"], "bind": ["lan"], "tls-cert": ["tls-key", "tls-password-file"],
    ]

    /// - Parameter layers: the highest first.
    static func merged(_ layers: [[Setting]]) -> Values {
        var values: Values = [:]
        var hidden: Set<String> = []
        for layer in layers {
            for setting in layer where values[setting.name] == nil && !hidden.contains(setting.name) {
                values[setting.name] = setting
            }
            hidden.formUnion(layer.lazy.filter { !$0.isEmpty }.flatMap { replacements[$0.name] ?? [] })
        }
        return values
    }

    /// An error, and where the setting that it tells of comes from if it is not the command line.
    static func explained(_ error: any Error, by values: Values) -> any Error {
        guard let error = error as? ValidationError else { return error }
        let names = error.message.split { !($0.isLetter || $0.isNumber || $0 == "-") }.filter { $0.hasPrefix("--") }
        let named = names.lazy.compactMap { values[String($0.dropFirst(2))] }
        switch named.first(where: { $0.origin != .commandLine })?.origin {
        case .environment(let variable):
            let isTold = error.message.hasPrefix(variable)
            return isTold ? error : ValidationError("\(variable): \(error.message)")
        case .file(let name, let line):
            // Keys have no dashes before them.
            let message = names.reduce(error.message) { $0.replacing($1, with: $1.dropFirst(2)) }
            return Problem("\(name):\(line): \(message)")
        case .commandLine, nil: return error
        }
    }
}

extension Settings.Site {
    /// Its options, as a command has them.
    package func parsed<Options: ParsableArguments>(as type: Options.Type) throws -> Options {
        let settings = values.values.sorted { $0.name < $1.name }
        do {
            return try Options.parse(settings.flatMap(\.arguments))
        } catch {
            for setting in settings where (try? Options.parse(setting.arguments)) == nil {
                throw setting.refusal(options)
            }
            throw error
        }
    }

    /// Does something with its options; an error says where the setting is that it tells of.
    package func explain<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            if let problem = error as? Problem { throw Problem("\(place(of: problem)): \(problem.message)") }
            let explained = Settings.explained(error, by: values)
            guard let error = explained as? ValidationError else { throw explained }
            throw Problem("\(origin): \(error.message)")
        }
    }
}

extension Settings.Site {
    /// Where the setting is whose value a problem tells of, else where the site begins.
    private func place(of problem: Problem) -> Setting.Origin {
        let told = values.values.filter { setting in
            guard case .file = setting.origin, case .texts(let texts) = setting.value else { return false }
            return texts.contains { $0.count > 1 && problem.message.contains($0) }
        }
        // The longest says most: "/srv/www" is in each path below it.
        return told.max { $0.longest < $1.longest }?.origin ?? origin
    }
}

extension Setting {
    fileprivate var longest: Int {
        guard case .texts(let texts) = value else { return 0 }
        return texts.map(\.count).max() ?? 0
    }

    /// That its value is not what its option takes.
    func refusal(_ options: [OptionInfo]) -> any Error {
        refusal(options.first { $0.name == name }?.expectation ?? "something else")
    }
}
