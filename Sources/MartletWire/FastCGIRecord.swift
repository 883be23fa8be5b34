/// The head of a record of FastCGI 1.0: eight octets before its content and padding (§3.3).
package struct FastCGIRecord: Sendable, Equatable {
    /// What a record is (§8).
    package enum Kind: UInt8, Sendable, CaseIterable {
        case beginRequest = 1
        case abortRequest = 2
        case endRequest = 3
        case parameters = 4
        case standardInput = 5
        case standardOutput = 6
        case standardError = 7
        case data = 8
        case getValues = 9
        case getValuesResult = 10
        case unknownType = 11

        /// Whether such records belong to no request, and have the id 0 (§3.3).
        package var isManagement: Bool { rawValue >= Kind.getValues.rawValue }

        /// Whether their contents are one stream, which an empty record ends (§3.3).
        package var isStream: Bool { Kind.parameters.rawValue...Kind.data.rawValue ~= rawValue }
    }

    package var kind: Kind
    package var requestID: UInt16
    /// Octets of content, 65,535 at most.
    package var contentLength: Int
    /// Octets behind it that mean nothing, 255 at most.
    package var paddingLength: Int

    package init(_ kind: Kind, requestID: UInt16, contentLength: Int, paddingLength: Int) {
        self.kind = kind
        self.requestID = requestID
        self.contentLength = contentLength
        self.paddingLength = paddingLength
    }

    /// Octets before the content.
    package static let headLength = 8
    /// The longest content.
    package static let longestContent = 65_535

    /// Reads the eight octets of a head.
    init(reading head: Span<UInt8>) throws(FastCGIError) {
        guard head[0] == 1 else { throw .unsupportedVersion(head[0]) }
        guard let kind = Kind(rawValue: head[1]) else { throw .unknownKind(head[1]) }
        self.kind = kind
        requestID = UInt16(head[2]) << 8 | UInt16(head[3])
        contentLength = Int(head[4]) << 8 | Int(head[5])
        paddingLength = Int(head[6])
        guard kind.isManagement == (requestID == 0) else { throw .wrongRequest(requestID) }
    }
}

/// Why records are refused. The connection must be closed: where the next one begins is not known any more.
package enum FastCGIError: Error, Equatable, Sendable {
    /// The version is not 1.
    case unsupportedVersion(UInt8)
    /// No record is of this kind.
    case unknownKind(UInt8)
    /// It is for a request that is not under way, or for none though it has to be for one.
    case wrongRequest(UInt16)
    /// A record that this side may not send, or not now.
    case unexpected(FastCGIRecord.Kind)
    /// The content of such a record has another length.
    case wrongLength(FastCGIRecord.Kind, Int)
    /// A stream goes on behind its end.
    case behindEnd(FastCGIRecord.Kind)
    /// No protocol status is this.
    case unknownStatus(UInt8)
    /// Name-value pairs end in the middle of one.
    case cutPair
    /// More than the limit.
    case tooLarge

    /// One sentence for the log.
    package var reason: String {
        switch self {
        case .unsupportedVersion(let version): "A record is of version \(version), not 1."
        case .unknownKind(let kind): "A record is of the unknown type \(kind)."
        case .wrongRequest(let id): "A record is for the request \(id), which is not under way."
        case .unexpected(let kind): "A record of type \(kind.rawValue) may not come here."
        case .wrongLength(let kind, let count): "A record of type \(kind.rawValue) has \(count) octets of content."
        case .behindEnd(let kind): "A record of type \(kind.rawValue) comes behind the end of its stream."
        case .unknownStatus(let status): "The protocol status \(status) is unknown."
        case .cutPair: "The name-value pairs end in the middle of one."
        case .tooLarge: "There is more than the limit allows."
        }
    }
}

// MARK: - Reading

