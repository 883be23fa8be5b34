/// Eight octets as one number, so that a question is asked of all of them at once.
///
/// An answer has the high bit of each octet that it is yes for; its other bits mean nothing. No octet's answer depends on
/// another octet.
struct OctetWord {
    let word: UInt64

    /// The octets that are not ASCII.
    @inline(__always)
    var isNotASCII: UInt64 { word }

    /// Which octets are in `range`, all of ASCII; of octets that are not ASCII it tells nothing.
    @inline(__always)
    func isIn(_ range: ClosedRange<UInt8>) -> UInt64 {
        // Without the high bits no sum carries into the next octet.
        let low = word & Self.all(0x7F)
        return (low &+ Self.all(0x80 - range.lowerBound)) ^ (low &+ Self.all(0x7F - range.upperBound))
    }

    /// Which octets are `octet`, of ASCII; of octets that are not ASCII it tells nothing.
    @inline(__always)
    func equals(_ octet: UInt8) -> UInt64 {
        ~(((word & Self.all(0x7F)) ^ Self.all(octet)) &+ Self.all(0x7F))
    }

    /// Which octets are letters; of octets that are not ASCII it tells nothing.
    @inline(__always)
    var isLetter: UInt64 {
        OctetWord(word: word | Self.all(0x20)).isIn(0x61...0x7A)
    }

    /// Eight times the same octet.
    @inline(__always)
    static func all(_ octet: UInt8) -> UInt64 { UInt64(octet) &* 0x0101_0101_0101_0101 }
}

extension Span<UInt8> {
    /// The index of the first octet from `start` on that `answer` is yes for, or `count`.
    @inline(__always)
    func first(from start: Int, where answer: (OctetWord) -> UInt64) -> Int {
        var index = start
        while let word = word(at: index) {
            let found = answer(OctetWord(word: word)) & OctetWord.all(0x80)
            if found != 0 { return index &+ found.trailingZeroBitCount &>> 3 }
            index &+= 8
        }
        // Fewer than eight are left: they are looked at with some before them, which then are shifted out.
        if index < count, let word = word(at: count &- 8) {
            let found = answer(OctetWord(word: word)) & OctetWord.all(0x80)
            let left = found &>> UInt64(truncatingIfNeeded: 64 &- 8 &* (count &- index))
            return Swift.min(count, index &+ left.trailingZeroBitCount &>> 3)
        }
        while index < count, answer(OctetWord(word: UInt64(self[index]))) & 0x80 == 0 {
            index &+= 1
        }
        return index
    }

    /// The index of the first `octet`, of ASCII, from `start` on, or `count`.
    func firstIndex(of octet: UInt8, from start: Int) -> Int {
        first(from: start) { $0.equals(octet) & ~$0.isNotASCII }
    }
}

/// Returns the index of the first control octet (below 0x20, or 0x7F) of `input` in `start..<end`, or `end`.
///
/// A CR can only be found, and nothing else be hidden, by looking at every octet.
func firstControl(in input: Span<UInt8>, from start: Int, to end: Int) -> Int {
    input.extracting(0..<end).first(from: start) { ~($0.isIn(0x20...0x7E) | $0.isNotASCII) }
}

/// Returns the index of the first octet of `input` from `start` on that is no letter, digit, `-` or `.`, or the end: nearly
/// all of names, hosts and paths are these.
func endOfPlain(in input: Span<UInt8>, from start: Int) -> Int {
    input.first(from: start) { word in
        ~(word.isLetter | word.isIn(0x2D...0x39) & ~word.equals(UInt8(ascii: "/"))) | word.isNotASCII
    }
}
