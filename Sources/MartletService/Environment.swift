import ArgumentParser
import Glibc
import MartletDaemon

/// `MARTLET_*` variables: the layer of settings below the command line.
package enum Environment {
    /// A variable's value; nil for one that is empty.
    package static subscript(variable: String) -> String? {
        guard let value = unsafe getenv(variable) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// Whether there is any: mostly there is none, and nothing needs to be asked.
    static var hasSettings: Bool {
        var index = 0
        while let variable = unsafe environ[index] {
            if unsafe strncmp(variable, prefix, prefix.utf8.count) == 0 { return true }
            index += 1
        }
        return false
    }

    /// What the variables say of a command's options.
    static func settings(for options: [OptionInfo]) throws -> [Setting] {
        try options.compactMap { option in
            guard let text = self[option.variable] else {
                if Self.closing.contains(option.name), unsafe getenv(option.variable) != nil {
                    throw Self.opens(option, "empty")
                }
                return nil
            }
            if Self.closing.contains(option.name), option.separators != nil, texts(text, option).isEmpty {
                throw Self.opens(option, "blank")
            }
            return Setting(
                name: option.name,
                value: option.isFlag ? .isSet(try isYes(text, option)) : .texts(texts(text, option)),
                origin: .environment(variable: option.variable)
            )
        }
    }

    /// Names that are set and that no option has, but nearly: `MARTLET_PROT`. Others may be for other programs.
    static func misspelt(_ options: [OptionInfo]) -> [(name: String, meant: String)] {
        let known = options.map { String($0.variable.dropFirst(prefix.count)) }
        return variables.keys.sorted().map { String($0.dropFirst(prefix.count)) }.compactMap { name in
            guard !known.contains(name), let near = Suggestion.nearest(to: name, of: known) else { return nil }
            return (prefix + name, prefix + near)
        }
    }

    private static let prefix = "MARTLET_"
    /// What the program tells itself, and where it keeps its records: no settings.
    private static let own = ["RUN_FOLDER", "LISTEN_"]

    /// Options that close a server to somebody: as empty as `$(cat missing)` is, they would leave it open.
    private static let closing: Set = [
        "allow", "auth", "auth-digests", "auth-file", "auth-rule", "auth-tokens", "deny",
    ]

    private static func opens(_ option: OptionInfo, _ what: String) -> ValidationError {
        ValidationError(
            "The environment's \(option.variable) is set and \(what), which would keep nobody out. Unset it if you mean that."
        )
    }

    /// All variables that may be settings.
    static var variables: [String: String] {
        ProcessEnvironment.all().filter { name, _ in
            name.hasPrefix(prefix) && !own.contains { name.dropFirst(prefix.count).hasPrefix($0) }
        }
    }

    /// Has the variables of another start.
    static func adopt(_ variables: [String: String]) {
        for (name, value) in variables { unsafe setenv(name, value, 1) }
    }

    private static func texts(_ text: String, _ option: OptionInfo) -> [String] {
        guard let separators = option.separators else { return [text] }
        return text.split { separators.contains($0) }.map(String.init)
    }

    /// - Throws: for a flag that says neither yes nor no: guessing could open the server to the network.
    private static func isYes(_ text: String, _ option: OptionInfo) throws -> Bool {
        switch text.lowercased() {
        case "1", "yes", "true", "on": true
        case "0", "no", "false", "off": false
        default:
            throw ValidationError("The environment's \(option.variable) is '\(text)'; it must be 1 or 0.")
        }
    }
}
