import HTTPTypes

/// Field lines inside content, up to and with the empty line: the trailers after the last chunk (RFC 9112 §7.1.2), or the
/// head of a part (RFC 2046 §5.1). Input may end at any octet.
struct FieldSection: Sendable {
    /// Octets allowed, line ends included.
    let octetLimit: Int
    /// Field lines allowed.
    let lineLimit: Int
    /// Whether fields that must not be in trailers are left out.
    let isTrailer: Bool

    /// The fields that were kept.
    private(set) var fields = Fields()
    private var line: [UInt8] = []
    private var awaitsLineFeed = false
    /// All octets taken.
    private var count = 0
    /// All field lines taken, those dropped included.
    private var lineCount = 0

    init(octetLimit: Int, lineLimit: Int, isTrailer: Bool) {
        self.octetLimit = octetLimit
        self.lineLimit = lineLimit
        self.isTrailer = isTrailer
    }

    /// Empties the section and keeps the memory it has.
    mutating func reset() {
        fields.removeAll(keepingCapacity: true)
        line.removeAll(keepingCapacity: true)
        awaitsLineFeed = false
        count = 0
        lineCount = 0
    }

    /// Takes what is in `input` from `offset` on; whether the section is complete.
    mutating func take(_ input: Span<UInt8>, offset: inout Int) throws(RequestError) -> Bool {
        while offset < input.count {
            if !awaitsLineFeed {
                let end = firstControl(in: input, from: offset, to: input.count)
                try add(end - offset)
                line.append(copying: input.extracting(offset..<end))
                offset = end
                guard offset < input.count else { return false }
            }
            try add(1)
            let octet = input[offset]
            offset += 1
            if awaitsLineFeed {
                guard octet == 0x0A else { throw .bareCarriageReturn }
                awaitsLineFeed = false
                if line.isEmpty { return true }
                try endLine()
                continue
            }
            switch octet {
            case 0x0D: awaitsLineFeed = true
            case 0x09: line.append(octet)
            case 0x0A: throw .bareLineFeed
            default: throw .controlCharacter
            }
        }
        return false
    }

    private mutating func add(_ octets: Int) throws(RequestError) {
        guard octets <= octetLimit - count else { throw .trailersTooLarge }
        count += octets
    }

    private mutating func endLine() throws(RequestError) {
        let parsed = try FieldLine(parsing: line.span)
        lineCount += 1
        guard lineCount <= lineLimit else { throw .tooManyTrailers }
        let name = HTTPField.Name(String(decoding: line[parsed.name], as: UTF8.self))
        if let name, !isTrailer || !Self.isForbidden(name.canonicalName) {
            fields.append(name, [UInt8](line[parsed.value]))
        }
        line.removeAll(keepingCapacity: true)
    }

    /// Whether the field with this name, in lower case, must not be in trailers, because it says how to frame, route,
    /// authenticate, modify, control or understand a message whose content has been handled by then (RFC 9110 §6.5.1).
    ///
    /// Content-Digest is made for trailers (RFC 9530 §6.3), every other `Content-` field is refused.
    static func isForbidden(_ name: String) -> Bool {
        switch name {
        case "content-digest": false
        case "transfer-encoding", "trailer", "te", "connection", "keep-alive", "proxy-connection", "upgrade": true
        case "host", "forwarded", "max-forwards", "origin": true
        case "authorization", "proxy-authorization", "www-authenticate", "proxy-authenticate": true
        case "cookie", "set-cookie": true
        case "cache-control", "expect", "pragma", "prefer", "range": true
        case "age", "date", "expires", "location", "retry-after", "vary", "warning": true
        default: name.hasPrefix("content-") || name.hasPrefix("if-") || name.hasPrefix("x-forwarded-")
        }
    }
}
