/// Takes multipart content apart (RFC 2046 §5.1), as `multipart/form-data` (RFC 7578) sends it.
///
/// Content is not copied: steps name ranges of the input. Octets that were consumed are not looked at again, so they may
/// be gone by the next call, and a call may end at any octet. Preamble and epilogue are dropped. Content that is used up
/// before `end` was cut short: `FormError.missingEnd`.
public struct MultipartDecoder: Sendable {
    /// What one step found.
    public enum Step: Sendable, Equatable {
        /// The input is used up; more is needed.
        case needsInput
        /// A part begins; its head is in `fields`.
        case part
        /// A piece of the part's content: where it is in the input of this call. Never empty.
        case data(Range<Int>)
        /// A piece of the part's content from earlier calls, which might have been the beginning of a boundary, and was
        /// not. Never empty, at most 73 octets.
        case held([UInt8])
        /// The part is complete.
        case partEnd
        /// The closing boundary: what follows is the epilogue, to be dropped.
        case end
    }

    /// How much may come beside the content of the parts.
    public struct Limits: Sendable {
        /// Parts; default 1000. More are answered 413.
        public var parts: Int
        /// Octets of the head of a part with its empty line, and of the white space behind a boundary; default 8192. More
        /// are answered 413.
        public var head: Int
        /// Field lines in the head of a part; default 20. More are answered 413.
        public var fieldCount: Int

        /// Makes limits; what is left out has its default.
        public init(parts: Int = 1000, head: Int = 8192, fieldCount: Int = 20) {
            self.parts = parts
            self.head = head
            self.fieldCount = fieldCount
        }
    }

    private enum State {
        case preamble(MultipartDelimiter.Match)
        /// Behind a boundary.
        case delimited
        /// In white space behind a boundary, of which so many octets came.
        case padding(Int)
        case lineFeed
        case closingHyphen
        case head(FieldSection)
        case content(MultipartDelimiter.Match)
        case end
        case failed(FormError)
    }

    private let limits: Limits
    private let delimiter: MultipartDelimiter
    private var state = State.preamble(.atLineStart)
    private var partCount = 0
    /// A part began, and its end has not been told.
    private var isInPart = false

    /// The head of the last part that began, its lines in order.
    public private(set) var fields = Fields()

    /// Makes a decoder at the beginning of a content.
    /// - Parameter boundary: the parameter of the Content-Type; nil is returned when it is not 1 to 70 of the octets that
    ///   RFC 2046 §5.1.1 allows, or ends with a space.
    public init?(boundary: String, limits: Limits = Limits()) {
        guard let delimiter = MultipartDelimiter(boundary: boundary) else { return nil }
        self.delimiter = delimiter
        self.limits = limits
    }

    /// Takes the next step in `input` from `offset` on, and sets `offset` after what it consumed.
    ///
    /// - Parameters:
    ///   - input: The bytes there are; only those from `offset` on are looked at.
    ///   - offset: Where to begin, at most `input.count`. Everything before it can be thrown away after the call; the
    ///     range of a `data` step is before it.
    /// - Returns: What was found. After `end`, `end` again without consuming anything.
    /// - Throws: What is wrong; the same again in further calls.
    public mutating func next(_ input: Span<UInt8>, offset: inout Int) throws(FormError) -> Step {
        do throws(FormError) {
            return try advance(input, &offset)
        } catch {
            state = .failed(error)
            throw error
        }
    }

    private mutating func advance(_ input: Span<UInt8>, _ offset: inout Int) throws(FormError) -> Step {
        while true {
            switch state {
            case .end: return .end
            case .failed(let error): throw error
            case _ where offset >= input.count: return .needsInput
            case .preamble(var match):
                let isFound = delimiter.search(input, &offset, &match) == .delimiter
                state = isFound ? .delimited : .preamble(match)
            case .content(var match):
                let found = delimiter.search(input, &offset, &match)
                state = found == .delimiter ? .delimited : .content(match)
                switch found {
                case .nothing: continue
                case .content(let range): return .data(range)
                case .held(let octets): return .held(octets)
                case .delimiter: continue
                }
            case .head(var section):
                guard try takeHead(&section, input, &offset) else { continue }
                fields = section.fields
                state = .content(.atLineStart)
                isInPart = true
                return .part
            case .delimited, .padding, .lineFeed, .closingHyphen:
                let isComplete = try endDelimiter(input[offset])
                offset += 1
                // Not before: a part is whole when what ends it is.
                if isComplete, isInPart {
                    isInPart = false
                    return .partEnd
                }
            }
        }
    }

    /// Takes an octet behind the boundary: `--` closes the form; else white space is allowed before CRLF.
    /// - Returns: Whether that is all.
    private mutating func endDelimiter(_ octet: UInt8) throws(FormError) -> Bool {
        switch (state, octet) {
        case (.delimited, UInt8(ascii: "-")): state = .closingHyphen
        case (.closingHyphen, UInt8(ascii: "-")):
            state = .end
            return true
        case (.delimited, 0x0D), (.padding, 0x0D): state = .lineFeed
        case (.delimited, 0x20), (.delimited, 0x09): state = .padding(1)
        case (.padding(let count), 0x20), (.padding(let count), 0x09):
            guard count < limits.head else { throw .partHeadTooLarge }
            state = .padding(count + 1)
        case (.lineFeed, 0x0A):
            guard partCount < limits.parts else { throw .tooManyParts }
            partCount += 1
            state = .head(FieldSection(octetLimit: limits.head, lineLimit: limits.fieldCount, isTrailer: false))
            return true
        default: throw .invalidDelimiter
        }
        return false
    }

    private mutating func takeHead(
        _ section: inout FieldSection,
        _ input: Span<UInt8>,
        _ offset: inout Int
    ) throws(FormError) -> Bool {
        do throws(RequestError) {
            let isComplete = try section.take(input, offset: &offset)
            state = .head(section)
            return isComplete
        } catch {
            switch error {
            case .trailersTooLarge, .tooManyTrailers: throw .partHeadTooLarge
            default: throw .invalidPartHead(error)
            }
        }
    }
}
