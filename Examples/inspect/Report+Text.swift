extension Report {
    /// For a terminal: what came, a fact a line. What could steer the terminal is shown as it would be written in Swift.
    var text: String {
        var lines = ["\(requestLine)", "from \(peer), \(timings.began)", ""]
        lines += fields.map { "\($0.name): \(visible($0.value))" }
        lines += section("Path", path.map(visible))
        lines += section("Query", query.map { "\(visible($0.name)) = \(visible($0.value))" })
        lines += section("Cookies", cookies.map { "\(visible($0.name)) = \(visible($0.value))" })
        if content.octets > 0 {
            lines += ["", "Content: \(summary)", content.text ?? content.hexadecimal ?? ""]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The content in a sentence.
    var summary: String {
        "\(content.octets) octets in \(timings.contentMilliseconds) ms" + (content.isCut ? ", these are the first" : "")
    }

    private func section(_ title: String, _ lines: [String]) -> [String] {
        lines.isEmpty ? [] : ["", "\(title):"] + lines.map { "  \($0)" }
    }
}

/// The text with control characters escaped.
func visible(_ text: String) -> String {
    text.unicodeScalars.map { scalar in
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: scalar.escaped(asASCII: true)
        default: String(scalar)
        }
    }.joined()
}
