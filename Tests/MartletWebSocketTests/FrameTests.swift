import MartletWebSocket
import Testing

@Suite("Frames: lengths, bits, opcodes and order (RFC 6455 §5)")
struct FrameTests {
    @Test(
        "the examples of RFC 6455 §5.7, from a server and from a client",
        arguments: [
            ("81 05 48 65 6c 6c 6f", false, [MessageReader.Event.text("Hello")]),
            ("81 85 37 fa 21 3d 7f 9f 4d 51 58", true, [.text("Hello")]),
            ("01 03 48 65 6c 80 02 6c 6f", false, [.text("Hello")]),
            ("89 05 48 65 6c 6c 6f", false, [.ping(Array("Hello".utf8))]),
            ("8a 85 37 fa 21 3d 7f 9f 4d 51 58", true, [.pong(Array("Hello".utf8))]),
        ]
    )
    func examples(octets: String, fromClient: Bool, events: [MessageReader.Event]) {
        #expect(read(hex(octets), from: fromClient ? .client : .server) == Outcome(events))
    }

    @Test("what is written is the examples of RFC 6455 §5.7")
    func written() {
        let hello = Array("Hello".utf8)
        #expect(FrameWriter.frame(.text, hello) == hex("81 05 48 65 6c 6c 6f"))
        #expect(FrameWriter.frame(.text, hello, mask: 0x37FA_213D) == hex("81 85 37 fa 21 3d 7f 9f 4d 51 58"))
        #expect(FrameWriter.frame(.text, Array("Hel".utf8), isFinal: false) == hex("01 03 48 65 6c"))
        #expect(FrameWriter.frame(.continuation, Array("lo".utf8)) == hex("80 02 6c 6f"))
        #expect(FrameWriter.frame(.pong, hello, mask: 0x37FA_213D) == hex("8a 85 37 fa 21 3d 7f 9f 4d 51 58"))
        #expect(FrameWriter.frame(.binary, [UInt8](repeating: 0, count: 256)).prefix(4) == hex("82 7e 01 00")[...])
        #expect(
            FrameWriter.frame(.binary, [UInt8](repeating: 0, count: 65536)).prefix(10)
                == hex("82 7f 00 00 00 00 00 01 00 00")[...]
        )
    }

    @Test("messages of every length class arrive as they were", arguments: [0, 1, 125, 126, 127, 128, 65535, 65536])
    func sizes(size: Int) {
        let octets = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        #expect(read(masked(.binary, octets)) == Outcome([.binary(octets)]))
        let text = String(repeating: "*", count: size)
        #expect(read(masked(.text, text.utf8)) == Outcome([.text(text)]))
        #expect(read(FrameWriter.frame(.text, Array(text.utf8)), from: .server) == Outcome([.text(text)]))
    }

    @Test("the head is in its shortest form", arguments: [(125, 2), (126, 4), (65535, 4), (65536, 10)])
    func headLength(size: Int, head: Int) {
        #expect(FrameWriter.frame(.binary, [UInt8](repeating: 1, count: size)).count == head + size)
    }

    @Test(
        "a length in a longer form than it needs is refused",
        arguments: ["82 fe 00 00", "82 fe 00 7d", "82 ff 00 00 00 00 00 00 00 7d", "82 ff 00 00 00 00 00 00 ff ff"]
    )
    func notMinimal(octets: String) {
        #expect(read(hex(octets)) == Outcome([], .lengthNotMinimal))
    }

    @Test("a length with its first bit set is refused at that octet")
    func lengthTooLarge() {
        #expect(read(hex("82 ff 80")) == Outcome([], .lengthTooLarge))
        #expect(read(hex("82 ff 7f ff ff ff ff ff ff ff")) == Outcome([], .messageTooLong(limit: 1 << 20)))
    }

    @Test("reserved bits are refused with the first octet", arguments: [0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70])
    func reservedBits(bits: UInt8) {
        for opcode: UInt8 in [0x0, 0x1, 0x2, 0x8, 0x9, 0xA] {
            #expect(read([0x80 | bits | opcode]) == Outcome([], .reservedBit))
        }
    }

    @Test("reserved opcodes are refused with the first octet", arguments: [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
    func opcodes(opcode: UInt8) {
        #expect(read([0x80 | opcode]) == Outcome([], .unknownOpcode(opcode)))
    }

    @Test("a client's frame without a mask is refused, and a server's with one", arguments: [0x81, 0x82, 0x88, 0x89])
    func masks(first: UInt8) {
        #expect(read([first, 0x00]) == Outcome([], .notMasked))
        #expect(read([first, 0x80], from: .server) == Outcome([], .masked))
    }

    @Test("control frames are short and whole", arguments: [Opcode.close, .ping, .pong])
    func control(opcode: Opcode) {
        #expect(read([0x80 | opcode.rawValue, 0xFE]) == Outcome([], .controlTooLong))
        #expect(read([0x80 | opcode.rawValue, 0xFF]) == Outcome([], .controlTooLong))
        #expect(read([opcode.rawValue]) == Outcome([], .controlFragmented))
    }

    @Test("a ping has up to 125 octets of any value", arguments: [0, 1, 125])
    func pings(size: Int) {
        let payload = (0..<size).map { UInt8($0 &+ 130 & 0xFF) }
        #expect(read(masked(.ping, payload) + masked(.pong, payload)) == Outcome([.ping(payload), .pong(payload)]))
    }

    @Test("a message in pieces is put together, with pings between them at once")
    func fragments() {
        let pieces =
            masked(.text, "one ".utf8, isFinal: false) + masked(.ping, "a".utf8)
            + masked(.continuation, "two ".utf8, isFinal: false) + masked(.ping, "b".utf8)
            + masked(.continuation, [], isFinal: false) + masked(.continuation, "three".utf8)
            + masked(.text, "four".utf8)
        #expect(
            read(pieces) == Outcome([.ping([0x61]), .ping([0x62]), .text("one two three"), .text("four")])
        )
        let empty = masked(.binary, [], isFinal: false) + masked(.continuation, [])
        #expect(read(empty) == Outcome([.binary([])]))
    }

    @Test("frames out of order are refused with the octet that begins them")
    func order() {
        #expect(read(masked(.continuation, "x".utf8).prefix(1) + []) == Outcome([], .nothingToContinue))
        let whole = masked(.text, "whole".utf8)
        #expect(read(whole + [0x80]) == Outcome([.text("whole")], .nothingToContinue))
        #expect(read(whole + [0x00]) == Outcome([.text("whole")], .nothingToContinue))
        let begun = masked(.text, "begun".utf8, isFinal: false)
        for next: UInt8 in [0x81, 0x01, 0x82, 0x02] { #expect(read(begun + [next]) == Outcome([], .messageUnfinished)) }
        #expect(read(begun + masked(.continuation, [])).events == [.text("begun")])
    }

    @Test("a message longer than the limit is refused as soon as a length says so")
    func limit() {
        let ten = [UInt8](repeating: 0x61, count: 10)
        #expect(read(masked(.binary, ten), limit: 10) == Outcome([.binary(ten)]))
        #expect(read([0x82, 0x80 | 11], limit: 10) == Outcome([], .messageTooLong(limit: 10)))
        #expect(read(hex("82 fe 00 80"), limit: 10) == Outcome([], .messageTooLong(limit: 10)))
        let pieces = masked(.text, ten.prefix(6), isFinal: false) + masked(.ping, ten)
        #expect(read(pieces + masked(.continuation, ten.prefix(4)), limit: 10).events.count == 2)
        #expect(read(pieces + [0x80, 0x85], limit: 10) == Outcome([.ping(ten)], .messageTooLong(limit: 10)))
        #expect(read(masked(.binary, []) + masked(.binary, [1]), limit: 0).events == [.binary([])])
    }

    @Test("a cut frame is no message", arguments: 1..<11)
    func cut(length: Int) {
        #expect(read(Array(masked(.text, "Hello".utf8).prefix(length))) == Outcome())
    }

    @Test("masking is the same wherever the payload is cut")
    func masking() {
        let bytes = Array("a payload of some length".utf8)
        var whole: [UInt8] = []
        Masking.append(bytes.span, key: 0x0102_0304, at: 0, to: &whole)
        #expect(whole == bytes.enumerated().map { $1 ^ UInt8($0 % 4 + 1) })
        for cut in bytes.indices {
            var parts: [UInt8] = []
            Masking.append(Array(bytes[..<cut]).span, key: 0x0102_0304, at: 0, to: &parts)
            Masking.append(Array(bytes[cut...]).span, key: 0x0102_0304, at: cut, to: &parts)
            #expect(parts == whole)
        }
    }

    @Test("every violation has a close code that may be sent, and words that fit beside it")
    func violations() {
        let all: [Violation] = [
            .reservedBit, .unknownOpcode(15), .notMasked, .masked, .lengthNotMinimal, .lengthTooLarge, .controlTooLong,
            .controlFragmented, .nothingToContinue, .messageUnfinished, .closeOfOneOctet, .closeCode(65535), .notUTF8,
            .messageTooLong(limit: .max),
        ]
        for violation in all {
            #expect(violation.description.utf8.count <= 123)
            let expected: UInt16 =
                switch violation {
                case .notUTF8: 1007
                case .messageTooLong: 1009
                default: 1002
                }
            #expect(violation.closeCode == expected)
        }
    }
}
