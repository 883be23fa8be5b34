package import HTTPTypes

/// The value of a field over all its lines, joined in order (RFC 9110 §5.3). That of one line, as nearly every field has,
/// is borrowed from the fields: nothing is copied.
package struct CombinedValue: ~Escapable {
    /// Whether the field has one line only.
    package let isOneLine: Bool
    private let line: Span<UInt8>
    private let joined: [UInt8]

    @_lifetime(copy line)
    init(line: Span<UInt8>) {
        (self.line, joined, isOneLine) = (line, [], true)
    }

    @_lifetime(immortal)
    init(joined: [UInt8]) {
        (line, self.joined, isOneLine) = (Span(), joined, false)
    }

    /// The octets of the value.
    package var span: Span<UInt8> {
        @_lifetime(borrow self)
        get { isOneLine ? line : joined.span }
    }
}

extension Fields {
    /// The value of the field `name` for the parsers of values, borrowed from these fields; nil if there is no such field.
    @_lifetime(borrow self)
    package func combinedValue(_ name: HTTPField.Name) -> CombinedValue? {
        guard let first = firstIndex(of: name.canonicalName) else { return nil }
        guard firstIndex(of: name.canonicalName, from: first + 1) == nil else {
            return CombinedValue(joined: combined(name) ?? [])
        }
        return CombinedValue(line: bytes.span.extracting(lines[first].value))
    }
}