/// Takes records from octets as they come, however they are cut.
package struct FastCGIRecordDecoder: Sendable {
    package enum Event: Equatable, Sendable {
        /// All of the input was taken, and the record, or its head, is not complete.
        case needsInput
        /// A record begins.
        case begin(FastCGIRecord)
        /// A part of its content: a range of the input, never empty.
        case content(Range<Int>)
        /// It ended, with its padding.
        case end
    }

    private enum Phase: Equatable {
        case head
        case content(Int, padding: Int)
        case padding(Int)
        case failed(FastCGIError)
    }

    private var phase = Phase.head
    /// The octets of a head that came before the rest of it.
    private var head: [UInt8] = []

    package init() {}

    /// Whether it is between two records.
    package var isBetween: Bool { phase == .head && head.isEmpty }

    /// What comes next in `input` from `offset` on, which moves behind it.
    /// - Throws: what is wrong with a head; further calls throw the same.
    package mutating func next(_ input: Span<UInt8>, offset: inout Int) throws(FastCGIError) -> Event {
        switch phase {
        case .head:
            return try readHead(input, &offset)
        case .content(let count, let padding):
            guard offset < input.count else { return .needsInput }
            let start = offset
            offset += min(count, input.count - start)
            let rest = count - (offset - start)
            phase = rest > 0 ? .content(rest, padding: padding) : .padding(padding)
            return .content(start..<offset)
        case .padding(let count):
            let taken = min(count, input.count - offset)
            offset += taken
            guard taken == count else {
                phase = .padding(count - taken)
                return .needsInput
            }
            phase = .head
            return .end
        case .failed(let error):
            throw error
        }
    }

    private mutating func readHead(_ input: Span<UInt8>, _ offset: inout Int) throws(FastCGIError) -> Event {
        let record: FastCGIRecord
        do throws(FastCGIError) {
            if head.isEmpty, input.count - offset >= FastCGIRecord.headLength {
                record = try FastCGIRecord(reading: input.extracting(offset..<offset + FastCGIRecord.headLength))
                offset += FastCGIRecord.headLength
            } else {
                while head.count < FastCGIRecord.headLength {
                    guard offset < input.count else { return .needsInput }
                    head.append(input[offset])
                    offset += 1
                }
                record = try FastCGIRecord(reading: head.span)
                head.removeAll(keepingCapacity: true)
            }
        } catch {
            phase = .failed(error)
            throw error
        }
        phase =
            record.contentLength > 0
            ? .content(record.contentLength, padding: record.paddingLength) : .padding(record.paddingLength)
        return .begin(record)
    }
}

/// How an application ended a request (§5.5).
package struct FastCGIEnd: Sendable, Equatable {
    /// What became of the request as far as the protocol goes (§5.5).
    package enum ProtocolStatus: UInt8, Sendable, CaseIterable {
        case requestComplete = 0
        case cannotMultiplex = 1
        case overloaded = 2
        case unknownRole = 3
    }

    /// The application's own; for a CGI program, what `exit` was given.
    package var applicationStatus: UInt32
    package var protocolStatus: ProtocolStatus

    package init(applicationStatus: UInt32 = 0, protocolStatus: ProtocolStatus = .requestComplete) {
        self.applicationStatus = applicationStatus
        self.protocolStatus = protocolStatus
    }

    /// Octets of its content.
    static let length = 8

    fileprivate init(reading octets: Span<UInt8>) throws(FastCGIError) {
        guard let status = ProtocolStatus(rawValue: octets[4]) else { throw .unknownStatus(octets[4]) }
        protocolStatus = status
        applicationStatus = (0..<4).reduce(0) { $0 << 8 | UInt32(octets[$1]) }
    }
}

