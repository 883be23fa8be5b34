import MartletWire
import Testing

@Suite("cookies")
struct CookieTests {
    @Test(
        "a Cookie field is read pair by pair, and never refused (RFC 6265 §4.2, §5.2)",
        arguments: [
            ("", []), ("a=1", ["a=1"]), ("a=1; b=2", ["a=1", "b=2"]), ("a=1;b=2;", ["a=1", "b=2"]),
            ("a=1; a=2; A=3", ["a=1", "a=2", "A=3"]), ("a=b=c", ["a=b=c"]), ("a=", ["a="]),
            (" \ta = 1 2 \t; ;b=2", ["a=1 2", "b=2"]), ("a; =b; =; c=3", ["c=3"]), ("a=\"1\"", ["a=\"1\""]),
            ("a=\"1;2\"", ["a=\"1"]), ("a=1, b=2", ["a=1, b=2"]), ("größe=ü", ["größe=ü"]), (";;==;", []),
        ] as [(String, [String])]
    )
    func read(field: String, pairs: [String]) {
        #expect(Cookies(field).map { "\($0.name)=\($0.value)" } == pairs)
    }

    @Test("a cookie is found by its name, the first of several")
    func find() {
        let cookies = Cookies("id=1; theme=dark; id=2")
        #expect(cookies["id"] == "1")
        #expect(cookies.values(of: "id") == ["1", "2"])
        #expect(cookies["ID"] == nil)
        #expect(cookies.values(of: "x") == [])
    }

    @Test("a Set-Cookie is spelt with its attributes (RFC 6265 §4.1)")
    func write() throws {
        try #expect(SetCookie("id", "31d4").description == "id=31d4; Path=/; HttpOnly; SameSite=Lax")
        try #expect(SetCookie("id", "", path: nil, httpOnly: false, sameSite: nil).description == "id=")
        let all = try SetCookie(
            "id",
            "\"a_b\"",
            path: "/a",
            domain: "example.com",
            maxAge: .milliseconds(3_600_900),
            expires: 784_111_777,
            secure: true,
            httpOnly: true,
            sameSite: SetCookie.SameSite.none,
            partitioned: true
        )
        #expect(
            all.description == "id=\"a_b\"; Path=/a; Domain=example.com; Max-Age=3600; "
                + "Expires=Sun, 06 Nov 1994 08:49:37 GMT; Secure; HttpOnly; SameSite=None; Partitioned"
        )
        try #expect(
            SetCookie.expired("id").description
                == "id=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax"
        )
        try #expect(SetCookie.expired("__Host-id").isSecure)
        // What was set is what comes back.
        #expect(Cookies("id=\(all.value)")["id"] == all.value)
    }

    @Test("a cookie that clients would drop or misread cannot be built")
    func refuse() throws {
        for name in ["", "a b", "a=b", "a;b", "ü", "a\r\n"] {
            #expect(throws: SetCookie.Invalid.name) { try SetCookie(name, "1") }
        }
        for value in ["a b", "a;b", "a,b", "a\"b", "\"", "a\\b", "ü", "a\r\nSet-Cookie: b=c", "\u{7F}", "\"a"] {
            #expect(throws: SetCookie.Invalid.value) { try SetCookie("a", value) }
        }
        #expect(throws: Never.self) { try SetCookie("a", String(repeating: "x", count: 4095)) }
        #expect(throws: SetCookie.Invalid.tooLong) { try SetCookie("a", String(repeating: "x", count: 4096)) }
        for path in ["", "a", "/;", "/a b", "/\r\n", "/ü"] {
            #expect(throws: SetCookie.Invalid.path) { try SetCookie("a", "1", path: path) }
        }
        for domain in ["", ".a.b", "a.b.", "a..b", "a b", "-a", "a;", "ü.de", String(repeating: "a", count: 64)] {
            #expect(throws: SetCookie.Invalid.domain) { try SetCookie("a", "1", domain: domain) }
        }
        for maxAge in [Duration.zero, .seconds(-1), .milliseconds(999)] {
            #expect(throws: SetCookie.Invalid.maxAge) { try SetCookie("a", "1", maxAge: maxAge) }
        }
        #expect(throws: SetCookie.Invalid.needsSecure) { try SetCookie("a", "1", sameSite: SetCookie.SameSite.none) }
        #expect(throws: SetCookie.Invalid.needsSecure) { try SetCookie("a", "1", partitioned: true) }
        #expect(throws: SetCookie.Invalid.prefix) { try SetCookie("__Secure-a", "1") }
        #expect(throws: SetCookie.Invalid.prefix) { try SetCookie("__secure-a", "1") }
        #expect(throws: SetCookie.Invalid.prefix) { try SetCookie("__Host-a", "1") }
        #expect(throws: SetCookie.Invalid.prefix) { try SetCookie("__Host-a", "1", path: "/a", secure: true) }
        #expect(throws: SetCookie.Invalid.prefix) { try SetCookie("__Host-a", "1", domain: "a.b", secure: true) }
        #expect(throws: Never.self) { try SetCookie("__Host-a", "1", secure: true) }
    }
}
