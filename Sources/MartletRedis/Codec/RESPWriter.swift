/// Writes commands as servers read them: an array of strings.
package enum RESPWriter {
    /// Appends the command of these words.
    package static func append(_ words: [[UInt8]], to output: inout [UInt8]) {
        appendLine("*", words.count, to: &output)
        for word in words {
            appendLine("$", word.count, to: &output)
            output.append(contentsOf: word)
            output.append(contentsOf: [0x0D, 0x0A])
        }
    }

    private static func appendLine(_ kind: Character, _ number: Int, to output: inout [UInt8]) {
        output.append(contentsOf: "\(kind)\(number)\r\n".utf8)
    }
}