/// Reads what an application answers to the one request on its connection.
///
/// Strict: a record for another request, of a kind that only servers send, or behind the end of its stream is refused.
/// Streams need not be ended before the request is: PHP does not.
package struct FastCGIAnswerDecoder: Sendable {
    package enum Event: Equatable, Sendable {
        /// All of the input was taken.
        case needsInput
        /// A part of the standard output: a range of the input, never empty.
        case output(Range<Int>)
        /// A part of the standard error: a range of the input, never empty.
        case errors(Range<Int>)
        /// The request has ended; what follows belongs to no request.
        case end(FastCGIEnd)
    }

    private let requestID: UInt16
    private var records = FastCGIRecordDecoder()
    private var current = FastCGIRecord.Kind.standardOutput
    private var outputHasEnded = false
    private var errorsHaveEnded = false
    private var endBody: [UInt8] = []
    private var failure: FastCGIError?
    /// Whether the request has ended.
    package private(set) var isComplete = false

    package init(requestID: UInt16 = 1) {
        self.requestID = requestID
    }

    /// What comes next in `input` from `offset` on, which moves behind it. Behind the end nothing is taken.
    /// - Throws: what is wrong; further calls throw the same.
    package mutating func next(_ input: Span<UInt8>, offset: inout Int) throws(FastCGIError) -> Event {
        if let failure { throw failure }
        do throws(FastCGIError) {
            while !isComplete {
                switch try records.next(input, offset: &offset) {
                case .needsInput: return .needsInput
                case .begin(let record): try begin(record)
                case .content(let range):
                    switch current {
                    case .standardOutput: return .output(range)
                    case .standardError: return .errors(range)
                    default: endBody.append(copying: input.extracting(range))
                    }
                case .end:
                    guard current == .endRequest else { continue }
                    let end = try FastCGIEnd(reading: endBody.span)
                    isComplete = true
                    return .end(end)
                }
            }
            return .needsInput
        } catch {
            failure = error
            throw error
        }
    }

    private mutating func begin(_ record: FastCGIRecord) throws(FastCGIError) {
        guard record.requestID == requestID || record.kind.isManagement else {
            throw .wrongRequest(record.requestID)
        }
        switch record.kind {
        case .standardOutput:
            guard !outputHasEnded else { throw .behindEnd(record.kind) }
            outputHasEnded = record.contentLength == 0
        case .standardError:
            guard !errorsHaveEnded else { throw .behindEnd(record.kind) }
            errorsHaveEnded = record.contentLength == 0
        case .endRequest:
            guard record.contentLength == FastCGIEnd.length else {
                throw .wrongLength(record.kind, record.contentLength)
            }
        default:
            // Nothing was asked that the others would answer.
            throw .unexpected(record.kind)
        }
        current = record.kind
    }
}

// MARK: - Writing

/// What a record begins with, and what goes into it.
package enum FastCGIWriter {
    /// Content of a record that is split: the longest that needs no padding.
    static let usualContent = 65_528

    /// Begins a request in the role of a responder (§5.1).
    /// - Parameter keepsConnection: whether the connection stays open behind the answer.
    package static func appendBegin(keepsConnection: Bool, requestID: UInt16 = 1, to output: inout [UInt8]) {
        appendHead(.beginRequest, requestID, contentLength: 8, to: &output)
        output += [0, 1, keepsConnection ? 1 : 0, 0, 0, 0, 0, 0]
    }

    /// Tells the application that nobody waits any more (§5.4).
    package static func appendAbort(requestID: UInt16 = 1, to output: inout [UInt8]) {
        appendHead(.abortRequest, requestID, contentLength: 0, to: &output)
    }

    /// Ends a request, as applications do (§5.5).
    package static func appendEnd(_ end: FastCGIEnd, requestID: UInt16 = 1, to output: inout [UInt8]) {
        appendHead(.endRequest, requestID, contentLength: 8, to: &output)
        output += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: end.applicationStatus >> $0) }
        output += [end.protocolStatus.rawValue, 0, 0, 0]
    }

    /// Octets of a stream, in as many records as they take. Of none, nothing is written: that would end it.
    package static func append(
        _ octets: Span<UInt8>,
        of kind: FastCGIRecord.Kind,
        requestID: UInt16 = 1,
        to output: inout [UInt8]
    ) {
        var start = 0
        while start < octets.count {
            let count = min(usualContent, octets.count - start)
            let padding = appendHead(kind, requestID, contentLength: count, to: &output)
            output.append(copying: octets.extracting(start..<start + count))
            output.append(contentsOf: repeatElement(0, count: padding))
            start += count
        }
    }

    /// The end of a stream.
    package static func appendEnd(
        of kind: FastCGIRecord.Kind,
        requestID: UInt16 = 1,
        to output: inout [UInt8]
    ) {
        appendHead(kind, requestID, contentLength: 0, to: &output)
    }

    /// The stream of a request's parameters, with its end. A pair stands in one record wherever one can hold it: PHP asks
    /// for that.
    package static func appendParameters(
        _ pairs: [(name: [UInt8], value: [UInt8])],
        requestID: UInt16 = 1,
        to output: inout [UInt8]
    ) {
        var waiting: [UInt8] = []
        for (name, value) in pairs {
            let start = waiting.count
            FastCGIPairs.append(name, value, to: &waiting)
            guard waiting.count > FastCGIRecord.longestContent else { continue }
            appendWhole(waiting.span.extracting(0..<start), requestID, to: &output)
            waiting.removeFirst(start)
            guard waiting.count > FastCGIRecord.longestContent else { continue }
            append(waiting.span, of: .parameters, requestID: requestID, to: &output)
            waiting.removeAll(keepingCapacity: true)
        }
        appendWhole(waiting.span, requestID, to: &output)
        appendEnd(of: .parameters, requestID: requestID, to: &output)
    }

    /// One record for what fits in one.
    private static func appendWhole(_ octets: Span<UInt8>, _ requestID: UInt16, to output: inout [UInt8]) {
        guard !octets.isEmpty else { return }
        let padding = appendHead(.parameters, requestID, contentLength: octets.count, to: &output)
        output.append(copying: octets)
        output.append(contentsOf: repeatElement(0, count: padding))
    }

    /// - Returns: the octets of padding that belong behind the content, so that the next record begins at a multiple of
    ///   eight, as §3.3 recommends.
    @discardableResult
    private static func appendHead(
        _ kind: FastCGIRecord.Kind,
        _ requestID: UInt16,
        contentLength: Int,
        to output: inout [UInt8]
    ) -> Int {
        let padding = (8 - contentLength % 8) % 8
        output += [
            1, kind.rawValue, UInt8(requestID >> 8), UInt8(truncatingIfNeeded: requestID),
            UInt8(truncatingIfNeeded: contentLength >> 8), UInt8(truncatingIfNeeded: contentLength),
            UInt8(padding), 0,
        ]
        return padding
    }
}

