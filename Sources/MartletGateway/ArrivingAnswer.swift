import HTTPTypes
import Martlet
import MartletReactor
import MartletWire

/// The answer of a backend, head and content, taken from octets as they come (RFC 9112 §6 and §7).
struct ArrivingAnswer {
    /// What is still to come of the content.
    private enum Content {
        case none
        case length(Int)
        indirect case chunked(ChunkedDecoder)
        case untilClose
    }

    private var parser: ResponseParser
    private var content = Content.none
    /// The head, interim or final.
    private(set) var head = ReceivedResponse()
    /// Whether the final head has come.
    private(set) var hasHead = false
    /// The fields behind chunked content.
    private(set) var trailers = Fields()

    init(limits: HeadLimits) {
        parser = ResponseParser(limits: limits)
    }

    /// Makes it ready for the answer to another request.
    mutating func reset() {
        parser.reset()
        content = .none
        hasHead = false
        if !trailers.isEmpty { trailers = Fields() }
    }

    /// Whether all of the content was taken.
    var isComplete: Bool {
        if case .none = content { true } else { false }
    }

    /// From here on there are only octets, of another protocol.
    mutating func beginOctets() {
        content = .untilClose
    }

    /// No more octets come.
    /// - Returns: whether that is how the content ends.
    mutating func end() -> Bool {
        guard case .untilClose = content else { return false }
        content = .none
        return true
    }

    /// Takes a head.
    /// - Returns: false while there is not all of one.
    mutating func parseHead(
        of input: inout ReceiveBuffer,
        to method: HTTPRequest.Method
    ) throws(BackendFailure) -> Bool {
        do throws(ResponseError) {
            guard let count = try parser.parse(input.bytes, to: method, into: &head) else { return false }
            input.consume(count)
        } catch {
            throw .invalidHead(error)
        }
        guard !head.isInterim else { return true }
        hasHead = true
        content =
            switch head.framing {
            case .none: .none
            case .length(let count): .length(count)
            case .chunked: .chunked(ChunkedDecoder())
            case .untilClose: .untilClose
            }
        return true
    }

    /// Takes the content that is there.
    mutating func take(from input: inout ReceiveBuffer) throws(BackendFailure) -> [UInt8] {
        switch content {
        case .none: return []
        case .length(let remaining):
            let count = min(remaining, input.count)
            content = remaining == count ? .none : .length(remaining - count)
            return input.take(count)
        case .untilClose:
            return input.take(input.count)
        case .chunked(var decoder):
            content = .none  // Until the decoder says otherwise; it is moved, not copied.
            var octets: [UInt8] = []
            let isEnd: Bool
            do throws(RequestError) {
                isEnd = try Self.decode(&decoder, &input, into: &octets)
            } catch {
                throw .invalidContent(error)
            }
            if isEnd { trailers = decoder.trailers } else { content = .chunked(decoder) }
            return octets
        }
    }

    /// Takes all data of the chunks that are there.
    /// - Returns: true at the end of the content.
    private static func decode(
        _ decoder: inout ChunkedDecoder,
        _ input: inout ReceiveBuffer,
        into octets: inout [UInt8]
    ) throws(RequestError) -> Bool {
        var offset = 0
        defer { input.consume(offset) }
        while true {
            switch try decoder.next(input.bytes, offset: &offset) {
            case .needsInput: return false
            case .data(let range): octets.append(copying: input.bytes.extracting(range))
            case .end: return true
            }
        }
    }
}

extension ReceiveBuffer {
    /// Takes `count` octets from the front.
    fileprivate mutating func take(_ count: Int) -> [UInt8] {
        guard count > 0 else { return [] }
        var octets: [UInt8] = []
        octets.reserveCapacity(count)
        octets.append(copying: bytes.extracting(0..<count))
        consume(count)
        return octets
    }
}
