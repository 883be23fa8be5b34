public import HTTPTypes

/// The head of a script's answer (RFC 3875 §6): what it asks of the server, and the fields for the client.
/// `CGIResponseParser` fills it in.
public struct CGIResponseHead: Sendable {
    /// What a script answers (§6.2).
    public enum Kind: Sendable, Equatable {
        /// A document follows (§6.2.1), with whatever status.
        case document
        /// The server answers as if this path and query had been asked for (§6.2.2). Nothing else was said.
        case localRedirect(String)
        /// The client is sent to an absolute URI (§6.2.3), and there is no document.
        case redirect
        /// The client is sent elsewhere, and a document says so (§6.2.4).
        case redirectWithDocument
    }

    /// What the script answers.
    public internal(set) var kind = Kind.document
    /// The status for the client: that of Status; else 302 for a redirect, 200 for all others.
    public internal(set) var status: HTTPResponse.Status = .ok
    /// The fields for the client, Content-Type and Location with them. Without Status and the `X-CGI-` fields, which are
    /// for the server, and without those for the connection, which is none of the script's business (§6.3.4).
    public var fields = Fields()
    /// The value of Content-Length, which is among the fields too.
    public internal(set) var contentLength: Int?

    /// Makes an empty head for a parser to fill in.
    public init() {}
}

/// Why a script's answer is none: what is wrong with its head.
public enum CGIResponseError: Error, Equatable, Sendable {
    /// The script wrote nothing.
    case empty
    /// Its output ends within the head.
    case unfinished
    /// The head is larger than the limit.
    case headTooLarge
    /// It has more fields than the limit.
    case tooManyFields
    /// A CR stands without LF after it.
    case bareCarriageReturn
    /// A control octet stands in a line.
    case controlCharacter
    /// A line is no field line.
    case line(RequestError)
    /// None of Content-Type, Location and Status is there (§6.3).
    case noCGIField
    /// One of them is there twice (§6.3).
    case repeatedField
    /// Status is not a code of 200 to 599 and a phrase (§6.3.3).
    case invalidStatus
    /// Location is neither a path nor an absolute URI (§6.3.2).
    case invalidLocation
    /// A local redirect comes with other fields (§6.2.2).
    case localRedirectWithFields
    /// Content-Length is no length.
    case length(RequestError)
    /// The script codes its content for the connection, which is the server's (§6.3.4).
    case transferEncoding

    /// A sentence for the log. Holds nothing that the script wrote.
    public var reason: String {
        switch self {
        case .empty: "it wrote nothing"
        case .unfinished: "its output ends before the empty line behind the header fields"
        case .headTooLarge: "its header fields are too large"
        case .tooManyFields: "it wrote too many header fields"
        case .bareCarriageReturn: "a CR without LF stands in its header fields"
        case .controlCharacter: "a control character stands in its header fields"
        case .line(let error): "a line of its head is no header field: \(error.reason)"
        case .noCGIField: "it wrote none of Content-Type, Location and Status"
        case .repeatedField: "it wrote Content-Type, Location or Status twice"
        case .invalidStatus: "its Status is not one of 200 to 599, or not followed by a space"
        case .invalidLocation: "its Location is neither a path that begins with / nor an absolute URI, without a Status"
        case .localRedirectWithFields: "its Location is a path, without a Status but with other fields"
        case .length(let error): "its Content-Length cannot be used: \(error.reason)"
        case .transferEncoding: "it wrote Transfer-Encoding, which is for the server to choose"
        }
    }
}

/// Reads the head of a script's answer, in as many pieces as it comes in (RFC 3875 §6.2, §6.3).
///
/// Lines end with LF or CRLF (§7.2). There are no continuation lines and no white space before a colon (§6.3). A head that
/// is not wholly valid is refused, whatever of it could be guessed; the outcome does not depend on how the octets are cut.
public struct CGIResponseParser: Sendable {
    private enum Phase {
        case fieldLines
        case complete
        case failed(CGIResponseError)
    }

