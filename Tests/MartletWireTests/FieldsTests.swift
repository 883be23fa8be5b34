import HTTPTypes
import MartletWire
import TestSupport
import Testing

@Suite struct FieldsTests {
    private func written(_ fields: Fields) -> String {
        var output: [UInt8] = []
        fields.write(into: &output)
        return String(decoding: output, as: UTF8.self)
    }

    /// Fields as a request brings them.
    private func received(_ lines: String) throws -> Fields {
        var parser = RequestParser()
        var head = RequestHead()
        let octets = try parser.parse(bytes: "GET / HTTP/1.0\r\n\(lines)\r\n".utf8, into: &head)
        #expect(octets != nil)
        return head.fields
    }

    @Test("lines are written in order, as name, colon, space, value, CRLF", .rfc("9112-5.1-04", "9110-5.6.3-01"))
    func writing() {
        var fields = Fields()
        fields.append(.contentType, "text/html")
        fields.append(.setCookie, "a=1")
        fields.append(.setCookie, "b=2")
        #expect(written(fields) == "Content-Type: text/html\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n")
        #expect(fields.count == 3)
        #expect(!fields.isEmpty)
    }

    @Test("the lines of other fields come behind, in order and octet for octet")
    func appendingFields() throws {
        var fields = Fields()
        fields.append(.setCookie, "a=1")
        fields.append(contentsOf: try received("set-Cookie:  b=\t2 \r\nX-Odd: \u{E9}\r\nX-Empty:\r\n"))
        #expect(written(fields) == "Set-Cookie: a=1\r\nset-Cookie: b=\t2\r\nX-Odd: \u{E9}\r\nX-Empty: \r\n")
        fields.append(contentsOf: Fields())
        #expect(fields.values(of: .setCookie) == ["a=1", "b=\t2"])
        #expect(fields.count == 4)
    }

    @Test("names match in any case and keep the case they came in", .rfc("9110-5.1-01"))
    func nameCase() throws {
        let fields = try received("aCCept-EncodinG: gzip\r\nX-Foo: 1\r\n")
        #expect(fields[.acceptEncoding] == "gzip")
        #expect(try fields[#require(HTTPField.Name("x-fOO"))] == "1")
        #expect(fields.map(\.name) == ["aCCept-EncodinG", "X-Foo"])
        #expect(!fields.contains(.accept))
        #expect(fields[.accept] == nil)
    }

    @Test("names that differ in one octet of the same length do not match")
    func nearNames() throws {
        let fields = try received("X-Fo^: caret\r\nX-Fo~: tilde\r\n")
        #expect(try fields[#require(HTTPField.Name("X-Fo~"))] == "tilde")
        #expect(try fields[#require(HTTPField.Name("X-Fo^"))] == "caret")
        #expect(try fields[#require(HTTPField.Name("X-FoO"))] == nil)
    }

    @Test("lines of one name read as a list in order, and one by one", .rfc("9110-5.2-01", "9110-5.3-01"))
    func combining() throws {
        let fields = try received("Accept: a\r\nX: -\r\nACCEPT: b, c\r\naccept:\r\n")
        #expect(fields[.accept] == "a, b, c, ")
        #expect(fields.values(of: .accept) == ["a", "b, c", ""])
        #expect(fields.values(of: .cookie).isEmpty)
    }

    @Test("Cookie lines are joined by semicolons")
    func cookies() throws {
        let fields = try received("Cookie: a=1\r\nCookie: b=2\r\n")
        #expect(fields[.cookie] == "a=1; b=2")
    }

