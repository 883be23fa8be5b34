/// Content without its framing.
public struct ReferenceContent: Equatable, Sendable {
    /// The octets, without framing.
    public var data: [UInt8] = []
    /// All trailer fields, forbidden ones included.
    public var trailers: [ReferenceField] = []

    /// Makes content.
    public init(data: [UInt8] = [], trailers: [ReferenceField] = []) {
        self.data = data
        self.trailers = trailers
    }

    /// The limits that Martlet has by default.
    private static let (lineLength, extensionsLength, trailersLength, trailerCount) = (4096, 16_384, 8192, 50)

    /// Takes the content with this framing from the beginning of `octets`.
    public static func read(_ octets: [UInt8], _ framing: ReferenceHead.Framing) -> Reading<ReferenceContent> {
        switch framing {
        case .none: .complete(ReferenceContent(), octets: 0)
        case .length(let count):
            octets.count < count
                ? .incomplete : .complete(ReferenceContent(data: Array(octets[..<count])), octets: count)
        case .chunked: readChunks(octets)
        }
    }

    /// RFC 9112 §7.1.
    public static func readChunks(_ octets: [UInt8]) -> Reading<ReferenceContent> {
        var content = ReferenceContent()
        var position = 0
        var extensionsLength = 0
        while true {
            var lines = Lines(octets, from: position)
            guard let row = lines.next() else {
                let digits = Array(lines.rest.prefix { $0 != 0x20 && $0 != 0x3B && $0 != 0x0D }).text
                let isLong = lines.rest.count + extensionsLength > min(lineLength, Self.extensionsLength)
                if isLong || digits.utf8.count > 16 || !digits.isEmpty && Int(digits, radix: 16) == nil {
                    return .doomed("a long chunk line")
                }
                return lines.rest.isEmpty ? .incomplete : lines.prospect(of: "chunk-row")
            }
            guard let parts = Grammar.http.parts(["chunk-size", "chunk-ext"], of: "chunk-row", in: row) else {
                return .refused("no chunk line: \(row.text)")
            }
            let digits = parts[0].octets.text
            guard digits.utf8.count <= 16, let size = Int(digits, radix: 16) else { return .refused("size \(digits)") }
            extensionsLength += parts[1].octets.count
            if row.count - 2 > lineLength || extensionsLength > Self.extensionsLength {
                return .refused("long extensions")
            }
            position = lines.position
            if size == 0 { return readTrailers(octets, from: position, content) }
            let available = octets.count - position
            guard available >= size else { return .incomplete }
            content.data += octets[position..<position + size]
            position += size
            switch octets[position...].prefix(2) {
            case [0x0D, 0x0A]: position += 2
            case [0x0D], []: return .incomplete
            case let end where end.count == 1: return .doomed("no CRLF after a chunk")
            default: return .refused("no CRLF after a chunk")
            }
        }
    }

    private static func readTrailers(
        _ octets: [UInt8],
        from start: Int,
        _ content: ReferenceContent
    ) -> Reading<ReferenceContent> {
        var content = content
        var lines = Lines(octets, from: start)
        while let row = lines.next() {
            if lines.position - start > trailersLength { return .refused("long trailers") }
            if row.count == 2 { return .complete(content, octets: lines.position) }
            guard let field = ReferenceField(row: row) else { return .refused("no trailer field: \(row.text)") }
            content.trailers.append(field)
            if content.trailers.count > trailerCount { return .refused("many trailers") }
        }
        if octets.count - start >= trailersLength { return .doomed("long trailers") }
        return lines.rest.isEmpty ? .incomplete : lines.prospect(of: "field-row")
    }
}