    private let limits: HeadLimits
    private var phase = Phase.fieldLines
    /// The octets that need not be looked at again.
    private var scanned = 0
    private var lineStart = 0
    private var lineCount = 0
    private var own = OwnFields()

    /// Makes a parser at the beginning of a head.
    /// - Parameter limits: `requestLine` means nothing here.
    public init(limits: HeadLimits = HeadLimits()) {
        self.limits = limits.clamped
    }

    /// Reads as much of the head as there is into `head`, which must be the same one in all calls.
    /// - Parameter input: All octets from where the head begins: in each call those of the last call and more.
    /// - Returns: The octets that the head took, with the empty line after it, once it is complete; nil when more is needed.
    /// - Throws: What is wrong with it; further calls throw the same.
    public mutating func parse(
        _ input: Span<UInt8>,
        into head: inout CGIResponseHead
    ) throws(CGIResponseError) -> Int? {
        switch phase {
        case .complete: return scanned
        case .failed(let error): throw error
        case .fieldLines: break
        }
        do throws(CGIResponseError) {
            guard try advance(input, &head) else { return nil }
            phase = .complete
            return scanned
        } catch {
            phase = .failed(error)
            throw error
        }
    }

    /// Why there is no head when the output ends here, with `parse` having returned nil.
    /// - Parameter isEmpty: nothing was written at all.
    public static func endError(isEmpty: Bool) -> CGIResponseError {
        isEmpty ? .empty : .unfinished
    }

    /// Moves on to the end of the head or of the input; whether the head is complete.
    private mutating func advance(
        _ input: Span<UInt8>,
        _ head: inout CGIResponseHead
    ) throws(CGIResponseError) -> Bool {
        let window = min(input.count, limits.head)
        while let end = try endOfLine(input, to: window) {
            let line = input.extracting(lineStart..<end)
            lineStart = scanned
            if line.isEmpty {
                try own.settle(&head, lineCount: lineCount)
                return true
            }
            lineCount += 1
            guard lineCount <= limits.fieldCount else { throw .tooManyFields }
            try own.note(line, in: &head)
        }
        guard input.count < limits.head else { throw .headTooLarge }
        return false
    }

    /// The index at which the line ends, with `scanned` set behind its LF; nil if that is not there yet.
    private mutating func endOfLine(_ input: Span<UInt8>, to window: Int) throws(CGIResponseError) -> Int? {
        while true {
            let index = firstControl(in: input, from: scanned, to: window)
            scanned = index
            guard index < window else { return nil }
            switch input[index] {
            case 0x0A:
                scanned = index + 1
                return index
            case 0x0D:
                guard index + 1 < window else { return nil }
                guard input[index + 1] == 0x0A else { throw .bareCarriageReturn }
                scanned = index + 2
                return index
            case 0x09: scanned = index + 1
            default: throw .controlCharacter
            }
        }
    }
}

/// The fields that the server acts upon (RFC 3875 §6.3), gathered line by line.
private struct OwnFields: Sendable {
    private var hasType = false
    private var status: HTTPResponse.Status?
    private var location: String?
    /// Whether that is a path or has a scheme; else it is relative, which only a client can understand.
    private var isAbsolute = false
    /// Lines that are for the server alone, and say nothing to a client.
    private var dropped = 0
    private var message = MessageFraming()

    mutating func note(_ line: Span<UInt8>, in head: inout CGIResponseHead) throws(CGIResponseError) {
        let parsed: FieldLine
        do throws(RequestError) {
            parsed = try FieldLine(parsing: line)
        } catch {
            throw .line(error)
        }
        let name = line.extracting(parsed.name)
        let value = line.extracting(parsed.value)
        guard try isForClient(name, value) else {
            dropped += 1
            return
        }
        head.fields.append(copying: name, value)
    }

