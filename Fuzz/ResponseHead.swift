import HTTPTypes
import MartletWire

/// Whatever a handler puts into a status or a field, the head has one line for each and ends where it should: nothing can
/// add a line, end one early or end the head.
func fuzz(_ bytes: [UInt8]) {
    var pieces = bytes.split(separator: 0xFE, omittingEmptySubsequences: false).map(Array.init)[...]
    var input = FuzzInput(pieces.popFirst() ?? [])
    let code = 100 + input.number() % 900
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

    var output: [UInt8] = []
    ResponseHead.append(
        HTTPResponse.Status(code: code, reasonPhrase: phrase),
        fields,
        framing: .length(code),
        connection: "keep-alive",
        to: &output
    )

    let lines = splitLines(output)
    check(lines.count == fields.count + 4, "\(lines.count) lines for \(fields.count) fields")
    check(lines.last == [], "the head has no end")
    check(lines.dropLast().allSatisfy { !$0.isEmpty }, "the head ends early")
    check(lines[0].starts(with: "HTTP/1.1 \(code) ".utf8), "status line")
    for (line, field) in zip(lines.dropFirst(), fields) {
        check(line.starts(with: "\(field.name): ".utf8), "a line for another field")
    }
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
