import MartletWire
import TestSupport
import Testing

@Suite("percent-encoding")
struct PercentEncodingTests {
    @Test(
        "a file name becomes a segment that fits an HTML attribute and a relative link",
        .rfc("3986-2.1-02", "3986-2.2-02", "3986-2.3-02", "3986-2.4-03", "3986-2.5-01"),
        arguments: [
            ("plain-._~09AZaz", "plain-._~09AZaz"), ("a b", "a%20b"), ("100%", "100%25"), ("a/b", "a%2Fb"),
            ("a?b#c", "a%3Fb%23c"), ("<i>&\"'`", "%3Ci%3E%26%22%27%60"), ("c:d", "c%3Ad"), ("é", "%C3%A9"),
            ("a\n\u{0}", "a%0A%00"), ("!$()*+,;=@", "!$()*+,;=@"), ("[|]\\^{}", "%5B%7C%5D%5C%5E%7B%7D"), ("", ""),
        ]
    )
    func segment(name: String, encoded: String) {
        var outputs: [[UInt8]] = [[], [], []]
        PercentEncoding.appendSegment(name.utf8.span, to: &outputs[0])
        PercentEncoding.appendSegment(Array(name.utf8), to: &outputs[1])
        PercentEncoding.appendSegment(Array(name.utf8)[...], to: &outputs[2])
        for output in outputs { #expect(String(decoding: output, as: UTF8.self) == encoded) }
    }

    @Test("every octet, UTF-8 or not, comes back")
    func everyOctet() {
        let octets = (0...255).map { UInt8($0) }
        var encoded: [UInt8] = []
        PercentEncoding.appendSegment(octets, to: &encoded)
        #expect(encoded.allSatisfy { $0 > 0x20 && $0 < 0x7F })
        let decoded = PercentEncoding.decode(encoded.span)
        #expect(decoded == octets)
    }

    @Test(
        "decoding is strict: a lone % is an error",
        arguments: [
            ("a%20b", "a b"), ("%41%4a%4A", "AJJ"), ("a+b", "a+b"), ("%2525", "%25"), ("", ""), ("%", nil), ("%4", nil),
            ("%4g", nil), ("%g4", nil), ("a%", nil), ("%%41", nil), ("% 41", nil), ("%+1", nil),
        ] as [(String, String?)]
    )
    func decode(text: String, decoded: String?) {
        let result = PercentEncoding.decode(text.utf8.span)
        #expect(result == decoded.map { Array($0.utf8) })
    }

    @Test(
        "a query is split into decoded names and values",
        arguments: [
            ("", []), ("a=b", ["a", "b"]), ("a=b&c=d+e", ["a", "b", "c", "d e"]), ("a", ["a", ""]), ("=", ["", ""]),
            ("=b", ["", "b"]), ("a==b", ["a", "=b"]), ("&&a=1&&b=2&", ["a", "1", "b", "2"]),
            ("%61%3D=%26", ["a=", "&"]), ("a=%2B", ["a", "+"]), ("a=%C3%A9", ["a", "é"]), ("a=%ff", ["a", "\u{FFFD}"]),
            ("a=100%&b=%zz%4", ["a", "100%", "b", "%zz%4"]), ("a;b=1", ["a;b", "1"]),
        ]
    )
    func query(text: String, parts: [String]) {
        let lists = [QueryItems(text), QueryItems(Array(text.utf8)), QueryItems(text.utf8.span)]
        for items in lists { #expect(items.flatMap { [$0.name, $0.value] } == parts) }
    }

    @Test("values are found by name")
    func find() {
        let items = QueryItems("a=1&b=2&a=3")
        #expect(items["a"] == "1")
        #expect(items.values(of: "a") == ["1", "3"])
        #expect(items["c"] == nil)
        #expect(items.values(of: "c") == [])
    }

    @Test(
        "a text becomes a component that means nothing to a URI, a query or a cookie, and comes back",
        arguments: [
            ("plain-._~09AZaz", "plain-._~09AZaz"), ("a b", "a%20b"), ("100%", "100%25"), ("é", "%C3%A9"), ("", ""),
            ("/?#[]@:", "%2F%3F%23%5B%5D%40%3A"), ("!$&'()*+,;=", "%21%24%26%27%28%29%2A%2B%2C%3B%3D"),
            ("\"\\\r\n\u{0}", "%22%5C%0D%0A%00"),
        ]
    )
    func component(text: String, encoded: String) {
        #expect(PercentEncoding.component(text) == encoded)
        #expect(PercentEncoding.text(ofComponent: encoded) == text)
    }

    @Test("what is no component of a text has none", arguments: ["%", "%4", "%zz", "%FF"])
    func malformedComponent(component: String) {
        #expect(PercentEncoding.text(ofComponent: component) == nil)
    }
}
