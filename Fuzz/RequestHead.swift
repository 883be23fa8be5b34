import HTTPTypes
import MartletWire

/// What a parser made of some input.
private struct Outcome: Equatable {
    var consumed: Int?
    var error: RequestError?
    var line: [UInt8] = []
    var description = ""

    /// - Parameter head: what the input is parsed into, whatever it holds.
    init(_ pieces: [ArraySlice<UInt8>], into head: consuming RequestHead = RequestHead()) {
        var parser = RequestParser()
        do {
            for piece in pieces {
                consumed = try parser.parse(Array(piece).span, into: &head)
                if consumed != nil { break }
            }
        } catch {
            self.error = error
        }
        line = head.requestLineBytes.indices.map { head.requestLineBytes[$0] }
        description = Self.describe(head)
    }

    static func describe(_ head: RequestHead) -> String {
        let fields = head.fields.map { "\($0.name): \($0.value)" }
        return "\(fields) \(head.method) \(head.target) \(head.rawPath) \(head.query ?? "-") "
            + "\(head.scheme ?? "-") \(head.version) \(head.form) \(head.framing) \(head.path.bytes) "
            + "\(head.path.hasTrailingSlash) \(head.path.hasEncodedSlash) "
            + "\(head.wantsKeepAlive) \(head.expectsContinue) \(head.hasUnknownExpectation)"
    }
}

/// Heads that held something else before: a complete head with everything in it, and those of refused ones.
private let usedHeads: [RequestHead] = [
    "PUT http://user.example:81/long/%2Fpath/with/many/segments/?query=1 HTTP/1.1\r\nHost: long.example\r\n"
        + (0..<60).map { "X-Field-\($0):\(String(repeating: "v", count: $0))\r\n" }.joined()
        + "Expect: 100-continue, other\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HEAD /" + String(repeating: "x", count: 10_000),
    "HEAD http://name:password@host/ HTTP/1.1\r\n",
    "DELETE / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX: y\r\nX : y\r\n",
].map { text in
    var parser = RequestParser()
    var head = RequestHead()
    _ = try? parser.parse(Array(text.utf8).span, into: &head)
    return head
}

/// Into a head that was used before, the outcome is the same as into a new one: nothing of the old shows. One that was not
/// reset keeps what it had until a request line begins, so only a complete head is compared there.
private func checkUsedHeads(_ text: [UInt8], cut: Int, _ whole: Outcome) {
    for (number, used) in usedHeads.enumerated() {
        let into = Outcome([text[...]], into: used)
        check(into.consumed == whole.consumed && into.error == whole.error, "another outcome in used head \(number)")
        check(whole.consumed == nil || into == whole, "used head \(number): \(into.description)")
        var reset = used
        reset.reset()
        let again = Outcome([text[..<cut], text[...]], into: reset)
        check(again == whole, "reset head \(number): \(again.description)")
    }
}

/// Two octets say where to cut: whole or in pieces, the outcome is the same. What is accepted is sound.
func fuzz(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let number = input.number()
    let text = input.remainder()
    let whole = Outcome([text[...]])
    let cut = number % (text.count + 1)
    check(Outcome([text[..<cut], text[...]]) == whole, "cut at \(cut)")
    checkUsedHeads(text, cut: cut, whole)
    if text.count < 128 { check(Outcome(text.indices.map { text[...$0] }) == whole || text.isEmpty, "octet by octet") }

    var parser = RequestParser()
    var head = RequestHead()
    guard let consumed = try? parser.parse(text.span, into: &head) else { return }
    check(consumed <= text.count, "consumed \(consumed) of \(text.count)")
    check(Outcome([text[..<consumed]]) == whole, "what follows the head counted")
    checkFields(head)

    // Written again, it is the same head.
    var written = Array("\(head.method) \(head.target) HTTP/1.\(head.version == .http1_1 ? 1 : 0)\r\n".utf8)
    head.fields.write(into: &written)
    written += [0x0D, 0x0A]
    let again = Outcome([written[...]])
    check(again.description == whole.description, "\(whole.description) became \(again)")
}

private func checkFields(_ head: RequestHead) {
    func count(_ name: String) -> Int { head.fields.count { $0.name.lowercased() == name } }
    let hosts = count("host")
    check(head.version == .http1_1 ? hosts == 1 : hosts <= 1, "\(hosts) Host fields")
    for field in head.fields {
        check(!field.name.isEmpty && field.name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "name \(field.name)")
        check(field.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }, "value \(field.value)")
    }
    check(!head.target.isEmpty && head.target.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "target \(head.target)")
    switch head.framing {
    case .chunked:
        check(count("content-length") == 0 && count("transfer-encoding") > 0, "chunked, with a length")
        check(head.version == .http1_1, "chunked in HTTP/1.0")
    case .length(let length):
        check(length > 0 && count("content-length") > 0 && count("transfer-encoding") == 0, "length \(length)")
    case .none:
        check(count("transfer-encoding") == 0, "Transfer-Encoding without content")
    }
}