    @Test("Set-Cookie lines can be had one by one", .rfc("9110-5.3-04"))
    func setCookies() {
        var fields = Fields()
        fields.append(.setCookie, "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
        fields.append(.setCookie, "b=2")
        #expect(fields.values(of: .setCookie) == ["a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "b=2"])
    }

    @Test("setting replaces every line of the name, nil removes them", .rfc("9110-5.3-03"))
    func setting() throws {
        var fields = try received("Accept:a\r\nX:  y \r\naccept: b\r\n")
        fields[.accept] = "c"
        #expect(written(fields) == "X: y\r\nAccept: c\r\n")
        fields[.accept] = nil
        #expect(written(fields) == "X: y\r\n")
        #expect(fields[.accept] == nil)
        fields[.accept] = nil
        #expect(fields.count == 1)
    }

    @Test("received lines are written in normal form")
    func normalForm() throws {
        #expect(written(try received("A:b\r\nC: \t d\t \r\nE:\r\n")) == "A: b\r\nC: d\r\nE: \r\n")
        #expect(written(try received("A:\tb\r\n")) == "A: b\r\n")
        #expect(written(try received("A: b \r\n")) == "A: b\r\n")
        #expect(written(try received("A: b\r\nC: d\r\n")) == "A: b\r\nC: d\r\n")
    }

    @Test(
        "a value cannot end its line or smuggle in another",
        .rfc("9112-11.1-01", "9110-5.5-05", "9110-5.5-03"),
        arguments: [
            ("a\r\nSet-Cookie: x", "a  Set-Cookie: x"), ("a\nb", "a b"), ("a\rb", "a b"), ("a\0b", "a b"),
            ("a\u{7F}b", "a b"), ("a\u{B}b", "a b"), ("\r\na", "a"), ("a\r\n\r\n", "a"), (" \t a\tb \t", "a\tb"),
            ("", ""), ("\r\n", ""), ("grün", "grün"),
        ]
    )
    func cleaning(value: String, stored: String) throws {
        var fields = Fields()
        fields.append(.location, value)
        #expect(written(fields) == "Location: \(stored)\r\n")
        #expect(fields[.location] == stored)
        #expect(Fields.isValidValue(value) == (value == stored))
        var fromBytes = Fields()
        fromBytes.append(.location, Array(value.utf8))
        #expect(written(fromBytes) == "Location: \(stored)\r\n")
    }

    @Test("of all octets just the controls but HTAB are replaced", .rfc("9112-2.2-03", "9112-5.2-01", "9110-5.5-05"))
    func allOctets() {
        for octet in UInt8.min...UInt8.max {
            var fields = Fields()
            fields.append(.location, [0x61, octet, 0x62])
            let isControl = octet < 0x20 && octet != 0x09 || octet == 0x7F
            var output: [UInt8] = []
            fields.write(into: &output)
            #expect(output == Array("Location: a".utf8) + [isControl ? 0x20 : octet] + Array("b\r\n".utf8))
        }
    }

    @Test("a pseudo field name of HTTP/2 adds no line")
    func pseudoName() throws {
        var fields = Fields()
        fields.append(try #require(HTTPField.Name(parsed: ":path")), "/")
        #expect(fields.isEmpty)
        #expect(written(fields) == "")
    }

    @Test("first gives the first line's bytes as they came", .rfc("9110-5.5-02"))
    func firstBytes() throws {
        var parser = RequestParser()
        var head = RequestHead()
        let bytes = Array("GET / HTTP/1.0\r\nAccept:  ".utf8) + [0xFF, 0x80] + Array(" \r\nAccept: b\r\n\r\n".utf8)
        #expect(try parser.parse(bytes: bytes, into: &head) == bytes.count)
        guard let value = head.fields.first(.accept) else {
            Issue.record("no value")
            return
        }
        #expect(octets(of: value) == [0xFF, 0x80])
        if head.fields.first(.cookie) != nil { Issue.record("a value for a name that is not there") }
        #expect(head.fields[.accept] == "\u{FFFD}\u{FFFD}, b")
    }

    @Test("a copy does not follow changes of the original")
    func copies() {
        var fields = Fields()
        fields.append(.accept, "a")
        let copy = fields
        fields[.accept] = "b"
        fields.removeAll(keepingCapacity: true)
        #expect(copy[.accept] == "a")
        #expect(fields.isEmpty)
        #expect(written(fields) == "")
    }

    @Test("after removing all, old lines do not show through")
    func reuse() throws {
        var fields = try received("A:b\r\n")
        fields.removeAll(keepingCapacity: true)
        fields.append(.accept, "c")
        #expect(written(fields) == "Accept: c\r\n")
    }
}
