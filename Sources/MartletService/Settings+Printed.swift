import Glibc

extension Settings {
    /// All settings as a file that can be read again, each with where it comes from behind it. Secrets are left out, and
    /// what has its default is a comment.
    func printed(without names: Set<String> = []) -> String {
        var lines: [String] = []
        var section = ""
        for option in options where !names.contains(option.name) {
            if option.section != section {
                section = option.section
                lines += [lines.isEmpty ? nil : "", section.isEmpty ? nil : "# \(section)"].compactMap { $0 }
            }
            lines.append(values[option.name].map(option.line) ?? option.defaultLine)
        }
        for site in sites {
            lines += ["", "[[site]] # \(Banner.printable("\(site.origin)"))"]
            lines += site.options.compactMap { option in site.own[option.name].map(option.line) }
        }
        return lines.map { "\($0)\n" }.joined()
    }
}

extension OptionInfo {
    fileprivate func line(_ setting: Setting) -> String {
        // The name of a file may hold anything.
        let origin = Banner.printable("\(setting.origin)")
        switch setting.value {
        case .isSet(let isSet): return "\(name) = \(isSet) # \(origin)"
        case .texts(let texts):
            guard !texts.contains(where: isSecret) else { return "# \(name) is not shown # \(origin)" }
            let values = texts.map { text in
                let path = setting.origin == .commandLine || isFromVariable(setting) ? path(text, in: Self.here) : text
                return isNumber && Int(path).map { "\($0)" == path } ?? false ? path : Self.quoted(path)
            }
            let value = isRepeating ? "[\(values.joined(separator: ", "))]" : values.last ?? "\"\""
            return "\(name) = \(value) # \(origin)"
        }
    }

    private func isFromVariable(_ setting: Setting) -> Bool {
        if case .environment = setting.origin { true } else { false }
    }

    /// The file may be put anywhere, and its relative paths begin there.
    private static var here: String {
        guard let path = unsafe getcwd(nil, 0) else { return "." }
        defer { unsafe free(path) }
        return unsafe String(validatingCString: path) ?? "."
    }

    fileprivate var defaultLine: String {
        if isFlag { return "# \(name) = false # default" }
        guard let start = help.firstRange(of: "(default: ")?.upperBound, help.hasSuffix(")") else {
            return "# \(name) is not set # default"
        }
        return "# \(name): \(help[start...].dropLast()) # default"
    }

    /// A password, or a URL that has one.
    private func isSecret(_ text: String) -> Bool {
        if !isPath, Setting.isSecret(name) { return true }
        guard let authority = text.firstRange(of: "://") else { return false }
        return text[authority.upperBound...].prefix { $0 != "/" }.contains("@")
    }

    /// A basic string of TOML.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
