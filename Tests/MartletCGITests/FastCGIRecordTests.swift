import MartletWire
import TestSupport
import Testing

@Suite("Records of FastCGI", .timeLimit(.patient)) struct FastCGIRecordTests {
    @Test("the beginning of a request is two records of 16 octets each, literally")
    func begin() {
        var octets: [UInt8] = []
        FastCGIWriter.appendBegin(keepsConnection: true, to: &octets)
        #expect(octets == [1, 1, 0, 1, 0, 8, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0])
        octets = []
        FastCGIWriter.appendBegin(keepsConnection: false, requestID: 0x102, to: &octets)
        #expect(octets == [1, 1, 1, 2, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
        octets = []
        FastCGIWriter.appendAbort(to: &octets)
        #expect(octets == [1, 2, 0, 1, 0, 0, 0, 0])
    }

    @Test("names and values have lengths of one octet up to 127, of four beyond")
    func pairLengths() throws {
        var octets: [UInt8] = []
        FastCGIPairs.append(Array("A".utf8), [], to: &octets)
        FastCGIPairs.append(Array("B".utf8), Array(repeating: 0x78, count: 127), to: &octets)
        FastCGIPairs.append(Array("C".utf8), Array(repeating: 0x79, count: 128), to: &octets)
        #expect(octets.prefix(6) == [1, 0, 0x41, 1, 127, 0x42])
        #expect(octets[133..<139] == [1, 0x80, 0, 0, 128, 0x43])
        let read = try FastCGIPairs.read(octets.span)
        #expect(read.map(\.value.count) == [0, 127, 128])
    }

    private static let brokenPairs: [([UInt8], FastCGIError)] = [
        ([1], .cutPair), ([1, 1, 65], .cutPair), ([0x80, 0, 0], .cutPair), ([1, 0x80, 0, 0, 2, 65, 66], .cutPair),
        ([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], .tooLarge),
    ]

    @Test("pairs that are cut, or longer than the limit, are refused", arguments: brokenPairs)
    func cutPairs(octets: [UInt8], error: FastCGIError) {
        #expect(throws: error) { _ = try FastCGIPairs.read(octets.span) }
    }

    @Test("a stream is split into records, each at a multiple of eight octets")
    func split() throws {
        let content = (0..<70_000).map { UInt8(truncatingIfNeeded: $0) }
        var octets: [UInt8] = []
        FastCGIWriter.append(content.span, of: .standardInput, to: &octets)
        #expect(octets.count % 8 == 0)
        #expect(octets.prefix(8) == [1, 5, 0, 1, 0xFF, 0xF8, 0, 0])
        var decoder = FastCGIRecordDecoder()
        var offset = 0
        var read: [UInt8] = []
        reading: while true {
            switch try decoder.next(octets.span, offset: &offset) {
            case .needsInput: break reading
            case .begin, .end: break
            case .content(let range): read += octets[range]
            }
        }
        #expect(read == content)
        #expect(decoder.isBetween)
        var nothing: [UInt8] = []
        FastCGIWriter.append([UInt8]().span, of: .standardInput, to: &nothing)
        #expect(nothing.isEmpty)
    }

    @Test("no pair of parameters lies in two records if one can hold it")
    func parameters() throws {
        let pairs = (0..<3).map { (name: Array("N\($0)".utf8), value: [UInt8](repeating: 0x61, count: 30_000)) }
        var octets: [UInt8] = []
        FastCGIWriter.appendParameters(pairs, to: &octets)
        var decoder = FastCGIRecordDecoder()
        var offset = 0
        var records: [[UInt8]] = []
        reading: while true {
            switch try decoder.next(octets.span, offset: &offset) {
            case .needsInput: break reading
            case .begin: records.append([])
            case .content(let range): records[records.count - 1] += octets[range]
            case .end: break
            }
        }
        let counts = try records.map { record in try FastCGIPairs.read(record.span).count }
        #expect(counts == [2, 1, 0])
    }

    private func decode(_ octets: [UInt8], every step: Int) throws -> (String, String, FastCGIEnd?) {
        var decoder = FastCGIAnswerDecoder()
        var (output, errors) = ([UInt8](), [UInt8]())
        for start in stride(from: 0, to: octets.count, by: step) {
            let piece = Array(octets[start..<min(start + step, octets.count)])
            var offset = 0
            reading: while true {
                switch try decoder.next(piece.span, offset: &offset) {
                case .needsInput: break reading
                case .output(let range): output += piece[range]
                case .errors(let range): errors += piece[range]
                case .end(let end):
                    return (String(decoding: output, as: UTF8.self), String(decoding: errors, as: UTF8.self), end)
                }
            }
        }
        return (String(decoding: output, as: UTF8.self), String(decoding: errors, as: UTF8.self), nil)
    }

    @Test("an answer is the same however its octets are cut", arguments: 1...40)
    func cuts(step: Int) throws {
        let octets =
            record(6, "Status: 200\n", padding: 3) + record(7, "oh", padding: 255) + record(6, "\nhello")
            + record(7) + record(6, padding: 9) + endRecord(application: 7)
        let (output, errors, end) = try decode(octets, every: step)
        #expect(output == "Status: 200\n\nhello")
        #expect(errors == "oh")
        #expect(end == FastCGIEnd(applicationStatus: 7))
    }

    private static let faults: [([UInt8], FastCGIError)] = [
        (record(6, "x", version: 2), .unsupportedVersion(2)),
        (record(6, "x", version: 0), .unsupportedVersion(0)), (record(12, "x"), .unknownKind(12)),
        (record(0), .unknownKind(0)), (record(6, "x", id: 2), .wrongRequest(2)),
        (record(6, "x", id: 0), .wrongRequest(0)), (record(10, "", id: 1), .wrongRequest(1)),
        (record(1, "12345678"), .unexpected(.beginRequest)), (record(5, "x"), .unexpected(.standardInput)),
        (record(11, "12345678", id: 0), .unexpected(.unknownType)),
        (record(3, "1234567"), .wrongLength(.endRequest, 7)), (record(3), .wrongLength(.endRequest, 0)),
        (record(3, "x", length: 65_535), .wrongLength(.endRequest, 65_535)),
        (endRecord(protocol: 4), .unknownStatus(4)), (record(6) + record(6, "x"), .behindEnd(.standardOutput)),
        (record(7) + record(7), .behindEnd(.standardError)),
    ]

    @Test(
        "what is no record of the answer is refused",
        arguments: faults
    )
    func refused(octets: [UInt8], error: FastCGIError) {
        #expect(throws: error) { try decode(octets, every: octets.count) }
        #expect(throws: error) { try decode(octets, every: 1) }
        #expect(error.reason.hasSuffix("."))
    }

    @Test("the head of SCGI is a netstring that begins with the content's length")
    func scgi() {
        var octets: [UInt8] = []
        let variables = [
            ("REQUEST_METHOD", "POST"), ("CONTENT_LENGTH", "1"), ("", "x"), ("A", "b\0c"), ("REQUEST_URI", "/x"),
        ]
        SCGIHead.append(
            variables.map { (Array($0.0.utf8), Array($0.1.utf8)) },
            contentLength: 27,
            to: &octets
        )
        #expect(
            String(decoding: octets, as: UTF8.self)
                == "60:CONTENT_LENGTH\0" + "27\0SCGI\0" + "1\0REQUEST_METHOD\0POST\0REQUEST_URI\0/x\0,"
        )
    }
}
