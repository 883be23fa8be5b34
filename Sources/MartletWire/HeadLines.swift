/// The lines of a head, as requests and responses have them in common (RFC 9112 §2.2, §5), and how far they were read.
struct HeadLines: Sendable {
    /// The octets of the input that need not be looked at again.
    var scanned = 0
    /// Where the line begins that `scanned` is in.
    var lineStart = 0
    /// Where the field lines begin.
    var fieldsStart = 0

    /// Goes on to the next line.
    @inline(__always)
    mutating func beginLine() {
        lineStart = scanned
    }

    /// The line after the start line begins here: the field lines.
    @inline(__always)
    mutating func beginFields() {
        lineStart = scanned
        fieldsStart = scanned
    }

    /// Returns the index of the CR that ends the line, and sets `scanned` after its LF; nil if it is not there yet.
    ///
    /// Looks for control octets in `scanned..<bound`, and for the LF in all of the window.
    @inline(__always)
    mutating func endOfLine(
        _ input: Span<UInt8>,
        to bound: Int,
        window: Int,
        allowingTabs: Bool
    ) throws(RequestError) -> Int? {
        while true {
            let index = firstControl(in: input, from: scanned, to: bound)
            scanned = index
            guard index < bound else { return nil }
            switch input[index] {
            case 0x0D:
                guard index + 1 < window else { return nil }
                guard input[index + 1] == 0x0A else { throw .bareCarriageReturn }
                scanned = index + 2
                return index
            case 0x09 where allowingTabs: scanned = index + 1
            case 0x0A: throw .bareLineFeed
            default: throw .controlCharacter
            }
        }
    }

    /// Reads field lines and shows each to `framing`; whether the empty line after them was found.
    @inline(__always)
    mutating func readFields<Framing: FieldLineReader>(
        _ input: Span<UInt8>,
        to window: Int,
        limit: Int,
        into fields: inout Fields,
        _ framing: inout Framing
    ) throws(RequestError) -> Bool {
        while let end = try endOfLine(input, to: window, window: window, allowingTabs: true) {
            if end == lineStart { return true }
            let line = input.extracting(lineStart..<end)
            let parsed = try FieldLine(parsing: line)
            guard fields.lines.count < limit else { throw .tooManyFields }
            fields.lines.append(parsed.moved(by: lineStart - fieldsStart))
            if !parsed.isCanonical(in: line) {
                fields.isCanonical = false
            }
            lineStart = scanned
            try framing.note(line, parsed)
        }
        return false
    }

    /// Copies the bytes of the field lines that were read since the last call.
    func keepFields(of input: Span<UInt8>, in fields: inout Fields) {
        let kept = fieldsStart + fields.bytes.count
        guard kept < lineStart else { return }
        fields.bytes.append(copying: input.extracting(kept..<lineStart))
    }
}

/// What gathers from field lines how a message is framed.
protocol FieldLineReader {
    /// Looks at one field line, which `parsed` was read from.
    mutating func note(_ line: Span<UInt8>, _ parsed: FieldLine) throws(RequestError)
}
