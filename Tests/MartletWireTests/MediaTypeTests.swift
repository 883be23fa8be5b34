import MartletWire
import TestSupport
import Testing

@Suite("media types")
struct MediaTypeTests {
    @Test(
        "a media type is read, with names in lower case, and written",
        .rfc("9110-8.3.1-01", "9110-5.6.6-01", "9110-5.6.6-03", "9110-5.6.6-02", "9110-5.6.4-01", "9110-5.6.4-02"),
        arguments: [
            ("text/html", "text/html"),
            ("TEXT/HTML", "text/html"),
            ("text/html;charset=UTF-8", "text/html; charset=UTF-8"),
            ("text/html ; Charset=utf-8", "text/html; charset=utf-8"),
            ("text/html;;charset=utf-8 ; ", "text/html; charset=utf-8"),  // 9110-5.6.6-03
            ("text/html; a=\"b\"", "text/html; a=b"),  // 9110-5.6.6-02
            ("text/html; a=\"b c\"", "text/html; a=\"b c\""),
            ("text/html; a=\"\"", "text/html; a=\"\""),
            ("text/html; a=\"\\\"\\\\\\b\"", "text/html; a=\"\\\"\\\\b\""),  // 9110-5.6.4-01, -02
            ("text/html; a=\"x;y=z,\"; b=c", "text/html; a=\"x;y=z,\"; b=c"),
            ("application/vnd.api+json", "application/vnd.api+json"),
            ("multipart/form-data; boundary=----x", "multipart/form-data; boundary=----x"),
            ("text/plain; a=1; a=2", "text/plain; a=1; a=2"),
        ]
    )
    func read(text: String, spelt: String) throws {
        let mediaType = try #require(MediaType(text))
        #expect(mediaType.description == spelt)
        #expect(MediaType(spelt) == mediaType)
    }

    @Test(
        "what is not wholly a media type is none",
        arguments: [
            "", "text", "text/", "/html", "text/html/x", "text /html", "text/ html", "text/html;charset",
            "text/html;charset=", "text/html;charset =x", "text/html; charset= x", "text/html;=x", "text/html x",
            "text/html, text/plain", "text/html; a=\"b", "text/html; a=\"b\"c", "text/html; a=\"\\", "text/\u{0}",
            "text/html; a=\"\r\n\"", "text/html; a=\"\\\u{0}\"",
        ]
    )
    func refuse(text: String) {
        #expect(MediaType(text) == nil)
    }

    @Test("parameters are found by name; the first of two counts; the charset has no case", .rfc("9110-8.3.2-01"))
    func parameters() throws {
        let mediaType = try #require(MediaType("text/html; Charset=UTF-8; a=1; a=2"))
        #expect(mediaType.charset == "utf-8")
        #expect(mediaType.parameter("a") == "1")
        #expect(mediaType.parameter("b") == nil)
        #expect(mediaType.hasSameEssence(as: .html))
        #expect(!mediaType.hasSameEssence(as: .plainText))
    }

    @Test(
        "the ready-made types are spelt right",
        arguments: [
            (MediaType.html, "text/html; charset=utf-8"), (.plainText, "text/plain; charset=utf-8"),
            (.json, "application/json"), (.octetStream, "application/octet-stream"),
            (.formURLEncoded, "application/x-www-form-urlencoded"), (.formData, "multipart/form-data"),
        ]
    )
    func readyMade(mediaType: MediaType, spelt: String) {
        #expect(mediaType.description == spelt)
        #expect(MediaType(spelt) == mediaType)
    }
}
