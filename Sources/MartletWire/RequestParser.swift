/// Reads the head of a request, in as many pieces as it comes in (RFC 9112 §2 to §6).
///
/// Nothing is repaired: a head that is not wholly valid is refused, for where one program guesses and another guesses
/// differently, requests are smuggled (RFC 9112 §11.2). Lines end with CRLF only, field lines are not folded, exactly one
/// SP separates the parts of the request line. Octets 0x80 to 0xFF are taken in field values only.
///
/// The outcome does not depend on how the bytes are cut into pieces, and each octet is looked at a fixed number of times.
public struct RequestParser: Sendable {
    private enum Phase {
        /// Before the request line, where empty lines are skipped.
        case emptyLines
        case requestLine
        case fieldLines
        /// The head is complete; the next call begins another.
        case complete
        case failed(RequestError)
    }

    private let limits: HeadLimits
    private var phase = Phase.emptyLines
    private var lines = HeadLines()
    private var framing = FramingFields()

    /// Makes a parser at the beginning of a head.
    public init(limits: HeadLimits = HeadLimits()) {
        self.limits = limits.clamped
    }

    /// Whether no octet of a head was seen since the parser was made or reset. Empty lines before a head do not count.
    public var isIdle: Bool {
        if case .emptyLines = phase { true } else { false }
    }

    /// Makes the parser ready for the next head.
    public mutating func reset() {
        self = RequestParser(checked: limits)
    }

    private init(checked limits: HeadLimits) {
        self.limits = limits
    }

    /// Reads as much of a head as there is into `head`, which must be the same one in all calls for one head.
    ///
    /// - Parameters:
    ///   - input: All bytes received from where the head begins: in each call those of the last call and more. What comes
    ///     after the head is not looked at.
    ///   - head: Where the head goes; what it held is replaced when a request line begins. Until this returns a number
    ///     it holds the complete lines that were read so far; so it does after an error, for the log.
    /// - Returns: The octets that the head took, empty lines before it and the empty line after it included, once it is
    ///   complete; nil when more input is needed. The call after that begins a new head, `reset` or not.
    /// - Throws: What is wrong with the head. Further calls throw the same again until `reset`.
    public mutating func parse(_ input: Span<UInt8>, into head: inout RequestHead) throws(RequestError) -> Int? {
        switch phase {
        case .complete: reset()
        case .failed(let error): throw error
        default: break
        }
        do throws(RequestError) {
            let isComplete = try advance(input, &head)
            keepFieldLines(of: input, in: &head)
            if isComplete {
                phase = .complete
                return lines.scanned
            }
            return nil
        } catch {
            keepFieldLines(of: input, in: &head)
            phase = .failed(error)
            throw error
        }
    }

    /// Moves on to the end of the head or of the input; whether the head is complete.
    @inline(__always)
    private mutating func advance(_ input: Span<UInt8>, _ head: inout RequestHead) throws(RequestError) -> Bool {
        let window = min(input.count, limits.head)
        if isIdle {
            guard try skipEmptyLines(input, to: window) else { return try needMore(input) }
            head.reset()
            phase = .requestLine
        }
        if case .requestLine = phase {
            guard try readRequestLine(input, to: window, &head) else { return try needMore(input) }
            phase = .fieldLines
        }
        guard try lines.readFields(input, to: window, limit: limits.fieldCount, into: &head.fields, &framing) else {
            return try needMore(input)
        }
        try framing.settle(&head)
        return true
    }

    /// Says that more input is needed: false, or an error where no more is accepted.
    private func needMore(_ input: Span<UInt8>) throws(RequestError) -> Bool {
        guard input.count >= limits.head else { return false }
        if case .requestLine = phase { throw .requestLineTooLong }
        throw .headTooLarge
    }
}

// MARK: - Lines

extension RequestParser {
    /// Skips empty lines before the request line (RFC 9112 §2.2); whether its first octet is there.
    @inline(__always)
    private mutating func skipEmptyLines(_ input: Span<UInt8>, to window: Int) throws(RequestError) -> Bool {
        while lines.scanned < window {
            guard input[lines.scanned] == 0x0D else {
                // 22 is the type of a TLS handshake record (RFC 8446 §5.1).
                if lines.scanned == 0, input[0] == 22 { throw .tlsClientHello }
                lines.beginLine()
                return true
            }
            guard lines.scanned + 1 < window else { return false }
            guard input[lines.scanned + 1] == 0x0A else { throw .bareCarriageReturn }
            lines.scanned += 2
            guard lines.scanned <= 2 * HeadLimits.emptyLines else { throw .tooManyEmptyLines }
        }
        return false
    }

    /// Reads the request line; whether it is complete.
    @inline(__always)
    private mutating func readRequestLine(
        _ input: Span<UInt8>,
        to window: Int,
        _ head: inout RequestHead
    ) throws(RequestError) -> Bool {
        // One octet more than the limit, where the CR of the longest line is.
        let bound = min(window, lines.lineStart + limits.requestLine + 1)
        guard let end = try lines.endOfLine(input, to: bound, window: window, allowingTabs: false) else {
            guard lines.scanned - lines.lineStart > limits.requestLine else { return false }
            _ = try head.readMethod(input.extracting(lines.lineStart..<lines.scanned))
            throw .requestLineTooLong
        }
        try head.readRequestLine(input.extracting(lines.lineStart..<end))
        lines.beginFields()
        return true
    }

    /// Copies the bytes of the lines that were read since the last call into the head.
    private func keepFieldLines(of input: Span<UInt8>, in head: inout RequestHead) {
        guard case .fieldLines = phase else { return }
        lines.keepFields(of: input, in: &head.fields)
    }
}
