import Martlet

/// The content of a request: how long it was, and how it begins.
struct Content: Encodable {
    /// So much is shown; the rest is only counted.
    static let shown = 64 << 10

    let octets: Int
    let isCut: Bool
    /// The beginning as text; nil when it is not text, or when there is nothing.
    let text: String?
    /// The beginning as a hexadecimal dump, where it is not text.
    let hexadecimal: String?

    init(_ body: RequestBody) async throws {
        var count = 0
        var beginning: [UInt8] = []
        for try await chunk in body {
            count += chunk.count
            beginning += chunk.prefix(Self.shown - beginning.count)
        }
        octets = count
        isCut = count > beginning.count
        text = beginning.isEmpty ? nil : Self.text(beginning, isCut: isCut)
        hexadecimal = beginning.isEmpty || text != nil ? nil : Self.dump(beginning)
    }

    /// UTF-8 without control characters but those of lines. A character that the cut went through does not count.
    private static func text(_ octets: [UInt8], isCut: Bool) -> String? {
        for cut in 0...(isCut ? min(3, octets.count) : 0) {
            guard let text = String(validating: octets.dropLast(cut), as: UTF8.self) else { continue }
            let isText = text.unicodeScalars.allSatisfy {
                $0.properties.generalCategory != .control || "\t\n\r".unicodeScalars.contains($0)
            }
            return isText ? text : nil
        }
        return nil
    }

    /// Sixteen octets a line: where, which, and what they are in ASCII.
    private static func dump(_ octets: [UInt8]) -> String {
        stride(from: 0, to: octets.count, by: 16).map { start in
            let row = octets[start..<min(start + 16, octets.count)]
            let codes = row.map { hexadecimal(Int($0), digits: 2) }.joined(separator: " ")
            let characters = row.map { 0x20..<0x7F ~= $0 ? String(Unicode.Scalar($0)) : "." }.joined()
            let padding = String(repeating: " ", count: 47 - codes.count)
            return "\(hexadecimal(start, digits: 5))  \(codes)\(padding)  \(characters)\n"
        }.joined()
    }

    private static func hexadecimal(_ number: Int, digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