    /// Takes what the server needs of a field; whether the client gets it too.
    private mutating func isForClient(_ name: Span<UInt8>, _ value: Span<UInt8>) throws(CGIResponseError) -> Bool {
        switch name.count {
        case 6 where name.equals(anyCaseOf: "status"):
            guard status == nil else { throw .repeatedField }
            status = try Self.status(value)
            return false
        case 8 where name.equals(anyCaseOf: "location"):
            guard location == nil else { throw .repeatedField }
            guard !value.isEmpty else { throw .invalidLocation }
            location = Self.text(value)
            isAbsolute = Self.isAbsolute(value)
        case 12 where name.equals(anyCaseOf: "content-type"):
            guard !hasType else { throw .repeatedField }
            hasType = true
        case 14 where name.equals(anyCaseOf: "content-length"):
            do throws(RequestError) {
                try message.note(name, value)
            } catch {
                throw .length(error)
            }
        case 17 where name.equals(anyCaseOf: "transfer-encoding"): throw .transferEncoding
        case 2 where name.equals(anyCaseOf: "te"), 5 where name.equals(anyCaseOf: "close"),
            7 where name.equals(anyCaseOf: "upgrade") || name.equals(anyCaseOf: "trailer"),
            10 where name.equals(anyCaseOf: "connection") || name.equals(anyCaseOf: "keep-alive"),
            16 where name.equals(anyCaseOf: "proxy-connection"):
            return false
        case 6... where name.extracting(0..<6).equals(anyCaseOf: "x-cgi-"): return false
        default: break
        }
        return true
    }

    /// Puts what the lines came to into `head`, or says why they make no answer.
    func settle(_ head: inout CGIResponseHead, lineCount: Int) throws(CGIResponseError) {
        guard hasType || location != nil || status != nil else { throw .noCGIField }
        head.contentLength = message.contentLength
        if let status {
            head.status = status
            // Wherever it leads to, it is for the client, who may be told a relative reference too (RFC 9110 §10.2.2).
            head.kind = location != nil && 300...399 ~= status.code ? .redirectWithDocument : .document
        } else if location != nil, !isAbsolute {
            throw .invalidLocation
        } else if let location, location.utf8.first == UInt8(ascii: "/") {
            guard lineCount - dropped == 1 else { throw .localRedirectWithFields }
            head.kind = .localRedirect(location)
        } else if location != nil {
            head.status = .found
            head.kind = hasType ? .redirectWithDocument : .redirect
        }
    }

    /// `Status = 3digit [ SP reason-phrase ]` (§6.3.3): the phrase may be missing. One that is not ASCII is left out.
    private static func status(_ value: Span<UInt8>) throws(CGIResponseError) -> HTTPResponse.Status {
        guard value.count >= 3, value.count == 3 || value[3] == UInt8(ascii: " ") else { throw .invalidStatus }
        var code = 0
        for index in 0..<3 {
            guard OctetSet.isDigit(value[index]) else { throw .invalidStatus }
            code = code * 10 + Int(value[index] - 0x30)
        }
        guard 200...599 ~= code else { throw .invalidStatus }
        let phrase = value.extracting(min(4, value.count)..<value.count)
        for index in phrase.indices where phrase[index] >= 0x80 { return HTTPResponse.Status(code: code) }
        return HTTPResponse.Status(code: code, reasonPhrase: text(phrase))
    }

    /// Whether a Location is a path or begins with a scheme (§6.3.2).
    private static func isAbsolute(_ value: Span<UInt8>) -> Bool {
        if value[0] == UInt8(ascii: "/") { return true }
        guard OctetSet.isLowercase(OctetSet.lowercased(value[0])) else { return false }
        let end = OctetSet.scheme.end(in: value)
        return end < value.count && value[end] == UInt8(ascii: ":")
    }

    private static func text(_ octets: Span<UInt8>) -> String {
        var copy: [UInt8] = []
        copy.append(copying: octets)
        return String(decoding: copy, as: UTF8.self)
    }
}
