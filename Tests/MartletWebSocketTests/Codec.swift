import MartletWebSocket
import Testing

/// What a reader made of some octets.
struct Outcome: Equatable {
    var events: [MessageReader.Event] = []
    var violation: Violation?

    init(_ events: [MessageReader.Event] = [], _ violation: Violation? = nil) {
        self.events = events
        self.violation = violation
    }

    /// Reads `bytes` in pieces that end at these places, each gone before the next one comes.
    init(_ bytes: [UInt8], cuts: [Int], from sender: MessageReader.Sender, limit: Int) {
        var reader = MessageReader(from: sender, limit: limit)
        var start = 0
        do {
            for cut in cuts + [bytes.count] {
                let piece = Array(bytes[start..<cut])
                var offset = 0
                while let event = try reader.next(piece.span, offset: &offset) { events.append(event) }
                #expect(offset == piece.count)
                start = cut
            }
        } catch {
            violation = error
            var offset = 0
            let again = Result { try reader.next([UInt8](repeating: 0x81, count: 1).span, offset: &offset) }
            if case .success = again { Issue.record("what was refused is taken now") }
        }
    }
}

/// Reads whole, cut at every octet and octet by octet, and expects one outcome of all.
func read(
    _ bytes: [UInt8],
    from sender: MessageReader.Sender = .client,
    limit: Int = 1 << 20,
    sourceLocation: SourceLocation = #_sourceLocation
) -> Outcome {
    let whole = Outcome(bytes, cuts: [], from: sender, limit: limit)
    // Around both ends and here and there between: every place of what is long would take minutes.
    let places = bytes.indices.filter { $0 < 300 || $0 + 20 > bytes.count || $0 % 4099 == 0 }
    for cut in places where Outcome(bytes, cuts: [cut], from: sender, limit: limit) != whole {
        Issue.record("another outcome when cut at \(cut)", sourceLocation: sourceLocation)
        break
    }
    let single = Outcome(bytes, cuts: Array(bytes.indices.dropFirst()), from: sender, limit: limit)
    #expect(single == whole, "octet by octet", sourceLocation: sourceLocation)
    return whole
}

/// A client's frame, masked with a key of four different octets.
func masked(_ opcode: Opcode, _ payload: some Sequence<UInt8>, isFinal: Bool = true) -> [UInt8] {
    FrameWriter.frame(opcode, Array(payload), isFinal: isFinal, mask: 0x37FA_213D)
}

/// Octets from hex digits; spaces are for the reader.
func hex(_ text: String) -> [UInt8] {
    let digits = text.filter { $0 != " " }
    var octets: [UInt8] = []
    var index = digits.startIndex
    while index < digits.endIndex {
        let end = digits.index(index, offsetBy: 2)
        octets.append(UInt8(digits[index..<end], radix: 16) ?? 0)
        index = end
    }
    return octets
}
