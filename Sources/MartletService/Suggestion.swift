/// The word that somebody may have meant.
package enum Suggestion {
    /// The nearest of `words`, if a third of the letters or fewer are different.
    package static func nearest(to word: String, of words: [String]) -> String? {
        let word = word.prefix(64)
        let found = words.map { (word: $0, distance: distance(word, $0[...])) }.min { $0.distance < $1.distance }
        guard let found, found.distance <= max(1, word.count / 3) else { return nil }
        return found.word
    }

    /// How many letters to put in, leave out, replace, or exchange with their neighbour.
    private static func distance(_ first: Substring, _ second: Substring) -> Int {
        let (first, second) = (Array(first), Array(second))
        var rows = [Array(0...second.count)]
        for (i, letter) in first.enumerated() {
            var row = [i + 1]
            for (j, other) in second.enumerated() {
                var best = min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (letter == other ? 0 : 1))
                if i > 0, j > 0, letter == second[j - 1], first[i - 1] == other {
                    best = min(best, rows[i - 1][j - 1] + 1)
                }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[first.count][second.count]
    }
}
