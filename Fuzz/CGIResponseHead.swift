import HTTPTypes
import MartletWire

/// What the parser made of some input.
private struct Outcome: Equatable {
    var consumed: Int?
    var error: CGIResponseError?
    var description = ""

    init(_ pieces: [ArraySlice<UInt8>]) {
        var parser = CGIResponseParser(limits: HeadLimits(head: 1024, fieldCount: 8))
        var head = CGIResponseHead()
        do {
            for piece in pieces {
                consumed = try parser.parse(Array(piece).span, into: &head)
                if consumed != nil { break }
            }
        } catch {
            self.error = error
        }
        let fields = head.fields.map { "\($0.name): \($0.value)" }
        if consumed != nil { description = "\(head.kind) \(head.status) \(fields) \(head.contentLength ?? -1)" }
    }
}

/// Two octets say where to cut: whole or in pieces, the outcome is the same. What is accepted can be sent to a client.
func fuzz(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let number = input.number()
    let text = input.remainder()
    let whole = Outcome([text[...]])
    let cut = number % (text.count + 1)
    check(Outcome([text[..<cut], text[...]]) == whole, "cut at \(cut)")
    if text.count < 128 { check(text.isEmpty || Outcome(text.indices.map { text[...$0] }) == whole, "octet by octet") }
    guard let consumed = whole.consumed else { return }
    check(consumed <= min(text.count, 1024), "consumed \(consumed) of \(text.count)")
    check(Outcome([text[..<consumed]]) == whole, "what follows the head counted")

    var parser = CGIResponseParser(limits: HeadLimits(head: 1024, fieldCount: 8))
    var head = CGIResponseHead()
    guard (try? parser.parse(text.span, into: &head)) != nil else { return check(false, "not twice the same") }
    check(200...599 ~= head.status.code, "status \(head.status.code)")
    check(head.contentLength ?? 0 >= 0, "length")
    func count(_ name: String) -> Int { head.fields.count { $0.name.lowercased() == name } }
    for name in ["status", "connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer"] {
        check(count(name) == 0, "\(name) would be sent")
    }
    for name in ["content-type", "location", "content-length"] { check(count(name) <= 1, "two of \(name)") }
    check(!head.fields.contains { $0.name.lowercased().hasPrefix("x-cgi-") }, "an X-CGI- field would be sent")
    if case .localRedirect(let target) = head.kind { check(target.hasPrefix("/"), "local, to \(target)") }

    // As it is sent, it is a head whose every line is whole.
    var sent: [UInt8] = []
    ResponseHead.append(head.status, head.fields, to: &sent)
    var reader = ResponseParser(limits: HeadLimits(requestLine: 4096, head: 8192, fieldCount: 16))
    var received = ReceivedResponse()
    let read = try? reader.parse(sent.span, to: .get, into: &received)
    check(read == sent.count, "what is sent is no head: \(String(decoding: sent, as: UTF8.self))")
    check(received.fields.count == head.fields.count, "\(received.fields.count) lines of \(head.fields.count)")
}
