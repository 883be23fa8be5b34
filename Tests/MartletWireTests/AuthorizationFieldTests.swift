import MartletWire
import TestSupport
import Testing

@Suite("Credentials and challenges (RFC 9110 §11)")
struct AuthorizationFieldTests {
    @Test(
        "a scheme in any case, and one word",
        .rfc("9110-11.1-01", "7617-2-03", "6750-2.1-01"),
        arguments: [
            ("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "basic", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ("BASIC  YTpi", "basic", "YTpi"), ("bearer mF_9.B5f-4.1JqM~+/=", "bearer", "mF_9.B5f-4.1JqM~+/="),
            ("x a=", "x", "a="),
        ]
    )
    func token68(text: String, scheme: String, token: String) throws {
        let field = try #require(AuthorizationField(text))
        #expect(field.scheme == scheme)
        #expect(field.token68 == token)
        #expect(field.parameters == nil)
    }

    @Test("names of parameters in any case, values as tokens and in quotes", .rfc("9110-11.2-02", "7616-3.4.5-01"))
    func parameters() throws {
        let field = try #require(
            AuthorizationField(#"DIGEST UserName="a\"b\\c, d" ,, NC =  00000001,qop="auth",x="" , URI="/é""#)
        )
        let parameters = try #require(field.parameters)
        #expect(field.scheme == "digest")
        #expect(parameters.names == ["username", "nc", "qop", "x", "uri"])
        #expect(parameters["USERNAME"]?.text == #"a"b\c, d"#)
        #expect(parameters["username"]?.isQuoted == true)
        #expect(parameters["nc"]?.text == "00000001")
        #expect(parameters["nc"]?.isQuoted == false)
        #expect(parameters["x"]?.octets == [])
        #expect(parameters["uri"]?.text == "/é")
        #expect(parameters["realm"] == nil)
    }

    @Test("a scheme alone has nothing behind it")
    func alone() throws {
        #expect(AuthorizationField("Negotiate")?.content == AuthorizationField.Content.none)
        #expect(AuthorizationField("Bearer ") == nil)
    }

    @Test(
        "what is not wholly credentials is none",
        arguments: [
            "", " ", "Basic YTpi YTpi", "Basic YTpi,", "Basic\tYTpi", "Basic Y=Tp(i", "Bä YTpi", "Digest a=1 b=2",
            "Digest a=1, a=2", "Digest a=1, A=\"2\"", "Digest a=\"", "Digest a=\"x\\", "Digest a=\"x\"y", "Digest =x",
            "Digest a==x", "Digest a=\"\u{7F}\"", "Digest a=\u{1}", ", Digest a=1", "Digest ,", "Basic YTpi ",
        ]
    )
    func refused(text: String) {
        #expect(AuthorizationField(text) == nil, "\(text)")
    }

    @Test("no more than 64 parameters are read")
    func many() {
        func text(_ count: Int) -> String { "Digest " + (0..<count).map { "p\($0)=x" }.joined(separator: ", ") }
        #expect(AuthorizationField(text(64))?.parameters?.count == 64)
        #expect(AuthorizationField(text(65)) == nil)
    }

    @Test("what credentials hold is not printed")
    func secret() throws {
        for text in ["Basic c2VjcmV0", "Digest response=\"c2VjcmV0\""] {
            let field = try #require(AuthorizationField(text))
            var dumped = ""
            dump(field, to: &dumped)
            for printed in ["\(field)", String(reflecting: field), dumped, "\(field.parameters as Any)"] {
                #expect(!printed.contains("c2VjcmV0"), "\(printed)")
            }
        }
    }

    @Test(
        "a challenge has each parameter once, the realm always in quotes, escaped",
        .rfc("9110-11.2-01", "9110-11.5-01", "6750-3-04", "6750-3-05", "6750-3-08", "9110-5.6.3-04")
    )
    func challenge() {
        var challenge = Challenge("Basic", realm: #"a "realm" \ "#)
        challenge.parameters.quote("charset", "x")
        challenge.parameters.quote("CHARSET", "UTF-8")
        challenge.parameters.set("stale", "true")
        challenge.parameters.set("odd", "a b")
        challenge.parameters.quote("controls", "a\r\nb\0")
        #expect(
            String(decoding: challenge.fieldValue, as: UTF8.self)
                == #"Basic realm="a \"realm\" \\ ", CHARSET="UTF-8", stale=true, odd="a b", controls="a  b ""#
        )
        challenge.parameters.quote("Realm", "b")
        #expect(challenge.parameters.names.count == 5)
    }

    @Test(
        "base64 of RFC 4648 §10, both ways",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"), ("ÿ>>?>>>?", "w78+Pj8+Pj4/"),
        ]
    )
    func base64(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(text.utf8))
    }

    @Test(
        "base64 that is not written in the one way is none",
        .rfc("7617-2-06"),
        arguments: [
            "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9v====", "=", "====", "Z===", "Zm 9", "Zm9v\n", "Zm-_", "Zg==Zg==",
        ]
    )
    func malformedBase64(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test("base64 for URLs gives back what was put in, without padding, and takes nothing else")
    func base64ForURLs() {
        for count in 0..<70 {
            let octets = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ count) }
            let text = Base64.encode(octets, as: .url)
            #expect(text.utf8.count == (count * 8 + 5) / 6)
            #expect(Base64.decode(text, as: .url) == octets)
        }
        #expect(Base64.encode(Array("ÿ>>?>>>?".utf8), as: .url) == "w78-Pj8-Pj4_")
        for text in ["A", "AAAAA", "AB", "AA=", "A A", "AA==", "A+/A", "AAA=", "AAB"] {
            #expect(Base64.decode(text, as: .url) == nil, "\(text)")
        }
    }

    @Test(
        "extended values (RFC 8187 §3.2) in UTF-8, and nothing else",
        arguments: [
            ("UTF-8''J%C3%A4s%C3%B8n%20Doe", "Jäsøn Doe"), ("utf-8'en-GB'a", "a"), ("UTF-8''", ""),
            ("iso-8859-1''%A3", nil), ("UTF-8'a", nil), ("UTF-8''a'b", nil), ("UTF-8''%C3", nil), ("UTF-8''%zz", nil),
            ("UTF-8''a b", nil), ("UTF-8'x y'a", nil), ("''a", nil), ("", nil), ("UTF-8''a*", nil),
        ] as [(String, String?)]
    )
    func extended(text: String, expected: String?) {
        #expect(ExtendedValue.decode(text.utf8.span) == expected)
    }
}
