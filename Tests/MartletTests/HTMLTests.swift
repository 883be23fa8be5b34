import Martlet
import Testing

@Suite("HTML escapes what is interpolated")
struct HTMLTests {
    @Test(
        "each of the five dangerous characters is escaped, and nothing else",
        arguments: [
            ("&", "&amp;"),
            ("<", "&lt;"),
            (">", "&gt;"),
            ("\"", "&quot;"),
            ("'", "&#39;"),
            ("plain text, 100% `safe`", "plain text, 100% `safe`"),
            ("&lt;", "&amp;lt;"),
            ("", ""),
            ("naïve ☃", "naïve ☃"),
            ("line\r\nline\t\0", "line\r\nline\t\0"),
        ]
    )
    func escapedCharacters(text: String, expected: String) {
        let html: HTML = "\(text)"
        #expect(html.description == expected)
    }

    @Test("a value cannot leave a quoted attribute or open an element")
    func attribute() {
        let name = "\"><script>alert('1')</script>"
        let html: HTML = "<input value=\"\(name)\">"
        #expect(
            html.description
                == "<input value=\"&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;\">"
        )
    }

    @Test("what the literal itself says is markup")
    func literal() {
        let html: HTML = "<b>&amp;</b>"
        #expect(html.description == "<b>&amp;</b>")
    }

    @Test("HTML within HTML is not escaped twice")
    func nested() {
        let inner: HTML = "<b>\("a < b")</b>"
        let outer: HTML = "<p>\(inner)</p>"
        #expect(outer.description == "<p><b>a &lt; b</b></p>")
    }

    @Test("a list of HTML is joined without separators")
    func list() {
        let items: [HTML] = ["a&b", "c"].map { "<li>\($0)" }
        let html: HTML = "<ul>\(items)</ul>"
        #expect(html.description == "<ul><li>a&amp;b<li>c</ul>")
    }

    @Test("a list of text is text: its description is escaped")
    func listOfText() {
        let html: HTML = "\(["<a>"])"
        #expect(html.description == "[&quot;&lt;a&gt;&quot;]")
    }

    @Test("raw text has to be spelled out")
    func raw() {
        let html: HTML = "\(raw: "<hr>")\("<hr>")"
        #expect(html.description == "<hr>&lt;hr&gt;")
        #expect(HTML(raw: "<hr>").description == "<hr>")
    }

    struct Spoof: CustomStringConvertible {
        var description: String { "<spoof>" }
    }

    @Test("numbers, substrings, characters and descriptions are escaped like strings")
    func values() {
        let character: Character = "<"
        let html: HTML = "\(42) \(1.5) \(true) \("a<b".dropFirst()) \(character) \(Spoof())"
        #expect(html.description == "42 1.5 true &lt;b &lt; &lt;spoof&gt;")
    }

    @Test("pieces are joined as they are")
    func joined() {
        var html: HTML = "<p>" + "\("&")"
        html += "</p>"
        #expect(html.description == "<p>&amp;</p>")
        #expect(html.bytes == Array("<p>&amp;</p>".utf8))
        #expect(HTML().bytes.isEmpty)
    }

    @Test("bytes that are not UTF-8 are kept, with the five escaped")
    func bytes() {
        var bytes = Array("x=".utf8)
        HTML.escape([0xFF, UInt8(ascii: "<"), 0xC3] as [UInt8], into: &bytes)
        #expect(bytes == Array("x=".utf8) + [0xFF] + Array("&lt;".utf8) + [0xC3])
    }
}
