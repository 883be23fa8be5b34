import MartletWire
import TestSupport
import Testing

@Suite("content negotiation")
struct AcceptTests {
    static let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"

    @Test(
        "Accept: the most specific range decides",
        .rfc("9110-12.5.1-03", "9110-12.4.1-01", "9110-12.4.3-01", "9110-12.4.2-01", "9110-12.5.1-02"),
        arguments: [
            (nil, "text/html", 1000),  // 9110-12.4.1-01
            ("", "text/html", 1000),
            ("text/html", "text/html", 1000),
            ("text/html", "text/plain", 0),  // 9110-12.4.3-01
            ("TEXT/HTML;Q=0.5", "text/html", 500),  // 9110-12.4.2-01
            ("text/*;q=0.3, text/html;q=0.7, text/html;level=1, */*;q=0.5", "text/html; level=1", 1000),
            ("text/*;q=0.3, text/html;q=0.7, text/html;level=1, */*;q=0.5", "text/html", 700),
            ("text/*;q=0.3, text/html;q=0.7, text/html;level=1, */*;q=0.5", "text/plain", 300),
            ("text/*;q=0.3, text/html;q=0.7, text/html;level=1, */*;q=0.5", "image/jpeg", 500),
            ("*/*, text/html;q=0", "text/html", 0),
            ("text/html;q=0, */*", "text/html", 0),
            (browser, "text/html", 1000),
            (browser, "application/json", 800),
            ("application/json", "text/html; charset=utf-8", 0),
            ("text/html;charset=UTF-8", "text/html; charset=utf-8", 1000),
            ("text/html;charset=latin1", "text/html; charset=utf-8", 0),
            ("text/html;q=0.5;level=1", "text/html; level=1", 500),  // 9110-12.5.1-02
            ("text/html;level=\"1,2\";q=0.5, text/plain", "text/html; level=\"1,2\"", 500),
            ("text/html;q=0.2, text/html;q=0.4", "text/html", 400),
            (", ,text/html;q=0.25,", "text/html", 250),
            ("text/html;q=0.125", "text/html", 125),
            ("text/html;q=1.000", "text/html", 1000),
            ("text/html;q=1.", "text/html", 1000),
            // Malformed members are skipped; with no other there is no preference.
            ("text/html;q=1.5, text/plain", "text/html", 0),
            ("text/html;q=0.1234, text/plain", "text/html", 0),
            ("text/html;q=-1, text/html;q=0.2", "text/html", 200),
            ("*/html, text/plain;q=0.1", "text/html", 0),
            ("html", "text/html", 1000),
            ("a=\"x, text/html", "text/html", 1000),
            ("text/html;q=, text/html;q=0.1", "text/html", 100),
            // What Java's HttpURLConnection sends.
            ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "application/json", 200),
            ("*;q=.", "text/html", 1000),
        ] as [(String?, String, Int)]
    )
    func accept(field: String?, mediaType: String, quality: Int) throws {
        let mediaType = try #require(MediaType(mediaType))
        let octets = field.map { Array($0.utf8) }
        let result = Accept.quality(of: mediaType, in: octets?.span)
        #expect(result == quality)
    }

    @Test(
        "Accept-Encoding",
        .rfc(
            "9110-12.5.3-01",
            "9110-12.5.3-05",
            "9110-12.5.3-06",
            "9110-8.4.1-01",
            "9110-8.4.1.3-01",
            "9110-8.4.1.1-01",
            "9110-12.5.3-03",
            "9110-12.5.3-02"
        ),
        arguments: [
            (nil, "identity", 1000), (nil, "gzip", 0),  // 9110-12.5.3-01
            ("", "identity", 1000), ("", "gzip", 0),  // 9110-12.5.3-05
            ("gzip", "gzip", 1000), ("gzip", "br", 0), ("gzip", "identity", 1),  // 9110-12.5.3-06
            ("GZip;Q=0.5", "gzip", 500),  // 9110-8.4.1-01
            ("x-gzip", "gzip", 1000), ("x-compress", "compress", 1000),  // 9110-8.4.1.3-01, 9110-8.4.1.1-01
            ("gzip, deflate, br, zstd", "zstd", 1000),
            ("gzip;q=1.0, identity; q=0.5, *;q=0", "identity", 500),
            ("gzip;q=1.0, identity; q=0.5, *;q=0", "br", 0),
            ("gzip;q=0.001", "identity", 1),
            ("gzip;q=0, *", "gzip", 0), ("gzip;q=0, *", "br", 1000),  // 9110-12.5.3-03
            ("*", "identity", 1000), ("*;q=0.5", "identity", 500),
            ("identity;q=0", "identity", 0), ("*;q=0", "identity", 0),  // 9110-12.5.3-02
            ("*;q=0, identity", "identity", 1000), ("gzip, *;q=0", "identity", 0),
            ("gz ip, br", "gzip", 0), ("gz ip, br", "br", 1000), ("br;q=2, gzip", "br", 0),
            (", ,gzip;q=0.2", "gzip", 200),
        ] as [(String?, String, Int)]
    )
    func encoding(field: String?, coding: String, quality: Int) {
        let octets = field.map { Array($0.utf8) }
        let result = AcceptEncoding.quality(of: coding, in: octets?.span)
        #expect(result == quality)
    }
}
