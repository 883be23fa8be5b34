import MartletWire
import TestSupport
import Testing

@Suite("entity tags")
struct EntityTagTests {
    static func parse(_ text: String) -> EntityTag? { EntityTag(parsing: text.utf8.span) }

    @Test(
        "a tag is read and written alike",
        .rfc("9110-8.8.3-02"),
        arguments: [
            ("\"xyzzy\"", false, "xyzzy"), ("W/\"xyzzy\"", true, "xyzzy"), ("\"\"", false, ""), ("W/\"\"", true, ""),
            ("\"a,b\"", false, "a,b"), ("\"a\\\"", false, "a\\"), ("\"é\"", false, "é"), ("\"!#~\"", false, "!#~"),
        ]
    )
    func read(text: String, isWeak: Bool, opaque: String) throws {
        let tag = try #require(Self.parse(text))
        #expect(tag.isWeak == isWeak)
        #expect(tag.opaque == Array(opaque.utf8))
        #expect(tag.description == text)
    }

    @Test(
        "what is not wholly a tag is none; W/ has case",
        .rfc("9110-8.8.3-01"),
        arguments: [
            "", "xyzzy", "\"", "\"a", "a\"", "w/\"a\"", "W\"a\"", "W/a", "W/", "W", " \"a\"", "\"a\" ", "\"a b\"",
            "\"a\u{7F}\"", "\"a\u{0}\"", "\"a\tb\"", "\"a\"b\"", "\"a\", \"b\"", "*",
        ]
    )
    func refuse(text: String) {
        #expect(Self.parse(text) == nil)
    }

    @Test(
        "the comparison table of RFC 9110 §8.8.3.2",
        .rfc("9110-8.8.3.2-01", "9110-8.8.3.2-02"),
        arguments: [
            ("W/\"1\"", "W/\"1\"", false, true), ("W/\"1\"", "W/\"2\"", false, false),
            ("W/\"1\"", "\"1\"", false, true), ("\"1\"", "W/\"1\"", false, true), ("\"1\"", "\"1\"", true, true),
            ("\"a\"", "\"A\"", false, false),
        ]
    )
    func compare(first: String, second: String, strongly: Bool, weakly: Bool) throws {
        let (first, second) = (try #require(Self.parse(first)), try #require(Self.parse(second)))
        #expect(first.stronglyMatches(second) == strongly)
        #expect(first.weaklyMatches(second) == weakly)
    }

    @Test(
        "any text makes a tag that can be read back, without a backslash",
        .rfc("9110-8.8.3-03"),
        arguments: [
            ("v1", "\"v1\""), ("a b", "\"a%20b\""), ("a\"b", "\"a%22b\""), ("a\\b", "\"a%5Cb\""),
            ("a%20b", "\"a%2520b\""), ("a\r\nb", "\"a%0D%0Ab\""), ("é", "\"é\""), ("", "\"\""),
        ]
    )
    func make(text: String, spelt: String) {
        #expect(EntityTag(strong: text).description == spelt)
        #expect(EntityTag(weak: text).description == "W/" + spelt)
        #expect(Self.parse(spelt) == EntityTag(strong: text))
    }

    @Test("numbers make a tag of hexadecimal digits")
    func numbers() {
        #expect(EntityTag(strong: [255, 0, UInt.max]).description == "\"ff-0-ffffffffffffffff\"")
        #expect(EntityTag(strong: [UInt]()).description == "\"\"")
    }

    @Test(
        "of all octets just those of entity tags may stand at each place of one",
        .rfc("9110-8.8.3-02"),
        arguments: 1...20
    )
    func eachPlace(count: Int) {
        for place in 1...count {
            for octet in UInt8.min...UInt8.max {
                var tag = [0x22] + [UInt8](repeating: 0x61, count: count) + [0x22]
                tag[place] = octet
                let isAllowed = octet == 0x21 || (0x23...0x7E).contains(octet) || octet >= 0x80
                let parsed = EntityTag(parsing: tag.span)
                if parsed?.opaque != (isAllowed ? Array(tag[1...count]) : nil) {
                    Issue.record("octet \(octet) at \(place)")
                }
            }
        }
    }
}
