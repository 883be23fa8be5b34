import HTTPTypes
import MartletWire
import TestSupport
import Testing

@Suite("values of fields, borrowed")
struct CombinedValueTests {
    /// Fields as a request brings them.
    private func received(_ lines: String) throws -> Fields {
        var parser = RequestParser()
        var head = RequestHead()
        _ = try #require(try parser.parse(bytes: "GET / HTTP/1.0\r\n\(lines)\r\n".utf8, into: &head))
        return head.fields
    }

    private func written(_ fields: Fields) -> String {
        var output: [UInt8] = []
        fields.write(into: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @Test(
        "a value is that of all lines of the name, joined in order",
        .rfc("9110-5.3-01"),
        arguments: [
            ("", nil, false), ("Accepts: a\r\nAccep: b\r\nAccepT-: c\r\nBccept: d\r\n", nil, false),
            ("Accept: a\r\n", "a", true), ("X: y\r\naCCEPT:  a, b \r\nZ: 1\r\n", "a, b", true),
            ("Accept:\r\n", "", true), ("Accept: a\r\nX: y\r\naccept: b, c\r\n", "a, b, c", false),
            ("Accept: a\r\nAccept:\r\nACCEPT: c\r\n", "a, , c", false),
        ]
    )
    func combined(lines: String, expected: String?, isOneLine: Bool) throws {
        let fields = try received(lines)
        guard let value = fields.combinedValue(.accept) else {
            #expect(expected == nil)
            return
        }
        let span = value.span
        #expect(span.indices.map { span[$0] } == expected.map { Array($0.utf8) })
        let oneLine = value.isOneLine
        #expect(oneLine == isOneLine)
        #expect(fields.combined(.accept) == expected.map { Array($0.utf8) })
    }

    @Test(
        "only fields whose names begin with If- can be conditions",
        arguments: [
            ("", false), ("I: 1\r\n", false), ("Host: a\r\nAccept: */*\r\nXIf-Match: a\r\n", false),
            ("If-Match: a\r\n", true), ("Host: a\r\niF-NONE-match: a\r\n", true), ("Z: 1\r\nif-range: a\r\n", true),
        ]
    )
    func conditions(lines: String, expected: Bool) throws {
        try #expect(received(lines).mayHaveConditions == expected)
    }

    @Test("the last line's value is replaced by one of any length, and a copy keeps the old one")
    func replacing() {
        var fields = Fields(.eTag, "\"a\"")
        fields.append(.contentRange, "")
        for value in ["bytes 0-9/10", "bytes 10000-20000/30000", "", "x"] {
            let copy = fields
            let before = written(copy)
            fields.replaceLastValue(by: Array(value.utf8))
            #expect(written(fields) == "ETag: \"a\"\r\nContent-Range: \(value)\r\n")
            #expect(fields[.contentRange] == value)
            #expect(fields[.eTag] == "\"a\"")
            #expect(written(copy) == before)
        }
        fields.append(.vary, "Accept")
        #expect(written(fields) == "ETag: \"a\"\r\nContent-Range: x\r\nVary: Accept\r\n")
    }

    @Test("without lines there is no last one")
    func replacingNothing() {
        var fields = Fields()
        fields.replaceLastValue(by: [0x61])
        #expect(fields.isEmpty)
        #expect(written(fields) == "")
    }
}
