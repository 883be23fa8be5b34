import MartletWire

/// What a decoder made of some input.
private struct Outcome: Equatable {
    var heads: [[String]] = []
    var contents: [[UInt8]] = []
    var ends = 0
    var isComplete = false
    var error: FormError?

    init(_ pieces: [ArraySlice<UInt8>], boundary: String) {
        guard var decoder = MultipartDecoder(boundary: boundary) else { return }
        do {
            for piece in pieces where !isComplete { try take(Array(piece), &decoder) }
        } catch {
            self.error = error
        }
    }

    private mutating func take(_ piece: [UInt8], _ decoder: inout MultipartDecoder) throws(FormError) {
        var offset = 0
        while true {
            let before = offset
            switch try decoder.next(piece.span, offset: &offset) {
            case .needsInput:
                check(offset == piece.count, "left \(piece.count - offset) octets")
                return
            case .part:
                heads.append(decoder.fields.map { "\($0.name): \($0.value)" })
                contents.append([])
            case .data(let range):
                check(!range.isEmpty && range.upperBound <= offset && range.lowerBound >= before, "range \(range)")
                contents[contents.count - 1] += piece[range]
            case .held(let octets):
                check(!octets.isEmpty && octets.count <= 73, "held \(octets)")
                contents[contents.count - 1] += octets
            case .partEnd:
                ends += 1
                check(ends == contents.count, "\(ends) ends of \(contents.count) parts")
            case .end:
                isComplete = true
                return
            }
        }
    }
}

/// Two octets say where to cut, a line is the boundary: whole or in pieces, the outcome is the same. What was put into a
/// part comes out, unless it holds the boundary. A disposition is read without a trap.
func fuzz(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let number = input.number()
    let boundary = String(decoding: input.line() ?? [], as: UTF8.self)
    let text = input.remainder()
    guard MultipartDecoder(boundary: boundary) != nil else { return }

    let whole = Outcome([text[...]], boundary: boundary)
    let cut = number % (text.count + 1)
    let parts = Outcome([text[..<cut], text[cut...]], boundary: boundary)
    check(parts == whole, "cut at \(cut): \(parts) instead of \(whole)")
    if text.count < 512 {
        let octets = Outcome(text.indices.map { text[$0...$0] }, boundary: boundary)
        check(octets == whole, "octet by octet: \(octets) instead of \(whole)")
    }

    let delimiter = Array("\r\n--\(boundary)".utf8)
    let encoded = Array("--\(boundary)\r\nA: b\r\n\r\n".utf8) + text + delimiter + Array("--".utf8)
    let line = Array("\r\n".utf8) + text + delimiter
    let isInside = text.count < 512 && (0..<text.count + 2).contains { line[$0...].starts(with: delimiter) }
    if text.count < 512, !isInside {
        let decoded = Outcome([encoded[...]], boundary: boundary)
        check(decoded.isComplete && decoded.contents == [text] && decoded.heads == [["A: b"]], "\(decoded)")
    }

    if let disposition = ContentDisposition(parsing: text.span), let name = disposition.safeFilename {
        check(!name.isEmpty && !name.utf8.contains(UInt8(ascii: "/")) && name != "..", "file name \(name)")
    }
}
