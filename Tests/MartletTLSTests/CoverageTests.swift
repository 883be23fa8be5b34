import Testing

@testable import MartletTLS

@Suite("A server knows which hosts its certificate is for (RFC 9110 §4.2.2)")
struct CoverageTests {
    @Test(
        "names, wildcards and addresses, as they stand in URLs",
        arguments: [
            ("a.example", true), ("A.Example", true), ("b.example", false), ("x.wild.example", true),
            ("wild.example", false), ("x.y.wild.example", false), ("127.0.0.1", true), ("127.0.0.2", false),
            ("[::1]", true), ("[0:0:0:0:0:0:0:1]", true), ("[::2]", false), ("example", false), ("", true),
            (String(repeating: "a", count: 300), false), ("[]", false), ("[", false),
            ("a.example.", true), ("b.example.", false), ("a.example..", false), (".", false),
        ]
    )
    func covers(host: String, expected: Bool) throws {
        let credential = try TestAuthority.shared.credential(
            "DNS:a.example",
            "DNS:*.wild.example",
            "IP:127.0.0.1",
            "IP:::1"
        )
        let pair = try StreamPair(TLSClient(authorities: nil), TLSServer([credential]))
        #expect(pair.shake() == (.done, .done))
        // Twice: what was found is remembered.
        let found = [host, host, "a.example", host].map { pair.server.covers(Array($0.utf8).span) }
        #expect(found == [expected, expected, true, expected])
    }
}
