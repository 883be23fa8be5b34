import Testing

@testable import MartletService

@Suite("JSON, as the argument parser writes it")
struct JSONValueTests {
    @Test("objects, arrays, strings with escapes, words")
    func values() {
        let text = #" {"a" : [ "x\"\\\/\n\u00e9", true, -1.5e3, null, {} , [] ], "b":{"c":"é"} } "#
        let value = JSONValue(text)
        #expect(
            value?["a"]
                == .array([
                    .string("x\"\\/\né"), .word("true"), .word("-1.5e3"), .word("null"), .object([:]), .array([]),
                ])
        )
        #expect(value?["b"]?["c"]?.text == "é")
        #expect(value?["a"]?.elements[1].isTrue == true)
        #expect(value?["nosuch"] == nil && value?.text == nil && value?.elements == [])
    }

    @Test(
        "what is no JSON is nil, never a trap",
        arguments: [
            "", "{", "[", "\"", "{\"a\"}", "{\"a\":}", "[1,]", "[1 2]", "\"\\u12\"", "\"\\ud800\"", "\"\\x\"", "\"\\",
            "1 2",
            "{\"a\":1,}", "]", ",", String(repeating: "[", count: 100_000),
        ]
    )
    func wrong(text: String) {
        #expect(JSONValue(text) == nil)
    }
}
