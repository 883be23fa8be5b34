import MartletWire
import TestSupport
import Testing

@Suite("The parsers agree with the RFCs' grammar", .timeLimit(.patient))
struct GrammarTests {
    @Test("the grammar knows its own rules apart")
    func grammar() {
        func match(_ rule: String, _ text: String) -> GrammarMatch { Grammar.http.match(rule, Array(text.utf8)) }
        #expect(match("IPv6address", "::ffff:1.2.3.4") == .whole)
        #expect(match("IPv6address", "1:2:3:4:5:6:7:8") == .whole)
        #expect(match("IPv6address", "1:2:3:4:5:6:7") == .beginning)
        #expect(match("IPv6address", "1::2::3") == .none)
        #expect(match("dec-octet", "256") == .none)
        #expect(match("request-row", "GET / HTTP/1.1\r") == .beginning)
        #expect(match("request-row", "GET / http") == .none)
        #expect(match("chunk-row", "a ; b = \"c\\\"\" ;d\r\n") == .whole)
        #expect(match("chunk-row", "a \r\n") == .none)
        let parts = Grammar.http.parts(["field-name", "field-value"], of: "field-line", in: Array("A:\t b c \t".utf8))
        #expect(parts?.map { String(decoding: $0.octets, as: UTF8.self) } == ["A", "b c"])
    }

    @Test("two thousand made heads, and each of their beginnings cut at a random place", arguments: 0..<8)
    func heads(seed: UInt64) {
        var maker = RequestMaker(seed: seed)
        var accepted = 0
        for number in 0..<250 {
            let head = maker.head()
            if case .complete = ReferenceHead.read(head) { accepted += 1 }
            let cut = Array(head.prefix(maker.random.below(head.count + 1)))
            for octets in [head, cut] {
                guard let fault = Agreement.fault(inHead: octets) else { continue }
                Issue.record(
                    "seed \(seed), head \(number), \(String(decoding: octets, as: UTF8.self).debugDescription): \(fault)"
                )
            }
        }
        // Both kinds are made in numbers: else the test says little.
        #expect((50...200).contains(accepted), "\(accepted) of 250 are valid")
    }

    @Test("a thousand contents in chunks, and their beginnings", arguments: 0..<4)
    func chunks(seed: UInt64) {
        var maker = RequestMaker(seed: seed, damage: 1)
        var accepted = 0
        for number in 0..<250 {
            let data = [UInt8](repeating: UInt8(ascii: "x"), count: maker.random.below(40))
            let chunks = maker.chunks(of: data)
            if case .complete = ReferenceContent.read(chunks, .chunked) { accepted += 1 }
            let cut = Array(chunks.prefix(maker.random.below(chunks.count + 1)))
            for octets in [chunks, cut] {
                guard let fault = Agreement.fault(inChunks: octets) else { continue }
                Issue.record(
                    "seed \(seed), content \(number), \(String(decoding: octets, as: UTF8.self).debugDescription): \(fault)"
                )
            }
        }
        #expect((50...225).contains(accepted), "\(accepted) of 250 are valid")
    }
}
