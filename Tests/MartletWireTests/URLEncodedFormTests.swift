import MartletWire
import Testing

@Suite("URL-encoded forms")
struct URLEncodedFormTests {
    @Test(
        "fields are decoded in order",
        arguments: [
            ("", []), ("a=1&b=2&a=3", ["a=1", "b=2", "a=3"]), ("a+b=c+%2B%26%3d", ["a b=c +&="]), ("a", ["a="]),
            ("&&a=b=c&=x&", ["a=b=c", "=x"]), ("%C3%BC=%E2%82%AC", ["ü=€"]), ("ü=1", ["ü=1"]), ("a=%00", ["a=\0"]),
        ] as [(String, [String])]
    )
    func read(content: String, fields: [String]) throws {
        try #expect(
            URLEncodedForm.fields(in: Array(content.utf8), upTo: 3).map { "\($0.name)=\($0.value)" } == fields
        )
    }

    @Test(
        "what is malformed is refused",
        arguments: [
            ("a=%", .invalidPercentEncoding), ("a=%4", .invalidPercentEncoding), ("%xx=1", .invalidPercentEncoding),
            ("a=%FF", .invalidUTF8), ("%C3=%BC", .invalidUTF8), ("a&b&c&d", .tooManyFields),
        ] as [(String, FormError)]
    )
    func refuse(content: String, error: FormError) {
        #expect(throws: error) { try URLEncodedForm.fields(in: Array(content.utf8), upTo: 3) }
    }

    @Test("what is encoded is decoded at each place, in forms and in queries", arguments: 0...20)
    func eachPlace(count: Int) throws {
        let filler = String(repeating: "x", count: count)
        for place in 0...count {
            for (encoded, decoded) in [("+", " "), ("%26", "&"), ("%3d", "="), ("%2B", "+"), ("%c3%bc", "ü"), ("", "")]
            {
                var (from, to) = (filler, filler)
                from.insert(contentsOf: encoded, at: from.index(from.startIndex, offsetBy: place))
                to.insert(contentsOf: decoded, at: to.index(to.startIndex, offsetBy: place))
                let content = Array("\(from)=\(from)&next=\(from)".utf8)
                let fields = try URLEncodedForm.fields(in: content, upTo: 2)
                let expected = [to, to, "next", to]
                #expect(fields.flatMap { [$0.name, $0.value] } == expected)
                #expect(QueryItems(content).flatMap { [$0.name, $0.value] } == expected)
            }
            var wrong = filler
            wrong.insert(contentsOf: "%4", at: wrong.index(wrong.startIndex, offsetBy: place))
            #expect(throws: FormError.invalidPercentEncoding) {
                try URLEncodedForm.fields(in: Array("a=\(wrong)&next=1".utf8), upTo: 2)
            }
            #expect(QueryItems("a=\(wrong)&next=1")["a"] == wrong)
        }
    }
}
