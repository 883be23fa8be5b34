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

    /// Reads `line`, which is not empty and holds no control octet but HTAB. The offsets are those in `line`.
    @inline(__always)
    init(parsing line: Span<UInt8>) throws(RequestError) {
        let nameEnd = OctetSet.token.end(in: line)
        guard nameEnd < line.count, line[nameEnd] == UInt8(ascii: ":"), nameEnd > 0 else {
            throw Self.fault(in: line, at: nameEnd)
        }
        var valueStart = nameEnd + 1
        while valueStart < line.count, OctetSet.isWhitespace(line[valueStart]) {
            valueStart += 1
        }
        var valueEnd = line.count
        while valueEnd > valueStart, OctetSet.isWhitespace(line[valueEnd - 1]) {
            valueEnd -= 1
        }
        nameStart = 0
        self.nameEnd = UInt32(truncatingIfNeeded: nameEnd)
        self.valueStart = UInt32(truncatingIfNeeded: valueStart)
        self.valueEnd = UInt32(truncatingIfNeeded: valueEnd)
    }

    /// The same line, `offset` octets further on. A field section has at most 1 GiB (`HeadLimits`).
    @inline(__always)
    func moved(by offset: Int) -> FieldLine {
        let offset = UInt32(truncatingIfNeeded: offset)
        var line = self
        line.nameStart &+= offset
        line.nameEnd &+= offset
        line.valueStart &+= offset
        line.valueEnd &+= offset
        return line
    }

    /// Whether `line`, in which this one was read, is just `Name: value`.
    @inline(__always)
    func isCanonical(in line: Span<UInt8>) -> Bool {
        value.upperBound == line.count && valueStart == nameEnd &+ 2 && line[name.upperBound + 1] == UInt8(ascii: " ")
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
