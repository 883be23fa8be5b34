import HTTPTypes
import MartletWire

/// What a parser made of some input.
private struct Outcome: Equatable {
    var consumed: Int?
    var error: ResponseError?
    var description = ""

    init(_ pieces: [ArraySlice<UInt8>], to method: HTTPRequest.Method) {
        var parser = ResponseParser()
        var head = ReceivedResponse()
        do {
            for piece in pieces {
                consumed = try parser.parse(Array(piece).span, to: method, into: &head)
                if consumed != nil { break }
            }
        } catch {
            self.error = error
        }
        let fields = head.fields.map { "\($0.name): \($0.value)" }
        description = "\(head.version) \(head.status) \(fields) \(head.framing) \(head.wantsKeepAlive)"
    }
}

/// An octet says whether to HEAD, two where to cut: whole or in pieces, the outcome is the same. What is accepted is sound.
func fuzz(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let method: HTTPRequest.Method = input.octet() & 1 == 0 ? .get : .head
    let number = input.number()
    let text = input.remainder()
    let whole = Outcome([text[...]], to: method)
    let cut = number % (text.count + 1)
    check(Outcome([text[..<cut], text[...]], to: method) == whole, "cut at \(cut)")
    if text.count < 128 {
        check(Outcome(text.indices.map { text[...$0] }, to: method) == whole || text.isEmpty, "octet by octet")
    }
    var parser = ResponseParser()
    var head = ReceivedResponse()
    guard let consumed = try? parser.parse(text.span, to: method, into: &head) else { return }
    check(consumed <= text.count, "consumed \(consumed) of \(text.count)")
    check(Outcome([text[..<consumed]], to: method) == whole, "what follows the head counted")
    check(100...599 ~= head.code, "code \(head.code)")
    func count(_ name: String) -> Int { head.fields.count { $0.name.lowercased() == name } }
    check(count("content-length") <= 1, "several lengths")
    check(count("transfer-encoding") == 0 || count("content-length") == 0, "both")
    switch head.framing {
    case .none: break
    case .length(let length): check(length > 0 && head.contentLength == length && method != .head, "length \(length)")
    case .chunked: check(head.version == .http1_1 && count("transfer-encoding") > 0 && method != .head, "chunked")
    case .untilClose: check(!head.wantsKeepAlive && method != .head, "until close, kept")
    }
    // Passed on, nothing that is for one hop is left, and the rest is what it was.
    let hop = HopByHop(of: head.fields)
    let kept = head.fields.filtered { !hop.contains($0) }
    check(
        !kept.contains { ["connection", "te", "upgrade", "keep-alive"].contains($0.name.lowercased()) },
        "hop by hop"
    )
    var written: [UInt8] = []
    head.fields.write(into: &written) { !hop.contains($0) }
    var again: [UInt8] = []
    kept.write(into: &again)
    check(written == again, "written otherwise")
}
