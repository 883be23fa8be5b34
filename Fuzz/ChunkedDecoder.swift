import MartletWire

/// What a decoder made of some input.
private struct Outcome: Equatable {
    var data: [UInt8] = []
    var consumed = 0
    var isComplete = false
    var error: RequestError?
    var trailers: [String] = []

    init(_ pieces: [ArraySlice<UInt8>]) {
        var decoder = ChunkedDecoder()
        do {
            for piece in pieces where !isComplete { try take(Array(piece), &decoder) }
        } catch {
            self.error = error
        }
        trailers = decoder.trailers.map { "\($0.name): \($0.value)" }
    }

    private mutating func take(_ piece: [UInt8], _ decoder: inout ChunkedDecoder) throws(RequestError) {
        var offset = 0
        while true {
            let before = offset
            let step = try decoder.next(piece.span, offset: &offset)
            consumed += offset - before
            switch step {
            case .needsInput:
                check(offset == piece.count, "left \(piece.count - offset) octets")
                return
            case .data(let range):
                check(!range.isEmpty && range.upperBound <= offset && range.lowerBound >= before, "range \(range)")
                data += piece[range]
            case .end:
                isComplete = true
                return
            }
        }
    }
}

/// Two octets say where to cut: whole or in pieces, the outcome is the same. What was encoded comes back.
func fuzz(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let number = input.number()
    let text = input.remainder()
    var whole = Outcome([text[...]])
    let cut = number % (text.count + 1)
    var parts = Outcome([text[..<cut], text[cut...]])
    var octets = text.count < 256 ? Outcome(text.indices.map { text[$0...$0] }) : whole
    if whole.error != nil {
        // How much was consumed before an error is not promised.
        (whole.consumed, parts.consumed, octets.consumed) = (0, 0, 0)
    }
    check(parts == whole, "cut at \(cut): \(parts) instead of \(whole)")
    check(octets == whole, "octet by octet: \(octets) instead of \(whole)")

    var encoded: [UInt8] = []
    let size = number % 300 + 1
    for start in stride(from: 0, to: text.count, by: size) {
        ChunkedEncoder.appendChunk(text[start..<min(start + size, text.count)], to: &encoded)
    }
    ChunkedEncoder.appendEnd(trailers: [(name: "X-Sum", value: "1")], to: &encoded)
    let count = encoded.count
    let decoded = Outcome([(encoded + text)[...]])
    check(decoded.isComplete && decoded.data == text && decoded.consumed == count, "\(decoded)")
    check(decoded.trailers == ["X-Sum: 1"], "trailers \(decoded.trailers)")
}
