/// What a command line says itself: read once more for what hides lower layers, after the parser has found it right.
struct GivenArguments {
    private(set) var settings: [Setting] = []
    private(set) var operands: [String] = []

    /// - Parameter arguments: that the parser has taken.
    init(_ arguments: [String], options: [OptionInfo]) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                operands += rest
                break
            } else if argument.hasPrefix("--") {
                take(long: argument.dropFirst(2), options, &rest)
            } else if argument.hasPrefix("-"), argument.count > 1 {
                take(short: argument.dropFirst(), options, &rest)
            } else {
                operands.append(argument)
            }
        }
    }

    /// Where more options go: before a `--`, behind which everything is an operand.
    static func place(in arguments: [String]) -> Int {
        arguments.firstIndex(of: "--") ?? arguments.endIndex
    }

    private mutating func take(long: Substring, _ options: [OptionInfo], _ rest: inout ArraySlice<String>) {
        let parts = long.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let option = options.first(where: { $0.name == parts[0] }) else { return }
        append(option, parts.count > 1 ? String(parts[1]) : nil, &rest)
    }

    /// One letter, or several flags in one: `-qv`.
    private mutating func take(short: Substring, _ options: [OptionInfo], _ rest: inout ArraySlice<String>) {
        let parts = short.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        for letter in parts[0] {
            guard let option = options.first(where: { $0.shortName == letter }) else { continue }
            append(option, parts.count > 1 ? String(parts[1]) : nil, &rest)
        }
    }

    private mutating func append(_ option: OptionInfo, _ joined: String?, _ rest: inout ArraySlice<String>) {
        guard !option.isFlag else { return add(option.name, .isSet(true)) }
        guard let text = joined ?? rest.popFirst() else { return }
        let before = option.isRepeating ? self[option.name]?.texts ?? [] : []
        add(option.name, .texts(before + [text]))
    }

    /// What an option was given.
    subscript(name: String) -> Setting? { settings.first { $0.name == name } }

    /// What stands for an option without naming it, such as a port by itself, counts as that.
    mutating func add(_ name: String, _ value: Setting.Value) {
        settings.removeAll { $0.name == name }
        settings.append(Setting(name: name, value: value, origin: .commandLine))
    }
}
