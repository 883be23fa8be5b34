import MartletWire

/// What came of some octets: streams are told whole, since a cut in them is none in what they say.
private struct Outcome: Equatable {
    var output: [UInt8] = []
    var errors: [UInt8] = []
    var end: FastCGIEnd?
    var taken = 0
    var error: FastCGIError?

    init(_ pieces: [ArraySlice<UInt8>]) {
        var decoder = FastCGIAnswerDecoder()
        do {
            for piece in pieces where end == nil {
                let piece = Array(piece)
                var offset = 0
                reading: while true {
                    let before = offset
                    switch try decoder.next(piece.span, offset: &offset) {
                    case .needsInput:
                        check(offset == piece.count, "left \(piece.count - offset) octets")
                        break reading
                    case .output(let range): append(piece, range, before, offset, to: \.output)
                    case .errors(let range): append(piece, range, before, offset, to: \.errors)
                    case .end(let end):
                        self.end = end
                        break reading
                    }
                }
                taken += offset
            }
        } catch {
            self.error = error
            var offset = 0
            let again = Result { () throws(FastCGIError) in try decoder.next([1].span, offset: &offset) }
            check(again == .failure(error), "it went on after \(error)")
        }
        // How far it came within the octets of a fault depends on the cut.
        if error != nil { taken = 0 }
    }

    private mutating func append(
        _ piece: [UInt8],
        _ range: Range<Int>,
        _ before: Int,
        _ offset: Int,
        to stream: WritableKeyPath<Outcome, [UInt8]>
    ) {
        check(!range.isEmpty && range.lowerBound >= before && range.upperBound <= offset, "\(range)")
        self[keyPath: stream] += piece[range]
    }
}

private func cuts(_ bytes: [UInt8]) {
    let whole = Outcome([bytes[...]])
    check(whole == Outcome(bytes.indices.map { bytes[$0...$0] }), "octet by octet")
    let middle = bytes.count / 2
    check(whole == Outcome([bytes[..<middle], bytes[middle...]]), "in two")
    check(whole.output.count + whole.errors.count <= bytes.count, "more than came")
}

/// What was written is read as it was meant.
private func roundTrip(_ bytes: [UInt8]) {
    let middle = bytes.count / 2
    let (output, errors) = (Array(bytes[..<middle]), Array(bytes[middle...]))
    let end = FastCGIEnd(applicationStatus: UInt32(bytes.count), protocolStatus: .requestComplete)
    var records: [UInt8] = []
    FastCGIWriter.append(output.span, of: .standardOutput, to: &records)
    FastCGIWriter.append(errors.span, of: .standardError, to: &records)
    FastCGIWriter.appendEnd(of: .standardOutput, to: &records)
    FastCGIWriter.appendEnd(end, to: &records)
    let read = Outcome([records[...]])
    check(read.output == output && read.errors == errors && read.end == end && read.taken == records.count, "records")
}

private func pairs(_ bytes: [UInt8]) {
    for limit in [20, 4096] {
        guard let pairs = try? FastCGIPairs.read(bytes.span, limit: limit) else { continue }
        check(pairs.reduce(0) { $0 + $1.name.count + $1.value.count } <= limit, "the limit")
        var written: [UInt8] = []
        for (name, value) in pairs { FastCGIPairs.append(name, value, to: &written) }
        // A short length may have come in four octets.
        check(written.count <= bytes.count, "longer")
        guard let again = try? FastCGIPairs.read(written.span, limit: limit) else { return check(false, "not again") }
        check(again.elementsEqual(pairs) { $0.name == $1.name && $0.value == $1.value }, "other pairs")
    }
}

/// Records are read the same however they are cut, and pairs as they were written.
func fuzz(_ bytes: [UInt8]) {
    cuts(bytes)
    roundTrip(bytes)
    pairs(bytes)
}
