/// Takes the chunked coding off a request's content (RFC 9112 §7.1).
///
/// The data itself is never copied: steps name ranges of the input. Bytes that were consumed are not looked at again, so
/// they may be gone by the next call, and a call may end at any octet.
public struct ChunkedDecoder: Sendable {
    /// What one step found.
    public enum Step: Sendable, Equatable {
        /// The input is used up; more is needed.
        case needsInput
        /// A piece of content: where it is in the input of this call. Never empty.
        case data(Range<Int>)
        /// The content and its trailer section are complete. What follows belongs to the next request.
        case end
    }

    /// How much may come beside the data.
    public struct Limits: Sendable {
        /// The longest line with a chunk's size, in octets, with extensions, without CRLF. 4096 by default; more is
        /// answered 400.
        public var chunkLine: Int
        /// The most octets of chunk extensions in one content (RFC 9112 §7.1.1). 16,384 by default; more is answered 400.
        public var extensions: Int
        /// The largest trailer section, in octets, with its empty line. 8192 by default; a larger one is answered 431.
        public var trailers: Int
        /// The most field lines in the trailer section. 50 by default; more are answered 431.
        public var trailerCount: Int

        /// Makes limits; what is left out has its default.
        public init(chunkLine: Int = 4096, extensions: Int = 16_384, trailers: Int = 8192, trailerCount: Int = 50) {
            self.chunkLine = chunkLine
            self.extensions = extensions
            self.trailers = trailers
            self.trailerCount = trailerCount
        }
    }

    private enum State {
        case line(ChunkLine)
        /// In a chunk's data, of which this many octets are to come.
        case data(Int)
        case dataCarriageReturn
        case dataLineFeed
        case trailers
        case end
        case failed(RequestError)
    }

    private let limits: Limits
    private var state = State.line(ChunkLine())
    private var extensionCount = 0
    private var trailerSection: FieldSection

    /// Makes a decoder at the beginning of a content.
    public init(limits: Limits = Limits()) {
        self.limits = limits
        trailerSection = FieldSection(octetLimit: limits.trailers, lineLimit: limits.trailerCount, isTrailer: true)
    }

    /// Makes the decoder ready for another content and keeps the memory it has.
    public mutating func reset() {
        state = .line(ChunkLine())
        extensionCount = 0
        trailerSection.reset()
    }

    /// The trailer fields so far; complete after `end`. They are never merged into the head's fields (RFC 9110 §6.5.1).
    ///
    /// Fields that must not be in trailers are left out: those for framing, routing, authentication and request control,
    /// and all `Content-` fields but Content-Digest.
    public var trailers: Fields { trailerSection.fields }

    /// Takes the next step in `input` from `offset` on, and sets `offset` after what it consumed.
    ///
    /// - Parameters:
    ///   - input: The bytes there are; only those from `offset` on are looked at.
    ///   - offset: Where to begin, at most `input.count`. Everything before it can be thrown away after the call; the
    ///     range of a `data` step is before it.
    /// - Returns: What was found. After `end`, `end` again without consuming anything.
    /// - Throws: What is wrong; the same again in further calls until `reset`. The content must then not be taken for a
    ///   complete one (RFC 9112 §8).
    public mutating func next(_ input: Span<UInt8>, offset: inout Int) throws(RequestError) -> Step {
        do throws(RequestError) {
            return try advance(input, &offset)
        } catch {
            state = .failed(error)
            throw error
        }
    }

    private mutating func advance(_ input: Span<UInt8>, _ offset: inout Int) throws(RequestError) -> Step {
        while true {
            switch state {
            case .end: return .end
            case .failed(let error): throw error
            case _ where offset >= input.count: return .needsInput
            case .line(let line): try readLine(line, input, &offset)
            case .data(let remaining):
                let start = offset
                offset += min(remaining, input.count - start)
                let rest = remaining - (offset - start)
                state = rest == 0 ? .dataCarriageReturn : .data(rest)
                return .data(start..<offset)
            case .dataCarriageReturn:
                guard input[offset] == 0x0D else { throw .missingChunkEnd }
                offset += 1
                state = .dataLineFeed
            case .dataLineFeed:
                guard input[offset] == 0x0A else { throw .missingChunkEnd }
                offset += 1
                state = .line(ChunkLine())
            case .trailers:
                guard try trailerSection.take(input, offset: &offset) else { return .needsInput }
                state = .end
            }
        }
    }

    private mutating func readLine(_ line: ChunkLine, _ input: Span<UInt8>, _ offset: inout Int) throws(RequestError) {
        var line = line
        while offset < input.count {
            let isComplete = try line.take(input[offset])
            offset += 1
            guard line.count <= limits.chunkLine else { throw .chunkLineTooLong }
            guard line.extensionCount <= limits.extensions - extensionCount else { throw .chunkExtensionsTooLong }
            if isComplete {
                extensionCount += line.extensionCount
                state = line.size == 0 ? .trailers : .data(line.size)
                return
            }
        }
        state = .line(line)
    }
}
