import HTTPTypes
import MartletWire

/// Whatever a handler puts into a status or a field, and whatever a request brought in fields that are sent back, the head
/// has one line for each and ends where it should: nothing can add a line, end one early or end the head.
func fuzz(_ bytes: [UInt8]) {
    var pieces = bytes.split(separator: 0xFE, omittingEmptySubsequences: false).map(Array.init)[...]
    var input = FuzzInput(pieces.popFirst() ?? [])
    let code = 100 + input.number() % 900
    let way = Way(input.octet(), length: code)
    let phrase = String(decoding: input.remainder(), as: UTF8.self)

    var fields = Fields()
    while let name = pieces.popFirst(), let value = pieces.popFirst() {
        guard let name = HTTPField.Name(String(decoding: name, as: UTF8.self)) else { continue }
        if value.first == UInt8(ascii: "=") {
            fields[name] = String(decoding: value.dropFirst(), as: UTF8.self)
        } else {
            fields.append(name, value)
        }
    }
    if way.isReceived { fields = received(fields) }

    let status = HTTPResponse.Status(code: code, reasonPhrase: phrase)
    var output: [UInt8] = []
    if let common = way.common {
        let lines = Array("\(common)\r\n".utf8)
        ResponseHead.append(
            status,
            common: lines.span,
            fields,
            framing: way.framing,
            connection: way.connection,
            to: &output
        )
    } else {
        ResponseHead.append(status, fields, framing: way.framing, connection: way.connection, to: &output)
    }

    let lines = splitLines(output)
    check(lines.first?.starts(with: "HTTP/1.1 \(code) ".utf8) ?? false, "status line")
    var expected: [String] = []
    if let common = way.common { expected.append(common) }
    expected += fields.map { "\($0.name): \($0.value)" }
    if let line = way.framingLine { expected.append(line) }
    if let connection = way.connection { expected.append("Connection: \(connection)") }
    expected.append("")
    let found = lines.dropFirst().map { String(decoding: $0, as: UTF8.self) }
    check(found == expected, "\(found) instead of \(expected)")
}

/// What one octet says of a head.
private struct Way {
    let framing: ResponseHead.Framing
    let framingLine: String?
    let connection: StaticString?
    let common: String?
    /// The fields are taken from a request's head, where they are not as they are written.
    let isReceived: Bool

    init(_ octet: UInt8, length: Int) {
        switch octet & 3 {
        case 0: (framing, framingLine) = (.unstated, nil)
        case 1: (framing, framingLine) = (.length(length), "Content-Length: \(length)")
        case 2: (framing, framingLine) = (.length(.max), "Content-Length: \(Int.max)")
        default: (framing, framingLine) = (.chunked, "Transfer-Encoding: chunked")
        }
        switch octet >> 2 & 3 {
        case 0: connection = nil
        case 1: connection = "close"
        case 2: connection = "keep-alive"
        default: connection = "one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve"
        }
        common = octet & 0x10 == 0 ? nil : "Date: Sun, 06 Nov 1994 08:49:37 GMT"
        isReceived = octet & 0x20 != 0
    }
}

/// `fields` as a request brings them that writes no space, with a line of ours behind; `fields` when no request may.
private func received(_ fields: Fields) -> Fields {
    let lines = fields.map { "\($0.name):\($0.value)\r\n" }.joined()
    let text = Array("GET / HTTP/1.0\r\nX-First:\r\n\(lines)\r\n".utf8)
    var parser = RequestParser()
    var head = RequestHead()
    guard let consumed = try? parser.parse(text.span, into: &head) else { return fields }
    check(consumed == text.count, "\(consumed) octets of a head of \(text.count)")
    head.fields.append(.via, "1.1 a")
    return head.fields
}

/// The lines without their CRLF; stops where a CR, LF or NUL stands elsewhere.
private func splitLines(_ bytes: [UInt8]) -> [[UInt8]] {
    var lines: [[UInt8]] = [[]]
    var index = 0
    while index < bytes.count {
        if bytes[index] == 0x0D, index + 1 < bytes.count, bytes[index + 1] == 0x0A {
            lines.append([])
            index += 2
            continue
        }
        check(![0x0D, 0x0A, 0].contains(bytes[index]), "a stray control at \(index)")
        lines[lines.count - 1].append(bytes[index])
        index += 1
    }
    check(lines.removeLast() == [], "octets behind the head")
    return lines
}
