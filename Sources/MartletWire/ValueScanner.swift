/// A cursor over one field value: the tokens, quoted-strings, parameters and lists of RFC 9110 §5.6.
///
/// It never reads past the end and takes time linear in the value.
struct ValueScanner: ~Escapable {
    let bytes: Span<UInt8>
    var position = 0

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position >= bytes.count }

    /// The octet under the cursor; nil at the end.
    var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// Steps over `octet` when it is next, and says whether it was.
    mutating func consume(_ octet: UInt8) -> Bool {
        guard current == octet else { return false }
        position += 1
        return true
    }

    /// Steps over optional whitespace (RFC 9110 §5.6.3).
    mutating func skipWhitespace() {
        while let octet = current, OctetSet.isWhitespace(octet) { position += 1 }
    }

    /// Steps over a token (RFC 9110 §5.6.2) and returns where it lies; empty when there is none.
    mutating func token() -> Range<Int> {
        let start = position
        position = OctetSet.token.end(in: bytes, from: start)
        return start..<position
    }

    /// Steps over `*DIGIT` and returns its value, `Int.max` when it is larger than that; nil when there is no digit.
    mutating func decimal() -> Int? {
        let start = position
        var value = 0
        while position < bytes.count, OctetSet.isDigit(bytes[position]) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(bytes[position] &- 0x30))
            value = overflow || carry ? Int.max : sum
            position += 1
        }
        return position > start ? value : nil
    }

    /// Steps over a quoted-string (RFC 9110 §5.6.4) and returns its content without quotes and backslashes; nil, with
    /// the cursor anywhere, when it is not one.
    mutating func quotedString() -> [UInt8]? {
        guard consume(UInt8(ascii: "\"")) else { return nil }
        var content: [UInt8] = []
        while let octet = current {
            position += 1
            switch octet {
            case UInt8(ascii: "\""):
                return content
            case UInt8(ascii: "\\"):
                guard let escaped = current, OctetSet.isText(escaped) else { return nil }
                position += 1
                content.append(escaped)
            case _ where OctetSet.isText(octet):
                content.append(octet)
            default:
                return nil
            }
        }
        return nil
    }

    /// Whether the octets at `range` are `lowercase`, ASCII letters compared without case.
    func matches(_ range: Range<Int>, _ lowercase: StaticString) -> Bool {
        bytes.extracting(range).equals(anyCaseOf: lowercase)
    }

    /// The octets at `range` as a String with ASCII letters in lower case.
    func lowercasedString(_ range: Range<Int>) -> String {
        String(decoding: range.map { OctetSet.lowercased(bytes[$0]) }, as: UTF8.self)
    }

    /// The octets at `range` as a String.
    func string(_ range: Range<Int>) -> String {
        String(decoding: range.map { bytes[$0] }, as: UTF8.self)
    }
}

// Lists (RFC 9110 §5.6.1.2): empty members are skipped.
extension ValueScanner {
    /// Moves to the start of the next list member, over commas and whitespace; false at the end of the value.
    mutating func nextMember() -> Bool {
        while let octet = current, octet == UInt8(ascii: ",") || OctetSet.isWhitespace(octet) { position += 1 }
        return !isAtEnd
    }

    /// Whether the member ends here: only whitespace follows before a comma or the end. Steps over the whitespace.
    mutating func endsMember() -> Bool {
        skipWhitespace()
        return isAtEnd || current == UInt8(ascii: ",")
    }

    /// Moves to the comma that ends the member beginning at `start`, or to the end. Commas in a quoted-string are
    /// not ends.
    mutating func skipMember(from start: Int) {
        position = start
        var isQuoted = false
        while let octet = current {
            if octet == UInt8(ascii: ","), !isQuoted { return }
            if octet == UInt8(ascii: "\"") { isQuoted.toggle() }
            if octet == UInt8(ascii: "\\"), isQuoted { position += 1 }
            position += 1
        }
    }
}

// Parameters (RFC 9110 §5.6.6).
extension ValueScanner {
    /// Steps over `*( OWS ";" OWS [ parameter ] )` and returns the parameters in order; nil when one is malformed.
    mutating func parameters() -> [MediaType.Parameter]? {
        var result: [MediaType.Parameter] = []
        skipWhitespace()
        while consume(UInt8(ascii: ";")) {
            skipWhitespace()
            let name = token()
            if !name.isEmpty {
                guard consume(UInt8(ascii: "=")), let value = parameterValue() else { return nil }
                result.append(MediaType.Parameter(uncheckedName: lowercasedString(name), value: value))
            }
            skipWhitespace()
        }
        return result
    }

    private mutating func parameterValue() -> String? {
        if current == UInt8(ascii: "\"") {
            return quotedString().map { String(decoding: $0, as: UTF8.self) }
        }
        let value = token()
        return value.isEmpty ? nil : string(value)
    }
}

extension OctetSet {
    /// HTAB, SP, VCHAR and obs-text: what a quoted-string may hold (RFC 9110 §5.6.4) and a field value may too.
    package static func isText(_ octet: UInt8) -> Bool {
        octet >= 0x20 && octet != 0x7F || octet == 0x09
    }
}
