import MartletWire
import TestSupport
import Testing

@Suite struct AuthorityTests {
    @Test(
        "valid authorities",
        .rfc("3986-3.2.2-03", "3986-3.2.3-02"),
        arguments: [
            ("a", "a", nil), ("localhost:8000", "localhost", 8000), ("EXAMPLE.com", "example.com", nil),
            ("example.com:", "example.com", nil), ("example.com:0080", "example.com", 80), ("a:65535", "a", 65535),
            ("a:0", "a", 0), ("127.0.0.1:80", "127.0.0.1", 80), ("[::1]", "[::1]", nil), ("[::1]:8000", "[::1]", 8000),
            ("[2001:DB8::A]", "[2001:db8::a]", nil), ("[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7:8]", nil),
            ("[::]", "[::]", nil), ("[1::]", "[1::]", nil), ("[1:2:3:4:5:6:7::]", "[1:2:3:4:5:6:7::]", nil),
            ("[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]", nil), ("[1:2:3:4:5:6:1.2.3.4]", "[1:2:3:4:5:6:1.2.3.4]", nil),
            ("my_host-1.local", "my_host-1.local", nil), ("b%C3%BCcher.de", "b%c3%bccher.de", nil),
            ("a!$&'()*+;=~", "a!$&'()*+;=~", nil), ("999.999.999.999", "999.999.999.999", nil),
        ] as [(String, String, UInt16?)]
    )
    func valid(text: String, host: String, port: UInt16?) throws {
        let authority = try #require(Authority(bytes: text.utf8))
        #expect(authority.host == host)
        #expect(authority.port == port)
        #expect(authority.description == host + (port.map { ":\($0)" } ?? ""))
    }

    @Test(
        "invalid authorities",
        .rfc("9112-3.2-06", "3986-3.2.2-01", "9110-4.2.4-02"),
        arguments: [
            "", ":", ":80", "user@host", "user:password@host", "@host", "host/", "host/path", "host?x", "host#x",
            "a b", " a", "a ", "a\tb", "a,b", "a, b", "a:80,b", "a:b", "a:80x", "a:-1", "a:+1", "a: 80", "a:65536",
            "a:99999999999999999999999999", "a:80:80", "::1", "[::1", "::1]", "[]", "[::1]x", "[::1]80", "[::1%25eth0]",
            "[fe80::1%eth0]", "[v1.x]", "[1]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]", "[1::2::3]", "[:::]",
            "[:1::2]",
            "[1:]", "[1::2:]", "[12345::]", "[g::]", "[::1.2.3]", "[::1.2.3.4.5]", "[::256.1.1.1]", "[::01.1.1.1]",
            "[::1.2.3.4:5]", "[1:2:3:4:5:6:7:1.2.3.4]", "[1:2:3:4:5:6:7:8::]", "[::1:2:3:4:5:6:7:8]", "[::1.]", "[.]",
            "[127.0.0.1]", "a%", "a%4", "a%zz", "a\\b", "a\"b", "a<b", "a|b", "a^b", "a`b", "a{b}", "b\u{FC}cher.de",
            "a\0b",
        ]
    )
    func invalid(text: String) {
        #expect(Authority(bytes: text.utf8) == nil)
    }

    @Test("of all octets just those of registered names and the colon may stand in a host")
    func allOctets() {
        let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+;=:".utf8)
        for octet in UInt8.min...UInt8.max {
            let bytes: [UInt8] = [0x61, octet]
            #expect((Authority(bytes: bytes) != nil) == allowed.contains(octet), "octet \(octet)")
        }
    }

    @Test("authorities are equal whatever the case of the host")
    func equality() throws {
        let upper = try #require(Authority(bytes: "A.Example:80".utf8))
        let lower = try #require(Authority(bytes: "a.example:080".utf8))
        #expect(upper == lower)
        #expect(try upper != #require(Authority(bytes: "a.example".utf8)))
    }
}
