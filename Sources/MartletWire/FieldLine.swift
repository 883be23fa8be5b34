/// Where the name and the value of one field line stand (RFC 9112 §5), as offsets into the bytes of a field section.
struct FieldLine: Sendable {
    var nameStart: UInt32
    var nameEnd: UInt32
    /// The value without white space around it.
    var valueStart: UInt32
    var valueEnd: UInt32

    var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
    var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }

    /// The line as `Fields` builds it itself: `Name: value`, to be followed by CRLF.
    init(start: Int, nameCount: Int, valueCount: Int) {
        nameStart = UInt32(start)
        nameEnd = nameStart + UInt32(nameCount)
        valueStart = nameEnd + 2
        valueEnd = valueStart + UInt32(valueCount)
    }

    /// Reads the line `input[start..<end]`, which is not empty and holds no control octet but HTAB.
    ///
    /// The offsets are relative to `base`, where the field section begins in `input`.
    @inline(__always)
    init(parsing input: Span<UInt8>, from start: Int, to end: Int, base: Int) throws(RequestError) {
        let nameEnd = endOfToken(in: input, from: start, to: end)
        guard nameEnd < end, input[nameEnd] == UInt8(ascii: ":"), nameEnd > start else {
            throw Self.fault(in: input.extracting(start..<end), at: nameEnd - start)
        }
        var valueStart = nameEnd + 1
        while valueStart < end, OctetSet.isWhitespace(input[valueStart]) {
            valueStart += 1
        }
        var valueEnd = end
        while valueEnd > valueStart, OctetSet.isWhitespace(input[valueEnd - 1]) {
            valueEnd -= 1
        }
        self.nameStart = UInt32(truncatingIfNeeded: start - base)
        self.nameEnd = UInt32(truncatingIfNeeded: nameEnd - base)
        self.valueStart = UInt32(truncatingIfNeeded: valueStart - base)
        self.valueEnd = UInt32(truncatingIfNeeded: valueEnd - base)
    }

    /// Says what is wrong with a line whose name ends at `index` without a colon after it, or is empty.
    private static func fault(in line: Span<UInt8>, at index: Int) -> RequestError {
        guard index < line.count else { return .missingColon }
        if OctetSet.isWhitespace(line[index]) {
            if index == 0 { return .foldedLine }
            var next = index
            while next < line.count, OctetSet.isWhitespace(line[next]) {
                next += 1
            }
            return next < line.count && line[next] == UInt8(ascii: ":") ? .whitespaceBeforeColon : .invalidFieldName
        }
        return index == 0 && line[index] == UInt8(ascii: ":") ? .emptyFieldName : .invalidFieldName
    }
}
