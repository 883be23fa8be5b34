// Sources: Sources/MartletRedis/Codec

/// What a reader made of some octets.
private struct Outcome: Equatable {
    var values: [RESPValue] = []
    var error: RESPError?

    init(_ pieces: [ArraySlice<UInt8>], limit: Int) {
        var reader = RESPReader(limit: limit)
        do {
            for piece in pieces {
                let piece = Array(piece)
                var offset = 0
                var before = 0
                while let value = try reader.next(piece.span, offset: &offset) {
                    check(offset > before && offset <= piece.count, "an answer of no octets at \(before)")
                    before = offset
                    values.append(value)
                }
                check(offset == piece.count, "left \(piece.count - offset) octets")
            }
        } catch {
            self.error = error
        }
    }
}

/// Octets that a value takes at least, however it is written.
private func size(_ value: RESPValue) -> Int {
    switch value {
    case .simple(let text), .error(let text):
        // What is not UTF-8 is three octets long where it was one.
        text.utf8.count / 3 + 3
    case .integer: 4
    case .bulk(let octets): octets.count + 6
    case .array(let values): values.reduce(4) { $0 + size($1) }
    case .null: 5
    }
}

/// What is read is the same however it is cut, and no longer than the limit.
func fuzz(_ bytes: [UInt8]) {
    for limit in [40, 4096] {
        let whole = Outcome([bytes[...]], limit: limit)
        check(whole == Outcome(bytes.indices.map { bytes[$0...$0] }, limit: limit), "octet by octet")
        let middle = bytes.count / 2
        check(whole == Outcome([bytes[..<middle], bytes[middle...]], limit: limit), "in two")
        for value in whole.values { check(size(value) <= limit, "\(size(value)) octets") }
    }
}
