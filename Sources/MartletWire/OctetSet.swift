/// A set of ASCII octets as two words, so that asking is a shift and a mask: no table to load, nothing to initialise.
package struct OctetSet: Sendable {
    /// A bit for each of the octets 0x00 to 0x3F.
    let low: UInt64
    /// A bit for each of the octets 0x40 to 0x7F.
    let high: UInt64

    @inline(__always)
    package func contains(_ octet: UInt8) -> Bool {
        let word = octet & 0x40 == 0 ? low : high
        return octet < 0x80 && (word &>> UInt64(octet & 0x3F)) & 1 != 0
    }

    /// The index of the first octet from `start` on that is not in this set, or the end. The set must have all letters,
    /// digits, `-` and `.`, as those below have.
    @inline(__always)
    func end(in octets: Span<UInt8>, from start: Int = 0) -> Int {
        var index = start
        while true {
            index = endOfPlain(in: octets, from: index)
            guard index < octets.count, contains(octets[index]) else { return index }
            index += 1
        }
    }

    /// `tchar`, what tokens such as methods and field names are made of (RFC 9110 §5.6.2).
    @inline(__always)
    package static var token: OctetSet { OctetSet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE) }

    /// What may stand for itself in a path segment: `pchar` (RFC 3986 §3.3) without `%`, and with `[` and `]`.
    ///
    /// The brackets are a departure: the grammar wants them encoded, browsers send them as they are.
    @inline(__always)
    static var segment: OctetSet { OctetSet(low: 0x2FFF_7FD2_0000_0000, high: 0x47FF_FFFE_AFFF_FFFF) }

    /// What stays as it is in a path segment that ``PercentEncoding`` writes: `pchar` without `%`, `:`, `&` and `'`.
    @inline(__always)
    static var linkSegment: OctetSet { OctetSet(low: 0x2BFF_7F12_0000_0000, high: 0x47FF_FFFE_87FF_FFFF) }

    /// What a scheme is made of after its first letter (RFC 3986 §3.1).
    @inline(__always)
    static var scheme: OctetSet { OctetSet(low: 0x03FF_6800_0000_0000, high: 0x07FF_FFFE_07FF_FFFE) }

    /// What a registered name or IPv4 address is made of (RFC 3986 §3.2.2) without `%`, and without `,`: a comma in Host
    /// is two Host lines joined by something on the way.
    @inline(__always)
    static var host: OctetSet { OctetSet(low: 0x2BFF_6FD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE) }

    /// Whether `octet` is SP or HTAB, the white space of HTTP (RFC 9110 §5.6.3).
    @inline(__always)
    static func isWhitespace(_ octet: UInt8) -> Bool {
        octet == 0x20 || octet == 0x09
    }

    /// Whether `octet` is a decimal digit.
    @inline(__always)
    static func isDigit(_ octet: UInt8) -> Bool {
        octet &- 0x30 < 10
    }

    /// Whether `octet` is one of the ASCII letters a to z.
    @inline(__always)
    static func isLowercase(_ octet: UInt8) -> Bool {
        octet &- 0x61 < 26
    }

    /// The ASCII letters A to Z as a to z, every other octet as it is.
    @inline(__always)
    package static func lowercased(_ octet: UInt8) -> UInt8 {
        octet &- 0x41 < 26 ? octet | 0x20 : octet
    }

    /// The value of a hex digit in either case, or nil.
    @inline(__always)
    static func hexValue(_ octet: UInt8) -> UInt8? {
        if octet &- 0x30 < 10 { return octet &- 0x30 }
        let letter = (octet | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }
}

extension Span<UInt8> {
    /// Whether these octets are those of `lowercase`, ASCII in lower case, in any case.
    @inline(__always)
    package func equals(ignoringCase lowercase: String) -> Bool {
        let other = lowercase.utf8.span
        guard count == other.count else { return false }
        var index = 0
        while let word = word(at: index), let otherWord = other.word(at: index) {
            // Only 0x20 may differ, and only in letters.
            let letters = OctetWord(word: otherWord).isIn(0x61...0x7A) & ~otherWord & OctetWord.all(0x80)
            if (word ^ otherWord) & ~(letters &>> 2) != 0 { return false }
            index &+= 8
        }
        while index < count {
            if OctetSet.lowercased(self[index]) != other[index] { return false }
            index &+= 1
        }
        return true
    }

    /// Whether these octets are those of `other`.
    @inline(__always)
    package func equals(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        var index = 0
        while let word = word(at: index), let otherWord = other.word(at: index) {
            if word != otherWord { return false }
            index &+= 8
        }
        while index < count {
            if self[index] != other[index] { return false }
            index &+= 1
        }
        return true
    }

    /// These octets without SP and HTAB at both ends.
    var trimmed: Span<UInt8> {
        @_lifetime(copy self)
        get {
            var start = 0
            var end = count
            while start < end, OctetSet.isWhitespace(self[start]) { start += 1 }
            while end > start, OctetSet.isWhitespace(self[end - 1]) { end -= 1 }
            return extracting(start..<end)
        }
    }
}

extension Array {
    /// Removes all elements and keeps the memory; costs nothing where there are none.
    @inline(__always)
    mutating func empty() {
        if !isEmpty {
            removeAll(keepingCapacity: true)
        }
    }
}

/// Lets octets be the subject of a `switch` over literals.
@inline(__always)
func ~= (literal: StaticString, octets: Span<UInt8>) -> Bool { octets.equals(literal) }
