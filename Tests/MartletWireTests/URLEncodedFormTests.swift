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
}
