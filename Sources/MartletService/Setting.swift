import ArgumentParser

/// What one layer says of one option.
package struct Setting: Equatable {
    package enum Value: Equatable {
        /// A flag.
        case isSet(Bool)
        /// Several only where the option may be repeated.
        case texts([String])
    }

    package enum Origin: Equatable, CustomStringConvertible {
        case commandLine
        case environment(variable: String)
        case file(String, line: Int)

        package var description: String {
            switch self {
            case .commandLine: "command line"
            case .environment(let variable): variable
            case .file(let name, let line): "\(name):\(line)"
            }
        }
    }

    package let name: String
    package let value: Value
    package let origin: Origin

    /// As a command line has it. A value is joined to its name, for it may begin with a dash.
    package var arguments: [String] {
        switch value {
        case .isSet(let isSet): isSet ? ["--\(name)"] : []
        case .texts(let texts): texts.map { "--\(name)=\($0)" }
        }
    }

    package var texts: [String] {
        if case .texts(let texts) = value { texts } else { [] }
    }

    /// Whether the values of an option are secrets, but for paths to them.
    static func isSecret(_ name: String) -> Bool {
        name == "auth" || ["password", "secret", "token"].contains { name.hasSuffix($0) }
    }

    /// Whether it says nothing: `false`, an empty list. It hides what lower layers say all the same.
    var isEmpty: Bool { arguments.isEmpty }

    /// That its value is not what the option takes.
    func refusal(_ expectation: String) -> any Error {
        let value =
            switch value {
            case .isSet(let isSet): "\(isSet)"
            case .texts where Self.isSecret(name): "not shown"
            case .texts(let texts): texts.map { "'\($0)'" }.joined(separator: ", ")
            }
        return told("is \(Banner.printable(value)); it must be \(expectation).")
    }

    /// What is wrong with it, after its name.
    package func told(_ what: String) -> any Error {
        switch origin {
        case .commandLine: ValidationError("--\(name) \(what)")
        case .environment(let variable): ValidationError("The environment's \(variable) \(what)")
        case .file(let file, let line): Problem("\(file):\(line): \(name) \(what)")
        }
    }
}
