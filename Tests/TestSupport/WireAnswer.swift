/// An answer as it came over the wire, taken apart no further than a test needs.
public struct WireAnswer: Sendable {
    /// The status code.
    public let status: Int
    /// Status line and field lines, without the line ends.
    public let lines: [String]
    /// All that followed the head.
    public let content: [UInt8]

    /// Takes apart a head and what follows it; nil where there is no complete head.
    public init?(_ bytes: [UInt8]) {
        guard let end = Self.endOfHead(bytes) else { return nil }
        let head = String(decoding: bytes[..<end], as: UTF8.self)
        lines = head.split(separator: "\r\n").map(String.init)
        guard let first = lines.first, first.hasPrefix("HTTP/1.1 "), let status = Int(first.dropFirst(9).prefix(3))
        else { return nil }
        self.status = status
        content = Array(bytes[(end + 4)...])
    }

    /// The values of the field of this name, joined by ", "; nil when there is none.
    public subscript(_ name: String) -> String? {
        let prefix = name.lowercased() + ":"
        let values = lines.dropFirst().filter { $0.lowercased().hasPrefix(prefix) }.map { line in
            String(line.dropFirst(prefix.count).drop { $0 == " " })
        }
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    /// The content as text.
    public var text: String { String(decoding: content, as: UTF8.self) }

    /// The head, a line each, with what differs from run to run as "*".
    public func head(masking masked: [String] = ["Date", "ETag", "Last-Modified"]) -> String {
        lines.map { line in
            guard let name = masked.first(where: { line.hasPrefix("\($0): ") }) else { return line }
            return "\(name): *"
        }.joined(separator: "\n")
    }

    /// Where the empty line after a head begins.
    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        let end = Array("\r\n\r\n".utf8)
        var index = 0
        while index + 4 <= bytes.count {
            if bytes[index] == end[0], bytes[index..<(index + 4)].elementsEqual(end) { return index }
            index += 1
        }
        return nil
    }
}
