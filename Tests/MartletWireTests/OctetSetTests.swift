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
        let visible = String(decoding: (UInt8(0x21)...0x7E).filter { $0 != 0x23 }, as: UTF8.self)
        expect(.target, is: visible)
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

    @Test("the end of a run in a set is the first octet that is not in it, at each place", arguments: 0...40)
    func run(count: Int) {
        for set in [OctetSet.token, .segment, .host, .scheme] {
            for place in 0..<count {
                for filler: UInt8 in [0x2D, 0x2E, 0x61, 0x7A, 0x41, 0x5A, 0x30, 0x39] {
                    for octet in UInt8.min...UInt8.max {
                        var bytes = [UInt8](repeating: filler, count: count)
                        bytes[place] = octet
                        let expected = set.contains(octet) ? count : place
                        let ends = [set.end(in: bytes.span), set.end(in: bytes.span, from: place)]
                        if ends != [expected, expected] { Issue.record("octet \(octet) at \(place): \(ends)") }
                    }
                }
            }
        }
    }
}