// MARK: - Name-value pairs

/// Names and values with their lengths before them: one octet up to 127, four beyond (§3.4).
package enum FastCGIPairs {
    /// Appends a pair. A length of 2 GiB or more cannot be written; nothing of that size gets here.
    package static func append(_ name: [UInt8], _ value: [UInt8], to output: inout [UInt8]) {
        appendLength(name.count, to: &output)
        appendLength(value.count, to: &output)
        output.append(contentsOf: name)
        output.append(contentsOf: value)
    }

    private static func appendLength(_ count: Int, to output: inout [UInt8]) {
        if count < 0x80 {
            output.append(UInt8(truncatingIfNeeded: count))
        } else {
            output += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: (count | 1 << 31) >> $0) }
        }
    }

    /// Reads pairs to the end of `input`.
    /// - Parameter limit: octets of all names and values.
    /// - Throws: `cutPair` where the last one is not whole; `tooLarge` beyond the limit, at the lengths that show it.
    package static func read(
        _ input: Span<UInt8>,
        limit: Int = 1 << 20
    ) throws(FastCGIError) -> [(name: [UInt8], value: [UInt8])] {
        var pairs: [(name: [UInt8], value: [UInt8])] = []
        var offset = 0
        var room = limit
        while offset < input.count {
            let nameCount = try length(input, &offset)
            let valueCount = try length(input, &offset)
            // Neither is 2 GiB or more: the sum cannot overflow.
            guard nameCount + valueCount <= room else { throw .tooLarge }
            guard nameCount + valueCount <= input.count - offset else { throw .cutPair }
            room -= nameCount + valueCount
            var name: [UInt8] = []
            name.append(copying: input.extracting(offset..<offset + nameCount))
            offset += nameCount
            var value: [UInt8] = []
            value.append(copying: input.extracting(offset..<offset + valueCount))
            offset += valueCount
            pairs.append((name, value))
        }
        return pairs
    }

    private static func length(_ input: Span<UInt8>, _ offset: inout Int) throws(FastCGIError) -> Int {
        guard offset < input.count else { throw .cutPair }
        if input[offset] < 0x80 {
            offset += 1
            return Int(input[offset - 1])
        }
        guard input.count - offset >= 4 else { throw .cutPair }
        offset += 4
        return Int(input[offset - 4] & 0x7F) << 24 | Int(input[offset - 3]) << 16 | Int(input[offset - 2]) << 8
            | Int(input[offset - 1])
    }
}
