package import ArgumentParser

/// One option of a command, as the parser itself describes it: there is no second list of them.
package struct OptionInfo {
    /// Its long name, which is its key in a file; in capitals behind MARTLET_ its variable.
    package let name: String
    let shortName: Character?
    let isFlag: Bool
    let isRepeating: Bool
    /// What help calls its value: "port".
    let valueName: String
    /// The words that it takes, if these are few.
    let choices: [String]
    /// Whether its value is a path.
    let isPath: Bool
    /// The heading that help has it below.
    let section: String
    let help: String

    var variable: String { "MARTLET_" + String(name.uppercased().map { $0 == "-" ? "_" : $0 }) }

    /// Options that only make sense on a command line.
    private static let ofCommandLines: Set = ["help", "version", "config", "print-config"]

    /// Whether the environment and files may have it.
    var isLayered: Bool { !Self.ofCommandLines.contains(name) }

    /// All that a command takes.
    package static func all(of command: any ParsableArguments.Type) -> [OptionInfo] {
        (JSONValue(command._dumpHelp())?["command"]?["arguments"]?.elements ?? []).compactMap(OptionInfo.init)
    }

    private init?(_ argument: JSONValue) {
        let names = argument["names"]?.elements ?? []
        func name(_ kind: String) -> String? { names.first { $0["kind"]?.text == kind }?["name"]?.text }
        guard let kind = argument["kind"]?.text, kind != "positional", let long = name("long") else {
            return nil
        }
        self.name = long
        shortName = name("short")?.first
        isFlag = kind == "flag"
        isRepeating = argument["isRepeating"]?.isTrue ?? false
        valueName = argument["valueName"]?.text ?? long
        choices = argument["allValues"]?.elements.compactMap(\.text) ?? []
        isPath = argument["completionKind"]?["file"] != nil || argument["completionKind"]?["directory"] != nil
        section = argument["sectionTitle"]?.text ?? ""
        help = argument["abstract"]?.text ?? ""
    }

    // MARK: What its value means, by what help calls it

    /// What may stand between several values in a variable; nil where the variable is one value.
    var separators: Set<Character>? {
        switch valueName {
        case _ where !isRepeating: nil
        case "address", "cidr": [" ", ","]
        case "url", "path=url": [" "]
        default: nil
        }
    }

    var isNumber: Bool { ["port", "seconds", "n"].contains(valueName) }

    /// What it takes, for: "it must be ...".
    var expectation: String {
        if isFlag { return "true or false" }
        if !choices.isEmpty { return choices.joined(separator: " or ") }
        return switch valueName {
        case "port": "a port from 0 to 65535"
        case "seconds": "a number of seconds"
        case "octets": "a number of octets, as 8192, 64k or 16m"
        case "n": "a number"
        default: "of the form \(valueName)"
        }
    }

    /// The same where not even the type is right.
    var expectedType: String {
        if isFlag || isNumber || !choices.isEmpty || valueName == "octets" { return expectation }
        return isRepeating ? "a text or an array of texts" : "a text"
    }
}

extension OptionInfo {
    /// A value with its path, if it is one, made absolute.
    /// - Parameter folder: where a relative one begins.
    func path(_ value: String, in folder: String) -> String {
        func absolute(_ path: Substring) -> String {
            if path.isEmpty || path.hasPrefix("/") { return String(path) }
            return path == "." ? folder : "\(folder == "/" ? "" : folder)/\(path)"
        }
        if isPath { return absolute(value[...]) }
        if valueName == "address", value.hasPrefix("unix:") { return "unix:" + absolute(value.dropFirst(5)) }
        return value
    }
}
