public import HTTPTypes

/// Reads the head of a response, in as many pieces as it comes in (RFC 9112 §4 to §6).
///
/// As strict as `RequestParser`: a head that is not wholly valid is refused, for where one program guesses and another
/// guesses differently, responses are split. The space after the status code is required, as RFC 9112 §4 does. The outcome
/// does not depend on how the bytes are cut into pieces, and each octet is looked at a fixed number of times.
public struct ResponseParser: Sendable {
    private enum Phase {
        case statusLine
        case fieldLines
        /// The head is complete; the next call begins another.
        case complete
        case failed(ResponseError)
    }

    private let limits: HeadLimits
    private var phase = Phase.statusLine
    private var lines = HeadLines()
    private var framing = ResponseFramingFields()

    /// Makes a parser at the beginning of a head.
    /// - Parameter limits: `requestLine` is the longest status line here.
    public init(limits: HeadLimits = HeadLimits()) {
        self.limits = limits.clamped
    }

    private init(checked limits: HeadLimits) {
        self.limits = limits
    }

    /// Makes the parser ready for the next head.
    public mutating func reset() {
        self = ResponseParser(checked: limits)
    }

    /// Reads as much of a head as there is into `head`, which must be the same one in all calls for one head.
    ///
    /// - Parameters:
    ///   - input: All bytes received from where the head begins: in each call those of the last call and more. What comes
    ///     after the head is not looked at.
    ///   - method: That of the request: the answer to HEAD has no content whatever its head says. An answer to CONNECT is
    ///     taken for one with content.
    ///   - head: Where the head goes; what it held is replaced.
    /// - Returns: The octets that the head took, with the empty line after it, once it is complete; nil when more input
    ///   is needed. The call after that begins a new head, `reset` or not.
    /// - Throws: What is wrong with the head. Further calls throw the same again until `reset`.
    public mutating func parse(
        _ input: Span<UInt8>,
        to method: HTTPRequest.Method,
        into head: inout ReceivedResponse
    ) throws(ResponseError) -> Int? {
        switch phase {
        case .complete: reset()
        case .failed(let error): throw error
        default: break
        }
        do throws(ResponseError) {
            guard try advance(input, method, &head) else { return nil }
            phase = .complete
            return lines.scanned
        } catch {
            // The lines that were read go with their octets, whatever came after them.
            if case .fieldLines = phase { lines.keepFields(of: input, in: &head.fields) }
            phase = .failed(error)
            throw error
        }
    }

    /// Moves on to the end of the head or of the input; whether the head is complete.
    private mutating func advance(
        _ input: Span<UInt8>,
        _ method: HTTPRequest.Method,
        _ head: inout ReceivedResponse
    ) throws(ResponseError) -> Bool {
        let window = min(input.count, limits.head)
        if case .statusLine = phase {
            if lines.scanned == 0 { head.reset() }
            guard try readStatusLine(input, to: window, &head) else {
                guard input.count >= limits.head else { return false }
                throw .statusLineTooLong
            }
            phase = .fieldLines
        }
        do throws(RequestError) {
            let isComplete = try lines.readFields(
                input,
                to: window,
                limit: limits.fieldCount,
                into: &head.fields,
                &framing
            )
            lines.keepFields(of: input, in: &head.fields)
            guard isComplete else {
                guard input.count >= limits.head else { return false }
                throw .headTooLarge
            }
            try framing.settle(&head, to: method)
            return true
        } catch {
            throw .message(error)
        }
    }

    /// Reads the status line; whether it is complete. What does not begin as one is refused at its first octet.
    private mutating func readStatusLine(
        _ input: Span<UInt8>,
        to window: Int,
        _ head: inout ReceivedResponse
    ) throws(ResponseError) -> Bool {
        for (index, octet) in "HTTP/".utf8.enumerated() where index < window {
            guard input[index] == octet else { throw .malformedStatusLine }
        }
        // One octet more than the limit, where the CR of the longest line is.
        let bound = min(window, limits.requestLine + 1)
        let end: Int?
        do throws(RequestError) {
            end = try lines.endOfLine(input, to: bound, window: window, allowingTabs: true)
        } catch {
            throw .message(error)
        }
        guard let end else {
            guard lines.scanned > limits.requestLine else { return false }
            throw .statusLineTooLong
        }
        try head.readStatusLine(input.extracting(0..<end))
        lines.beginFields()
        return true
    }
}

extension ReceivedResponse {
    /// Takes apart `HTTP-version SP status-code SP [ reason-phrase ]` (RFC 9112 §4), which begins with `HTTP/` and holds
    /// no control octet but HTAB.
    fileprivate mutating func readStatusLine(_ line: Span<UInt8>) throws(ResponseError) {
        let codeStart = 9
        let phraseStart = 13
        guard line.count >= phraseStart, OctetSet.isDigit(line[5]), line[6] == UInt8(ascii: "."),
            OctetSet.isDigit(line[7]), line[8] == UInt8(ascii: " "), line[12] == UInt8(ascii: " ")
        else { throw .malformedStatusLine }
        guard line[5] == UInt8(ascii: "1") else { throw .unsupportedVersion }
        version = line[7] == UInt8(ascii: "0") ? .http1_0 : .http1_1
        var number = 0
        for index in codeStart..<codeStart + 3 {
            guard OctetSet.isDigit(line[index]) else { throw .malformedStatusLine }
            number = number * 10 + Int(line[index] - 0x30)
        }
        guard 100...599 ~= number else { throw .invalidStatus }
        code = number
        phrase.append(copying: line.extracting(phraseStart..<line.count))
    }
}

/// The fields that decide how a response is framed (RFC 9112 §6.3, §9.3).
private struct ResponseFramingFields: Sendable, FieldLineReader {
    private var message = MessageFraming()

    @inline(__always)
    mutating func note(_ line: Span<UInt8>, _ parsed: FieldLine) throws(RequestError) {
        switch parsed.nameEnd {
        case 10, 14, 17: try message.note(line.extracting(parsed.name), line.extracting(parsed.value))
        default: break
        }
    }

    /// Puts what the lines came to into `head`, whose status line was read.
    func settle(_ head: inout ReceivedResponse, to method: HTTPRequest.Method) throws(RequestError) {
        let isChunked = try message.isChunked(in: head.version)
        head.contentLength = message.contentLength
        head.wantsKeepAlive = message.wantsKeepAlive(in: head.version)
        if method == .head || head.code < 200 || head.code == 204 || head.code == 304 {
            head.framing = .none
        } else if isChunked {
            head.framing = .chunked
        } else if let length = message.contentLength {
            head.framing = length > 0 ? .length(length) : .none
        } else {
            head.framing = .untilClose
            head.wantsKeepAlive = false
        }
    }
}
