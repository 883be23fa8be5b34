import MartletWebSocket
import MartletWire
import Testing

@Suite("Close frames (RFC 6455 §5.5.1, §7.4)")
struct CloseTests {
    static func close(_ code: UInt16, _ reason: some Sequence<UInt8> = []) -> [UInt8] {
        masked(.close, [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason))
    }

    @Test("a close needs no code, and nothing after it is looked at")
    func empty() {
        #expect(read(masked(.close, [])) == Outcome([.close(code: nil, reason: "")]))
        #expect(read(masked(.close, []) + masked(.text, "x".utf8)) == Outcome([.close(code: nil, reason: "")]))
        #expect(read(masked(.close, []) + [0xFF, 0xFF]) == Outcome([.close(code: nil, reason: "")]))
    }

    @Test("a close within a message in pieces ends it")
    func withinMessage() {
        let pieces = masked(.text, "x".utf8, isFinal: false) + Self.close(1000) + masked(.continuation, "y".utf8)
        #expect(read(pieces) == Outcome([.close(code: 1000, reason: "")]))
    }

    @Test(
        "codes that may be sent",
        arguments: [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
    )
    func valid(code: UInt16) {
        #expect(read(Self.close(code, "why".utf8)) == Outcome([.close(code: code, reason: "why")]))
    }

    @Test(
        "codes that may not",
        arguments: [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]
    )
    func invalid(code: UInt16) {
        #expect(read(Self.close(code)) == Outcome([], .closeCode(code)))
    }

    @Test("a code of one octet, and a reason that is not UTF-8, are refused")
    func malformed() {
        #expect(read(masked(.close, [3])) == Outcome([], .closeOfOneOctet))
        #expect(read(Self.close(1000, hex("ce ba e1 bd b9 cf 83 f4 90 80 80"))) == Outcome([], .notUTF8))
        #expect(read(Self.close(1000, hex("c2"))) == Outcome([], .notUTF8))
    }

    @Test("a reason has up to 123 octets; a longer one of ours is cut between characters")
    func reasons() {
        let longest = String(repeating: "*", count: 123)
        #expect(read(Self.close(1000, longest.utf8)) == Outcome([.close(code: 1000, reason: longest)]))
        #expect(FrameWriter.closePayload(code: 1000, reason: longest + "*") == hex("03e8") + Array(longest.utf8))
        let euros = String(repeating: "€", count: 42)
        #expect(FrameWriter.closePayload(code: 4999, reason: euros).count == 2 + 41 * 3)
        #expect(FrameWriter.closePayload(code: nil, reason: "dropped") == [])
    }
}

@Suite("The parts of a handshake")
struct HandshakeValueTests {
    @Test("the accept value of RFC 6455 §1.3")
    func accept() {
        #expect(AcceptKey.value(for: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test(
        "SHA-1 of the vectors of RFC 3174 §7.3, and around the ends of a block",
        arguments: [
            ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            (String(repeating: "0123456701234567", count: 40), "dea356a2cddd90c7a7ecedc5ebb563934f460452"),
            (String(repeating: "a", count: 55), "c1c8bbdc22796e28c0e15163d20899b65621d65a"),
            (String(repeating: "a", count: 56), "c2db330f6083854c99d4b5bfb6e8f29f201be699"),
            (String(repeating: "a", count: 64), "0098ba824b5c16427bd7a1122a5a442a25ec644d"),
        ]
    )
    func sha1(message: String, digest: String) {
        #expect(SHA1.digest(of: Array(message.utf8)) == hex(digest))
    }

    @Test(
        "base64 of the vectors of RFC 4648 §10",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"), ("\u{3FB}\u{7FF}", "z7vfvw=="), ("ÿ>>?>>>?", "w78+Pj8+Pj4/"),
        ]
    )
    func base64(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
    }

    @Test("every key made of 16 octets is one; nothing else is")
    func keys() {
        for octet in UInt8.min...UInt8.max {
            let octets = (0..<16).map { octet &* ($0 &+ 1) ^ 0xFB }
            #expect(Base64.decode(Base64.encode(octets)) == octets)
        }
        let others = [
            "", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ===",
            "dGhlIHNhbXBsZSBub25jZR==",
            "dGhlIHNhbXBsZSBub25jZSE=", "dGhl IHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j=Q==",
            "dGhlIHNhbXBsZSBub25jZQ-=",
            "dGhlIHNhbXBsZSBub25_ZQ==", "========================", Base64.encode([UInt8](repeating: 0, count: 17)),
        ]
        for other in others { #expect(Base64.decode(other)?.count != 16, "\(other)") }
    }
}
