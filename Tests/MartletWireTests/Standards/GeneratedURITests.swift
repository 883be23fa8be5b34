import MartletWire
import TestSupport
import Testing

@Suite("URIs that are generated (RFC 3986 §2)")
struct GeneratedURITests {
    @Test(
        "of all octets unreserved ones stay, and what could be a delimiter, a % or no ASCII is encoded in capitals",
        .rfc("3986-2.1-02", "3986-2.2-02", "3986-2.3-02", "3986-2.4-03")
    )
    func everyOctet() {
        let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        // May stand in a segment, and delimits nothing in links and redirects (RFC 3986 §3.3).
        let harmless = Set("!$()*+,;=@".utf8)
        let digits = Array("0123456789ABCDEF".utf8)
        for octet in UInt8.min...UInt8.max {
            let triplet = [UInt8(ascii: "%"), digits[Int(octet >> 4)], digits[Int(octet & 15)]]
            var segment: [UInt8] = []
            PercentEncoding.appendSegment([octet], to: &segment)
            let stays = unreserved.contains(octet) || harmless.contains(octet)
            #expect(segment == (stays ? [octet] : triplet), "\(octet)")
            if octet < 0x80 {
                let component = PercentEncoding.component(String(UnicodeScalar(octet)))
                #expect(Array(component.utf8) == (unreserved.contains(octet) ? [octet] : triplet), "\(octet)")
            }
        }
    }

    @Test("text becomes UTF-8 and then percent-encodings", .rfc("3986-2.5-01", "3986-2.1-02", "3986-2.3-02"))
    func text() {
        #expect(PercentEncoding.component("naïve ~日本-🐦") == "na%C3%AFve%20~%E6%97%A5%E6%9C%AC-%F0%9F%90%A6")
        var segment: [UInt8] = []
        PercentEncoding.appendSegment(Array("naïve ~日本-🐦".utf8), to: &segment)
        #expect(String(decoding: segment, as: UTF8.self) == "na%C3%AFve%20~%E6%97%A5%E6%9C%AC-%F0%9F%90%A6")
    }

    @Test(
        "a path is generated in normal form: decoded data is encoded anew, once",
        .rfc("3986-2.1-02", "3986-2.3-02", "3986-2.4-03", "3986-3.3-02", "3986-5.2.4-01"),
        arguments: [
            ("/%7euser/%41", "/~user/A"), ("/%2f%3f%23", "/%2F%3F%23"), ("/%2525", "/%2525"), ("/%c3%a9", "/%C3%A9"),
            ("//evil", "/evil"), ("/a/..//evil", "/evil"), ("/.//evil", "/evil"), ("/%2e%2e/a", "/a"),
            ("/a/./b/", "/a/b/"),
        ]
    )
    func normalForm(raw: String, encoded: String) throws {
        let path = try RequestPath(decoding: raw.utf8.span)
        #expect(String(decoding: path.encoded, as: UTF8.self) == encoded)
    }
}
