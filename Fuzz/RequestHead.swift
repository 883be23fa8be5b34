import HTTPTypes
import MartletWire

/// What a parser made of some input.
private struct Outcome: Equatable {
    var consumed: Int?
    var error: RequestError?
    var description = ""

    init(_ pieces: [ArraySlice<UInt8>]) {
        var parser = RequestParser()
        var head = RequestHead()
        do {
            for piece in pieces {
                consumed = try parser.parse(Array(piece).span, into: &head)
                if consumed != nil { break }
            }
        } catch {
            self.error = error
        }
        if consumed != nil { description = Self.describe(head) }
    }

    static func describe(_ head: RequestHead) -> String {
        let fields = head.fields.map { "\($0.name): \($0.value)" }
        return "\(head.method) \(head.target) \(head.version) \(head.form) \(head.framing) \(head.path.bytes) "
            + "\(head.wantsKeepAlive) \(head.expectsContinue) \(head.hasUnknownExpectation) \(fields)"
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
