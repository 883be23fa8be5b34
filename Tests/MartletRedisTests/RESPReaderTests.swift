import Testing

@testable import MartletRedis

@Suite("Answers in RESP2 are read, and nothing else")
struct RESPReaderTests {
    /// All answers in `text`, which comes in pieces of so many octets.
    private func read(_ text: String, pieces: Int = .max, limit: Int = 1000) throws(RESPError) -> [RESPValue] {
        var reader = RESPReader(limit: limit)
        var values: [RESPValue] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(pieces))
            rest = rest.dropFirst(piece.count)
            var offset = 0
            while let value = try reader.next(piece.span, offset: &offset) { values.append(value) }
            #expect(offset == piece.count)
        }
        return values
    }

    @Test(
        "each kind of value, however it is cut",
        arguments: [
            ("+OK\r\n", [.simple("OK")]),
            ("+\r\n-ERR no\r\n", [.simple(""), .error("ERR no")]),
            (":0\r\n:-5\r\n:+7\r\n", [.integer(0), .integer(-5), .integer(7)]),
            (":9223372036854775807\r\n:-9223372036854775808\r\n", [.integer(.max), .integer(.min)]),
            ("$-1\r\n*-1\r\n", [.null, .null]),
            ("$0\r\n\r\n$3\r\na\r\n\r\n", [.bulk([]), .bulk([0x61, 0x0D, 0x0A])]),
            ("*0\r\n", [.array([])]),
            (
                "*3\r\n:1\r\n*2\r\n$1\r\nx\r\n*0\r\n-ERR\r\n+next\r\n",
                [.array([.integer(1), .array([.bulk([0x78]), .array([])]), .error("ERR")]), .simple("next")]
            ),
            ("+half\r", []), ("$5\r\nhal", []), ("*2\r\n+a\r\n", []),
        ] as [(String, [RESPValue])]
    )
    func values(text: String, expected: [RESPValue]) throws {
        for pieces in 1...max(1, text.utf8.count) { #expect(try read(text, pieces: pieces) == expected) }
    }

    @Test(
        "what is no answer is refused, with the reason",
        arguments: [
            ("HTTP/1.1 400 Bad Request\r\n", "no answer of RESP2 begins with the octet 72"),
            ("_\r\n", "no answer of RESP2 begins with the octet 95"),
            ("\r\n", "a line of its answer is empty"), ("\n", "a line of its answer has no CR"),
            ("+a\n", "a line of its answer has no CR"), ("+a\rb", "a line of its answer has a CR inside"),
            (":\r\n", "a number of its answer is none"), (":1x\r\n", "a number of its answer is none"),
            (":--1\r\n", "a number of its answer is none"),
            (":9223372036854775808\r\n", "a number of its answer is none"),
            (":00000000000000000001\r\n", "a number of its answer is none"),
            ("$-2\r\n", "it announced -2 octets or values"), ("*-7\r\n", "it announced -7 octets or values"),
            ("$1\r\nab", "a string of its answer is longer than it said"),
            ("$1\r\na\rb", "a string of its answer is longer than it said"),
            ("$1001\r\n", "it answered with more than 1000 octets"),
            ("*999999999999\r\n", "it answered with more than 1000 octets"),
            ("+" + String(repeating: "a", count: 1000), "it answered with more than 1000 octets"),
            (
                "*2\r\n$700\r\n" + String(repeating: "a", count: 700) + "\r\n$400\r\n",
                "it answered with more than 1000 octets"
            ),
            (String(repeating: "*1\r\n", count: 33), "its answer has more than 32 arrays in each other"),
        ]
    )
    func refusals(text: String, reason: String) {
        for pieces in [1, 2, 7, 10_000] {
            #expect(throws: RESPError(reason)) { try read(text, pieces: pieces) }
        }
    }

    @Test("the limit is for one answer, not for all")
    func limit() throws {
        #expect(try read("$3\r\nabc\r\n$3\r\ndef\r\n", limit: 9).count == 2)
        #expect(throws: RESPError.self) { try read("$4\r\nabcd\r\n", limit: 9) }
    }

    @Test("commands are arrays of strings, with any octets")
    func commands() {
        var output: [UInt8] = []
        RESPWriter.append([Array("SET".utf8), [], [0, 0x0D, 0x0A, 0xFF]], to: &output)
        #expect(output == Array("*3\r\n$3\r\nSET\r\n$0\r\n\r\n$4\r\n".utf8) + [0, 0x0D, 0x0A, 0xFF, 0x0D, 0x0A])
    }

    @Test("an answer is text where it is")
    func text() {
        #expect(RESPValue.simple("OK").text == "OK")
        #expect(RESPValue.bulk(Array("ü".utf8)).text == "ü")
        #expect(RESPValue.bulk([0xFF]).text == nil)
        #expect(RESPValue.null.text == nil)
    }
}
