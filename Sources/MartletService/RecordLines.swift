import MartletWire

/// Lines of a word and a percent-encoded value, then the line "end": a reader that does not see it reads again.
struct RecordLines {
    let lines: [(word: String, value: String)]

    init(_ lines: [(word: String, value: String)]) {
        self.lines = lines
    }

    /// - Returns: nil for what is not whole.
    init?(_ octets: ArraySlice<UInt8>) {
        let texts = String(decoding: octets, as: UTF8.self).split(separator: "\n")
        guard texts.last == "end" else { return nil }
        var lines: [(word: String, value: String)] = []
        for text in texts.dropLast() {
            let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let value = PercentEncoding.text(ofComponent: String(parts[1])) else { return nil }
            lines.append((String(parts[0]), value))
        }
        self.lines = lines
    }

    var octets: [UInt8] {
        Array((lines.map { "\($0) \(PercentEncoding.component($1))\n" }.joined() + "end\n").utf8)
    }
}
