import TestSupport
import Testing

@testable import MartletWire

/// The sets as the RFCs spell them, against the bit masks, for all 256 octets.
@Suite struct OctetSetTests {
    static let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    static let digits = "0123456789"
    static let unreserved = letters + digits + "-._~"
    static let subDelims = "!$&'()*+,;="

    private func expect(_ set: OctetSet, is characters: String) {
        let expected = Set(characters.utf8)
        for octet in UInt8.min...UInt8.max {
            #expect(set.contains(octet) == expected.contains(octet), "octet \(octet)")
        }
    }

    @Test("token holds the tchar of RFC 9110 and nothing else")
    func token() {
        expect(.token, is: "!#$%&'*+-.^_`|~" + Self.digits + Self.letters)
    }

    @Test("segment holds pchar of RFC 3986, without % and with brackets", .rfc("3986-3.3-01"))
    func segment() {
        expect(.segment, is: Self.unreserved + Self.subDelims + ":@" + "[]")
    }

    @Test("target holds visible ASCII without #", .rfc("9112-3.2-01", "3986-3.5-01"))
    func target() {
        // Of what a line can hold: controls are refused before.
        for octet in UInt8(0x21)...0xFF where octet != 0x7F {
            let found = TargetOctets(in: [0x20, 0x61, octet, 0x62, 0x20, 0x48].span, from: 1)
            let isAllowed = octet < 0x7F && octet != UInt8(ascii: "#")
            #expect(found.range == 1..<4 && found.fault == (isAllowed ? nil : 2), "octet \(octet)")
            #expect(found.question == (octet == UInt8(ascii: "?") ? 2 : 4))
        }
    }

    @Test("scheme holds letters, digits, plus, hyphen and dot")
    func scheme() {
        expect(.scheme, is: Self.letters + Self.digits + "+-.")
    }

    @Test("host holds unreserved and sub-delims, without comma")
    func host() {
        expect(.host, is: Self.unreserved + Self.subDelims.filter { $0 != "," })
    }

    @Test("hex digits have their value in both cases, nothing else has one", .rfc("3986-2.1-01"))
    func hexValue() {
        for octet in UInt8.min...UInt8.max {
            let character = Character(Unicode.Scalar(octet))
            let expected = octet < 0x80 ? character.hexDigitValue.map(UInt8.init) : nil
            #expect(OctetSet.hexValue(octet) == expected, "octet \(octet)")
        }
    }

    @Test("only A to Z change when lower-cased")
    func lowercased() {
        for octet in UInt8.min...UInt8.max {
            let expected = (0x41...0x5A).contains(octet) ? octet + 0x20 : octet
            #expect(OctetSet.lowercased(octet) == expected)
        }
    }
}

/// The word-at-a-time scans against loops that look at one octet at a time.
@Suite struct ScanTests {
    private static func slowControl(_ bytes: [UInt8], _ start: Int, _ end: Int) -> Int {
        bytes[start..<end].firstIndex { $0 < 0x20 || $0 == 0x7F } ?? end
    }

    @Test("firstControl finds each of 256 octets right at each place of a word", arguments: 0..<20)
    func control(place: Int) {
        for filler: UInt8 in [0x20, 0x21, 0x41, 0x7E, 0x80, 0x9F, 0xA0, 0xFF] {
            for octet in UInt8.min...UInt8.max {
                var bytes = [UInt8](repeating: filler, count: 20)
                bytes[place] = octet
                for start in [0, 1, 7, 8, place] {
                    for end in [place, place + 1, 20] where start <= end {
                        let found = firstControl(in: bytes.span, from: start, to: end)
                        #expect(found == Self.slowControl(bytes, start, end), "octet \(octet) in \(start)..<\(end)")
                    }
                }
            }
        }
    }

    @Test("firstControl returns the first of two controls")
    func firstOfTwo() {
        for first in 0..<16 {
            for second in first..<16 {
                var bytes = [UInt8](repeating: 0x80, count: 16)
                bytes[second] = 0x7F
                bytes[first] = 0x0D
                #expect(firstControl(in: bytes.span, from: 0, to: 16) == first)
            }
        }
    }

    @Test("a run in a set ends at the first octet that is not in it, at each place", arguments: 0...40)
    func run(count: Int) {
        for place in 0..<count {
            var bytes = (0..<count).map { Array("aZ-.09zA".utf8)[$0 % 8] }
            for octet in UInt8.min...UInt8.max {
                bytes[place] = octet
                let expected = OctetSet.token.contains(octet) ? count : place
                let ends = [OctetSet.token.end(in: bytes.span), OctetSet.token.end(in: bytes.span, from: place)]
                if ends != [expected, expected] { Issue.record("octet \(octet) at \(place): \(ends)") }
            }
            for set in [OctetSet.segment, .linkSegment, .host, .scheme] {
                for octet: UInt8 in [
                    0x00, 0x0D, 0x21, 0x25, 0x2C, 0x2F, 0x3A, 0x40, 0x5B, 0x5F, 0x60, 0x7B, 0x80, 0xAD,
                ] {
                    bytes[place] = octet
                    let end = set.end(in: bytes.span)
                    #expect(end == (set.contains(octet) ? count : place), "octet \(octet) at \(place)")
                }
            }
        }
    }

    @Test("an octet is found at each place, and none where there is none", arguments: 0...40)
    func index(count: Int) {
        for filler: UInt8 in [0x00, 0x25, 0x27, 0xA6, 0xFF] {
            var bytes = [UInt8](repeating: filler, count: count)
            let none = bytes.span.firstIndex(of: 0x26, from: 0)
            #expect(none == count)
            for place in (0..<count).reversed() {
                bytes[place] = 0x26
                for start in [0, place, place + 1] {
                    let found = bytes.span.firstIndex(of: 0x26, from: start)
                    #expect(found == (start <= place ? place : min(start, count)))
                }
            }
        }
    }

    @Test("octets equal those that are the same at each place, with case or without", arguments: 0...20)
    func equality(count: Int) {
        let other = String(decoding: (0..<count).map { Array("az-.{09`@x".utf8)[$0 % 10] }, as: UTF8.self)
        let upper = Array(other.uppercased().utf8)
        let isSame = upper.span.equals(ignoringCase: other)
        #expect(isSame)
        let exact = Array(other.utf8)
        for place in 0..<count {
            var bytes = exact
            for octet in UInt8.min...UInt8.max {
                bytes[place] = octet
                let same = octet == exact[place]
                let alike = OctetSet.lowercased(octet) == exact[place]
                let found = [bytes.span.equals(exact.span), bytes.span.equals(ignoringCase: other)]
                if found != [same, alike] { Issue.record("octet \(octet) at \(place): \(found)") }
            }
        }
        let longer = upper + [0]
        let isLonger = upper.span.equals(longer.span) || upper.span.equals(ignoringCase: other + "\0")
        #expect(!isLonger)
    }

    @Test("octets equal a literal that is the same at each place, with case or without")
    func literals() {
        let literal = Array("az-.{09`@x".utf8)
        for place in literal.indices {
            var bytes = literal
            for octet in UInt8.min...UInt8.max {
                bytes[place] = octet
                let found = [bytes.span.equals("az-.{09`@x"), bytes.span.equals(anyCaseOf: "az-.{09`@x")]
                let expected = [octet == literal[place], OctetSet.lowercased(octet) == literal[place]]
                if found != expected { Issue.record("octet \(octet) at \(place): \(found)") }
            }
        }
        let shorter = Array(literal.dropLast())
        let isShorter = shorter.span.equals("az-.{09`@x")
        #expect(!isShorter)
    }
}
