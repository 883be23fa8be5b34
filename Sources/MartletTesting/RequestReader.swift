import Martlet
import MartletReactor
import MartletWire

/// Why a request could not be read to its end.
enum ReadFailure: Error {
    /// It is not valid, or too large.
    case refused(HTTPResponse.Status, String)
    /// The client stopped sending in the middle of it.
    case ended(String)
}

/// Reads the requests of one connection, one after the other, each as a whole.
struct RequestReader {
    /// Octets of content that a test server takes.
    static let bodyLimit = 64 << 20

    let stream: PolledSocket
    private var buffer = ReceiveBuffer(capacity: 16_384)

    init(_ stream: PolledSocket) {
        self.stream = stream
    }

    /// Waits for the next request; nil when the client has closed the connection between two.
    mutating func next(connection: Int, number: () -> Int) throws -> RecordedRequest? {
        let clock = ContinuousClock()
        while buffer.isEmpty {
            guard try stream.receive(into: &buffer) else { return nil }
        }
        let firstOctet = clock.now
        var head = RequestHead()
        guard let rawHead = try readHead(into: &head) else { return nil }
        let headEnd = clock.now
        if head.expectsContinue { try stream.send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)[...]) }
        let (body, trailers) = try readBody(head.framing)
        return RecordedRequest(
            number: number(),
            connection: connection,
            rawHead: rawHead,
            head: head,
            body: body,
            trailers: trailers,
            timings: RecordedRequest.Timings(firstOctet: firstOctet, head: headEnd, body: clock.now)
        )
    }

    /// - Returns: the octets of the head; nil when the connection ended before its first.
    private mutating func readHead(into head: inout RequestHead) throws -> [UInt8]? {
        var parser = RequestParser()
        while true {
            let length: Int?
            do throws(RequestError) {
                length = try parser.parse(buffer.bytes, into: &head)
            } catch {
                throw ReadFailure.refused(error.status, error.reason)
            }
            if let length { return buffer.take(length) }
            guard try stream.receive(into: &buffer) else {
                if parser.isIdle { return nil }
                throw ReadFailure.ended("it ended in the middle of the head")
            }
        }
    }

    private mutating func readBody(_ framing: BodyFraming) throws -> ([UInt8], trailers: Fields) {
        switch framing {
        case .none: ([], Fields())
        case .length(let count): (try readBody(of: count), Fields())
        case .chunked: try readChunks()
        }
    }

    private mutating func readBody(of count: Int) throws -> [UInt8] {
        guard count <= Self.bodyLimit else { throw Self.tooLarge }
        var body: [UInt8] = []
        while true {
            let part = min(count - body.count, buffer.count)
            body += buffer.take(part)
            if body.count == count { return body }
            guard try stream.receive(into: &buffer) else {
                throw ReadFailure.ended("it ended after \(body.count) of \(count) octets of content")
            }
        }
    }

    private mutating func readChunks() throws -> ([UInt8], trailers: Fields) {
        var decoder = ChunkedDecoder()
        var body: [UInt8] = []
        while true {
            do throws(RequestError) {
                if try decoder.take(from: &buffer, into: &body) { return (body, decoder.trailers) }
            } catch {
                throw ReadFailure.refused(error.status, error.reason)
            }
            guard body.count <= Self.bodyLimit else { throw Self.tooLarge }
            guard try stream.receive(into: &buffer) else {
                throw ReadFailure.ended("it ended before the last chunk")
            }
        }
    }

    private static let tooLarge = ReadFailure.refused(
        .contentTooLarge,
        "The content is longer than the \(bodyLimit) octets that a test server takes."
    )
}

extension ReceiveBuffer {
    /// A copy of a range of what it holds.
    func octets(_ range: Range<Int>) -> [UInt8] {
        let span = bytes.extracting(range)
        return span.indices.map { span[$0] }
    }

    /// Removes `count` octets from the front.
    mutating func take(_ count: Int) -> [UInt8] {
        let taken = octets(0..<count)
        consume(count)
        return taken
    }
}

extension ChunkedDecoder {
    /// Moves the data of all that the buffer holds to `body`.
    /// - Returns: whether the content is complete.
    mutating func take(from buffer: inout ReceiveBuffer, into body: inout [UInt8]) throws(RequestError) -> Bool {
        var offset = 0
        defer { buffer.consume(offset) }
        while true {
            switch try next(buffer.bytes, offset: &offset) {
            case .needsInput: return false
            case .data(let range): body += buffer.octets(range)
            case .end: return true
            }
        }
    }
}
