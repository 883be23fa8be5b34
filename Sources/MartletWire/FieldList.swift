/// The elements of a comma-separated field value, one after the other (RFC 9110 §5.6.1).
///
/// Empty elements are skipped, white space around elements is dropped. Quoted strings are not known here: this is for
/// lists of tokens (Connection, Expect, Transfer-Encoding), where a comma in quotes is a fault anyway.
struct FieldList {
    private var position = 0

    /// The bounds in `value` of the next element that is not empty, or nil after the last.
    mutating func next(in value: Span<UInt8>) -> Range<Int>? {
        while position < value.count {
            var start = position
            var end = value.firstIndex(of: UInt8(ascii: ","), from: start)
            position = end + 1
            while start < end, OctetSet.isWhitespace(value[start]) { start += 1 }
            while end > start, OctetSet.isWhitespace(value[end - 1]) { end -= 1 }
            if start < end { return start..<end }
        }
        return nil
    }
}
