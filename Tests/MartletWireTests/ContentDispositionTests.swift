import MartletWire
import TestSupport
import Testing

@Suite("Content-Disposition of parts")
struct ContentDispositionTests {
    @Test(
        "name and filename are read as browsers, curl and RFC 9110 write them",
        .rfc("7578-5.1.3-01", "7578-4.2-04"),
        arguments: [
            ("form-data; name=\"a\"", "a", nil),
            ("FORM-DATA;NAME=a;FileName=b", "a", "b"),
            ("form-data; name=\"\"; filename=\"\"", "", ""),
            ("form-data ; name=\"a b;c=d\" ;", "a b;c=d", nil),
            ("form-data; name=\"a\\\"b\\\\c\\d\"", "a\"b\\c\\d", nil),
            ("form-data; name=\"a%22b%0D%0ac%20d%2\"", "a\"b\r\nc%20d%2", nil),  // 7578-4.2-03
            ("form-data; name=\"größe\"; filename=\"日本.txt\"", "größe", "日本.txt"),  // 7578-5.1.3-01
            ("form-data; name=\"a\"; filename=\"C:\\dir\\b.txt\"", "a", "C:\\dir\\b.txt"),
            ("form-data; name=\"a\"; filename*=UTF-8''%e2%82%ac; x=y", "a", nil),  // 7578-4.2-04
            ("attachment", nil, nil),
        ] as [(String, String?, String?)]
    )
    func read(text: String, name: String?, filename: String?) throws {
        let disposition = try #require(ContentDisposition(text))
        #expect(disposition.name == name)
        #expect(disposition.filename == filename)
        #expect(disposition.type == (name == nil ? "attachment" : "form-data"))
    }

    @Test(
        "what is malformed, or said twice, is refused",
        arguments: [
            "", ";name=a", "form-data name=a", "form-data; name", "form-data; name=", "form-data; name=\"a",
            "form-data; name=\"a\\\"", "form-data; name=\"a\"b", "form-data; name=a b", "form-data; name=a; name=b",
            "form-data; name=a; filename=a; filename=b", "form-data; name=\"\u{1}\"", "form-data, name=a",
        ]
    )
    func refuse(text: String) {
        #expect(ContentDisposition(text) == nil)
    }

    @Test("a name that is not UTF-8 is refused")
    func notUTF8() {
        let octets = Array("form-data; name=\"".utf8) + [0xFF] + Array("\"".utf8)
        let disposition = ContentDisposition(parsing: octets.span)
        #expect(disposition == nil)
    }

    @Test(
        "the safe filename is never a path",
        .rfc("7578-4.2-02"),
        arguments: [
            ("a.txt", "a.txt"), ("C:\\dir\\b.txt", "b.txt"), ("../../etc/passwd", "passwd"), ("/", nil), ("..", nil),
            (".", nil), ("", nil), ("a/..", nil), ("a/.b", ".b"), ("a%0D%0Ab", nil), ("a\\", nil),
            ("/\u{301}x", "\u{301}x"),
        ] as [(String, String?)]
    )
    func safeFilename(filename: String, safe: String?) throws {
        // Two backslashes in front of the quote, where the text would else escape it.
        let quoted = filename.hasSuffix("\\") ? filename + "\\" : filename
        let disposition = try #require(ContentDisposition("form-data; name=a; filename=\"\(quoted)\""))
        #expect(disposition.safeFilename == safe)
    }
}
