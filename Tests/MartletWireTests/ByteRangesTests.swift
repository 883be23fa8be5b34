import MartletWire
import TestSupport
import Testing

@Suite("byte ranges")
struct ByteRangesTests {
    static func evaluate(_ field: String, length: Int, limit: Int = 16) -> ByteRanges.Result {
        ByteRanges.evaluate(field.utf8.span, length: length, limit: limit)
    }

    @Test(
        "one range",
        .rfc("9110-14.1.2-01", "9110-14.1.2-03", "9110-14.1.2-04", "9110-14.1-01", "9110-14.1.2-05", "9110-14.1.2-07"),
        arguments: [
            ("bytes=0-0", .ranges([0..<1])),  // 9110-14.1.2-01
            ("bytes=0-499", .ranges([0..<500])),
            ("bytes=500-999", .ranges([500..<1000])),
            ("bytes=500-", .ranges([500..<1000])),  // 9110-14.1.2-03
            ("bytes=999-1000", .ranges([999..<1000])),
            ("bytes=0-", .ranges([0..<1000])),
            ("bytes=-1", .ranges([999..<1000])),
            ("bytes=-1000", .ranges([0..<1000])),
            ("bytes=-1001", .ranges([0..<1000])),  // 9110-14.1.2-04
            ("Bytes=0-1", .ranges([0..<2])),  // 9110-14.1-01
            ("BYTES=0-1", .ranges([0..<2])),
            ("bytes=0000-0001", .ranges([0..<2])),
            ("bytes= 0-1 ", .ranges([0..<2])),
            ("bytes=1000-", .unsatisfiable),  // 9110-14.2-08
            ("bytes=1000-1000", .unsatisfiable),
            ("bytes=-0", .unsatisfiable),  // 9110-14.1.2-05
            // 9110-14.1.2-07: positions beyond Int
            ("bytes=99999999999999999999-", .unsatisfiable),
            ("bytes=9223372036854775807-9223372036854775807", .unsatisfiable),
            ("bytes=9223372036854775808-18446744073709551616", .unsatisfiable),
            ("bytes=0-99999999999999999999", .ranges([0..<1000])),
            ("bytes=-99999999999999999999", .ranges([0..<1000])),
        ] as [(String, ByteRanges.Result)]
    )
    func single(field: String, result: ByteRanges.Result) {
        #expect(Self.evaluate(field, length: 1000) == result)
    }

    @Test(
        "a field that is malformed or not in bytes is ignored",
        .rfc("9110-14.1.1-01", "9110-14.1.1-02"),
        arguments: [
            "", "bytes", "bytes=", "bytes=,", "bytes 0-1", "bytes =0-1", "items=0-1", "=0-1", "bytes=1-0", "bytes=-",
            "bytes=a-b", "bytes=0", "bytes=0-1-2", "bytes=+0-1", "bytes=0 - 1", "bytes=0-1;", "bytes=0-1 2-3",
            "bytes=0-1,5-4", "bytes=0-1,x", "bytes=0x0-0x1", "bytes=0-1,bytes=2-3", "bytes=--1", "bytes=\"0-1\"",
        ]
    )
    func malformed(field: String) {
        #expect(Self.evaluate(field, length: 1000) == .whole)
    }

    @Test(
        "several ranges",
        .rfc("9110-15.3.7.2-08", "9110-5.6.1.2-01", "9110-15.3.7.2-05"),
        arguments: [
            ("bytes=0-99,500-599", .ranges([0..<100, 500..<600])),
            ("bytes=500-599,0-99", .ranges([500..<600, 0..<100])),  // 9110-15.3.7.2-08
            ("bytes=0-99, ,500-599,", .ranges([0..<100, 500..<600])),  // 9110-5.6.1.2-01
            ("bytes=0-0,-1", .ranges([0..<1, 999..<1000])),
            ("bytes=0-99,2000-", .ranges([0..<100])),
            ("bytes=2000-,3000-,-0", .unsatisfiable),
            // 9110-15.3.7.2-05: overlapping, adjacent and near ones are one.
            ("bytes=0-99,50-149", .ranges([0..<150])),
            ("bytes=0-99,100-199", .ranges([0..<200])),
            ("bytes=0-99,179-199", .ranges([0..<200])),
            ("bytes=0-99,180-199", .ranges([0..<100, 180..<200])),
            ("bytes=500-599,0-99,450-", .ranges([450..<1000, 0..<100])),
            ("bytes=0-9,900-909,200-209,100-199", .ranges([0..<10, 900..<910, 100..<210])),
            ("bytes=0-9,200-209,400-409,50-350", .ranges([0..<410])),
            ("bytes=0-,0-,0-,0-", .ranges([0..<1000])),
        ] as [(String, ByteRanges.Result)]
    )
    func several(field: String, result: ByteRanges.Result) {
        #expect(Self.evaluate(field, length: 1000) == result)
    }

    @Test("more ranges than the limit are ignored, counted once merged", .rfc("9110-14.2-04", "9110-17.15-01"))
    func limit() {
        let apart = (0..<17).map { "\($0 * 100)-\($0 * 100)" }
        #expect(Self.evaluate("bytes=" + apart.joined(separator: ","), length: 10_000) == .whole)
        #expect(
            Self.evaluate("bytes=" + apart.dropLast().joined(separator: ","), length: 10_000)
                == .ranges((0..<16).map { $0 * 100..<$0 * 100 + 1 })
        )
        #expect(
            Self.evaluate("bytes=" + apart.joined(separator: ",") + ",0-1600", length: 10_000) == .ranges([0..<1601])
        )
        #expect(Self.evaluate("bytes=0-0,100-100", length: 1000, limit: 1) == .whole)
    }

    @Test("a field of more than 200 range-specs is ignored", .rfc("9110-17.15-01"))
    func tooMany() {
        let many = Array(repeating: "0-0", count: 200).joined(separator: ",")
        #expect(Self.evaluate("bytes=" + many, length: 1000) == .ranges([0..<1]))
        #expect(Self.evaluate("bytes=" + many + ",0-0", length: 1000) == .whole)
    }

    @Test(
        "an empty representation has no range to send",
        .rfc("9110-14.1.2-06", "9110-14.2-05"),
        arguments: [
            ("bytes=0-", .unsatisfiable), ("bytes=0-0", .unsatisfiable), ("bytes=-0", .unsatisfiable),
            ("bytes=-1", .whole), ("bytes=0-0,-5", .whole),
        ] as [(String, ByteRanges.Result)]
    )
    func empty(field: String, result: ByteRanges.Result) {
        #expect(Self.evaluate(field, length: 0) == result)
    }

    @Test("the largest length does not overflow")
    func largest() {
        #expect(Self.evaluate("bytes=0-", length: .max) == .ranges([0..<Int.max]))
        #expect(Self.evaluate("bytes=-1,0-0", length: .max) == .ranges([Int.max - 1..<Int.max, 0..<1]))
        #expect(Self.evaluate("bytes=0-,-1", length: -1) == .unsatisfiable)
    }
}
