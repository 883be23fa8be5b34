/// CRLF, `--` and the boundary: what ends a part (RFC 2046 §5.1.1), and the search for it.
struct MultipartDelimiter: Sendable {
    /// How much of the delimiter has been seen at the end of the input so far.
    struct Match: Sendable {
        /// Its first octets that were seen, or taken as seen.
        var count = 0
        /// The first of these that were not in this text: the CRLF before it stands in for that of the delimiter.
        var implied = 0

        /// At the beginning of the content, and after the head of a part, `--` and the boundary are enough.
        static let atLineStart = Match(count: 2, implied: 2)
    }

    /// What a search came upon.
    enum Found: Equatable {
        /// Nothing to tell: the input is used up.
        case nothing
        /// Octets of the input that belong to no delimiter.
        case content(Range<Int>)
        /// The same, from earlier inputs.
        case held([UInt8])
        /// The delimiter, up to the end of the boundary.
        case delimiter
    }

    private let octets: [UInt8]
    /// For the octet under the delimiter's last: how far on the delimiter may lie at the earliest (Horspool's search).
    private let skips: [UInt8]

    /// Nil when `boundary` is not `0*69<bchars> bcharsnospace`.
    init?(boundary: String) {
        guard (1...70).contains(boundary.utf8.count), boundary.utf8.last != UInt8(ascii: " "),
            boundary.utf8.allSatisfy(Self.isBoundaryOctet)
        else { return nil }
        octets = [0x0D, 0x0A] + Array("--\(boundary)".utf8)
        var skips = [UInt8](repeating: UInt8(octets.count), count: 256)
        for (index, octet) in octets.dropLast().enumerated() {
            skips[Int(octet)] = UInt8(octets.count - 1 - index)
        }
        self.skips = skips
    }

    /// Goes on in `input` from `offset` on, which is before its end, until there is something to tell.
    ///
    /// No CR follows the first octet of the delimiter, so what fails to be one can hold no other one: nothing is looked at
    /// twice, but for the octet that failed.
    func search(_ input: Span<UInt8>, _ offset: inout Int, _ match: inout Match) -> Found {
        while offset < input.count {
            if match.count == 0 {
                let start = offset
                offset = firstCandidate(in: input, from: start)
                if offset > start { return .content(start..<offset) }
            }
            if input[offset] == octets[match.count] {
                offset += 1
                match.count += 1
                if match.count == octets.count { return .delimiter }
            } else {
                let held = octets[match.implied..<match.count]
                match = Match()
                if !held.isEmpty { return .held(Array(held)) }
            }
        }
        return .nothing
    }

    /// Where the first delimiter begins, whole or cut off by the end of the input; else the end.
    private func firstCandidate(in input: Span<UInt8>, from start: Int) -> Int {
        var index = start
        let last = octets.count - 1
        while index + last < input.count {
            // From its CR on: a text cannot make many long comparisons of these, whatever it repeats.
            if input[index] == 0x0D, begins(at: index, in: input, octets.count) { return index }
            index += Int(skips[Int(input[index + last])])
        }
        while index < input.count, !begins(at: index, in: input, input.count - index) { index += 1 }
        return index
    }

    private func begins(at index: Int, in input: Span<UInt8>, _ count: Int) -> Bool {
        for position in 0..<count where input[index + position] != octets[position] { return false }
        return true
    }

    /// `bchars` of RFC 2046 §5.1.1.
    private static func isBoundaryOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: "'()+_,-./:=? ".utf8.contains(octet)
        }
    }
}
