import MartletWebSocket
import Testing

@Suite("Texts are valid UTF-8, told at the first octet that is not (RFC 6455 §8.1)")
struct TextTests {
    @Test(
        "valid texts, first and last of every length",
        arguments: [
            "", "Hello-µ@ßöäüàá-UTF-8!!", "κόσμε", "\u{0}", "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}",
            "\u{E000}",
            "\u{FFFD}", "\u{FFFE}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}", "\u{1FFFE}", "\u{FEFF}bom", "😀👩‍👩‍👧", "a\u{301}",
        ]
    )
    func valid(text: String) {
        guard case .text(let received)? = read(masked(.text, text.utf8)).events.first else {
            Issue.record("no text")
            return
        }
        // As octets: Strings compare by meaning.
        #expect(Array(received.utf8) == Array(text.utf8))
        // Each octet in a frame of its own.
        let octets = Array(text.utf8)
        var pieces = masked(.text, [], isFinal: false)
        for octet in octets { pieces += masked(.continuation, [octet], isFinal: false) }
        #expect(read(pieces + masked(.continuation, [])) == Outcome([.text(text)]))
    }

    /// The octets, and how many of them it takes to know.
    static let invalidTexts: [(String, Int)] = [
        ("80", 1), ("bf", 1), ("c0", 1), ("c1", 1), ("f5", 1), ("f8 88 80 80 80", 1), ("fe", 1), ("ff", 1),
        ("61 62 80", 3), ("c2 41", 2), ("c2 c2", 2), ("e0 80 80", 2), ("e0 9f bf", 2), ("e1 41", 2), ("e1 80 41", 3),
        ("ed a0 80", 2), ("ed bf bf", 2), ("f0 80 80 80", 2), ("f0 8f bf bf", 2), ("f0 90 41", 3), ("f0 90 80 41", 4),
        ("f4 90 80 80", 2), ("f4 bf", 2), ("ce ba e1 bd b9 cf 83 ce bc ce b5 f4 90 80 80 65 64 69 74 65 64", 13),
        ("ce ba e1 bd b9 cf 83 ce bc ce b5 ed a0 80 65 64 69 74 65 64", 13),
    ]

    @Test("invalid texts are refused at the octet that shows it, not before and not later", arguments: invalidTexts)
    func invalid(octets: String, known: Int) {
        let octets = hex(octets)
        #expect(read(masked(.text, octets)) == Outcome([], .notUTF8))
        // The frame announces all, and only so much of it comes.
        let head = masked(.text, octets).count - octets.count
        #expect(read(Array(masked(.text, octets).prefix(head + known))) == Outcome([], .notUTF8))
        #expect(read(Array(masked(.text, octets).prefix(head + known - 1))) == Outcome())
        // And the same in a message that is not finished.
        #expect(read(masked(.text, octets.prefix(known), isFinal: false)) == Outcome([], .notUTF8))
        #expect(read(masked(.binary, octets)) == Outcome([.binary(octets)]))
    }

    @Test("a text that ends within a character is refused", arguments: ["c2", "e1 80", "f0 90 80", "61 ce ba e1 bd"])
    func unfinished(octets: String) {
        #expect(read(masked(.text, hex(octets))) == Outcome([], .notUTF8))
        let pieces = masked(.text, hex(octets), isFinal: false)
        #expect(read(pieces) == Outcome())
        #expect(read(pieces + masked(.continuation, [])) == Outcome([], .notUTF8))
    }

    @Test("a character may be cut between frames, with a ping between its octets")
    func cutCharacter() {
        let euro = Array("€".utf8)
        let pieces =
            masked(.text, euro.prefix(1), isFinal: false) + masked(.ping, [0xFF])
            + masked(.continuation, euro.dropFirst())
        #expect(read(pieces) == Outcome([.ping([0xFF]), .text("€")]))
    }

    @Test("every pair and every three octets are judged as the standard library judges them")
    func exhaustive() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                expectSameAsLibrary([first, second])
                for third: UInt8 in [0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF] {
                    expectSameAsLibrary([first, second, third])
                    if first >= 0xF0 { expectSameAsLibrary([first, second, third, 0x80]) }
                }
            }
        }
    }

    private func expectSameAsLibrary(_ octets: [UInt8]) {
        var validator = UTF8Validator()
        let isValid = validator.accept(octets.span) && validator.isComplete
        if isValid != (String(validating: octets, as: UTF8.self) != nil) { Issue.record("\(octets)") }
    }
}
