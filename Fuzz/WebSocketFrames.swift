// Sources: Sources/MartletWebSocket/Codec

/// What a reader made of some octets.
private struct Outcome: Equatable {
    var events: [MessageReader.Event] = []
    var violation: Violation?

    init(_ pieces: [ArraySlice<UInt8>], from sender: MessageReader.Sender, limit: Int) {
        var reader = MessageReader(from: sender, limit: limit)
        do {
            for piece in pieces {
                let piece = Array(piece)
                var offset = 0
                var before = 0
                while let event = try reader.next(piece.span, offset: &offset) {
                    check(offset > before && offset <= piece.count, "an event of no octets at \(before)")
                    before = offset
                    events.append(event)
                }
                check(offset == piece.count, "left \(piece.count - offset) octets")
            }
        } catch {
            violation = error
        }
    }
}

/// The first octets say where to cut, who sends and how much is allowed: whole or in pieces, the outcome is the same, no
/// message is too long, and what comes out can be written and read again.
func fuzz(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let number = input.number()
    let sender: MessageReader.Sender = number & 1 == 0 ? .client : .server
    let limit = number >> 1 & 0xFF
    let frames = input.remainder()
    let whole = Outcome([frames[...]], from: sender, limit: limit)
    let cut = number % (frames.count + 1)
    let parts = Outcome([frames[..<cut], frames[cut...]], from: sender, limit: limit)
    check(parts == whole, "cut at \(cut): \(parts) instead of \(whole)")
    if frames.count < 256 {
        let octets = Outcome(frames.indices.map { frames[$0...$0] }, from: sender, limit: limit)
        check(octets == whole, "octet by octet: \(octets) instead of \(whole)")
    }

    let mask: UInt32? = sender == .client ? UInt32(number) &* 0x0101_0101 : nil
    var written: [UInt8] = []
    for event in whole.events {
        let (opcode, payload): (Opcode, [UInt8]) =
            switch event {
            case .text(let text): (.text, Array(text.utf8))
            case .binary(let octets): (.binary, octets)
            case .ping(let octets): (.ping, octets)
            case .pong(let octets): (.pong, octets)
            case .close(let code, let reason): (.close, FrameWriter.closePayload(code: code, reason: reason))
            }
        check(opcode.isControl ? payload.count <= 125 : payload.count <= limit, "\(opcode) of \(payload.count) octets")
        // The same in two frames.
        let half = opcode.isControl ? payload.count : payload.count / 2
        written += FrameWriter.frame(opcode, Array(payload[..<half]), isFinal: opcode.isControl, mask: mask)
        if !opcode.isControl { written += FrameWriter.frame(.continuation, Array(payload[half...]), mask: mask) }
    }
    let again = Outcome([written[...]], from: sender, limit: limit)
    check(again.events == whole.events && again.violation == nil, "\(again) instead of \(whole.events)")
}
