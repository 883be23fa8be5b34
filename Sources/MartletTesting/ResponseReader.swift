import Martlet
import MartletReactor
import MartletWire

/// Reads one answer from a connection (RFC 9112 §4, §6.3). Strict: what is not valid is an error.
struct ResponseReader {
    static let headLimit = 65_536
    static let bodyLimit = 64 << 20

    let stream: PolledSocket
    let deadline: Instant
    private(set) var buffer: ReceiveBuffer
    /// Octets received since the request was sent.
    private(set) var received = 0

    init(_ stream: PolledSocket, buffer: ReceiveBuffer, deadline: Instant) {
        self.stream = stream
        self.buffer = buffer
        self.deadline = deadline
    }

    private struct Head {
        let raw: [UInt8]
        let status: HTTPResponse.Status
        let fields: Fields
        let isOld: Bool
    }

    private enum Framing {
        case length(Int)
        case chunked
        case untilClose
    }

    /// - Parameter hasContent: false for the answer to HEAD, whose head may speak of content that does not come.
    /// - Returns: the answer, and whether the connection can be used again.
    mutating func response(hasContent: Bool) throws -> (TestResponse, staysOpen: Bool) {
        var interim: [HTTPResponse.Status] = []
        var head = try readHead()
        while head.status.code < 200, head.status.code != 101 {
            guard interim.count < 16 else { throw TestClientError.malformed("more than 16 interim answers") }
            interim.append(head.status)
            head = try readHead()
        }
        let framing = try framing(of: head, hasContent: hasContent)
        let (body, trailers) = try readBody(framing)
        var staysOpen =
            head.isOld
            ? head.fields.hasMember("keep-alive", of: .connection) : !head.fields.hasMember("close", of: .connection)
        if case .untilClose = framing { staysOpen = false }
        // What is left over belongs to no request of ours.
        if !buffer.isEmpty || head.status.code == 101 { staysOpen = false }
        let response = TestResponse(
            status: head.status,
            fields: head.fields,
            body: body,
            trailers: trailers,
            rawHead: head.raw,
            interim: interim,
            handlerError: nil
        )
        return (response, staysOpen)
    }

    /// All that comes until the peer closes.
    mutating func rest() throws -> [UInt8] {
        while try receive() {
            guard buffer.count <= Self.bodyLimit else { throw TestClientError.tooLarge }
        }
        return buffer.octets(0..<buffer.count)
    }

    // MARK: The head

    private mutating func readHead() throws -> Head {
        var scanned = 0
        while true {
            if let end = endOfHead(from: &scanned) { return try Self.parse(buffer.take(end)) }
            // Garbage is told at once, not when the server closes.
            let beginning = buffer.octets(0..<min(buffer.count, Self.version.count))
            guard Self.version.starts(with: beginning) else {
                throw TestClientError.malformed("it does not begin with HTTP/1.")
            }
            guard buffer.count < Self.headLimit else { throw TestClientError.tooLarge }
            guard try receive() else { throw TestClientError.closed(received: received) }
        }
    }

    private static let version = Array("HTTP/1.".utf8)

    /// - Parameter scanned: octets that need not be looked at again.
    private func endOfHead(from scanned: inout Int) -> Int? {
        let bytes = buffer.bytes
        while scanned + 4 <= bytes.count {
            if bytes[scanned] == 0x0D, bytes[scanned + 1] == 0x0A, bytes[scanned + 2] == 0x0D,
                bytes[scanned + 3] == 0x0A
            {
                return scanned + 4
            }
            scanned += 1
        }
        return nil
    }

    private static func parse(_ raw: [UInt8]) throws -> Head {
        let lines = raw.dropLast(4).split(separator: Array("\r\n".utf8), omittingEmptySubsequences: false)
        let first = Array(lines.first ?? [])
        // "HTTP/1.1 200 OK", where the phrase may be empty and old servers leave out its space (RFC 9112 §4).
        let digits = first.dropFirst(9).prefix(3)
        guard first.starts(with: "HTTP/1.".utf8), first.count >= 12, first[7] == 0x31 || first[7] == 0x30,
            first[8] == 0x20, let code = decimal(digits), code >= 100,
            first.count == 12 || first[12] == 0x20, first.allSatisfy(OctetSet.isText)
        else { throw TestClientError.malformed("its status line is \(quoted(first))") }
        var fields = Fields()
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
                let name = HTTPField.Name(String(decoding: line[..<colon], as: UTF8.self)),
                line[colon...].allSatisfy(OctetSet.isText)
            else { throw TestClientError.malformed("a field line is \(quoted(line))") }
            fields.append(name, Array(line[(colon + 1)...]))
        }
        let phrase = String(decoding: first.dropFirst(13), as: UTF8.self)
        return Head(
            raw: raw,
            status: HTTPResponse.Status(code: code, reasonPhrase: phrase),
            fields: fields,
            isOld: first[7] == 0x30
        )
    }

    private static func quoted(_ octets: some Sequence<UInt8>) -> String {
        String(reflecting: String(decoding: Array(octets.prefix(80)), as: UTF8.self))
    }

    private static func decimal(_ digits: some Sequence<UInt8>) -> Int? {
        var value = 0
        var count = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit), count < 18 else { return nil }
            value = 10 * value + Int(digit - 0x30)
            count += 1
        }
        return count == 0 ? nil : value
    }

    // MARK: The content

    /// How the end of the content is found (RFC 9112 §6.3).
    private func framing(of head: Head, hasContent: Bool) throws -> Framing {
        guard hasContent, head.status.code >= 200, head.status.code != 204, head.status.code != 304 else {
            return .length(0)
        }
        let lengths = Set(head.fields.values(of: .contentLength))
        if head.fields.contains(.transferEncoding) {
            guard lengths.isEmpty else {
                throw TestClientError.malformed("it has both Transfer-Encoding and Content-Length")
            }
            let last = head.fields.members(of: .transferEncoding).last?.lowercased()
            return last == "chunked" ? .chunked : .untilClose
        }
        guard let length = lengths.first else { return .untilClose }
        guard lengths.count == 1, let count = Self.decimal(length.utf8) else {
            throw TestClientError.malformed("its Content-Length is \(lengths.sorted())")
        }
        return .length(count)
    }

    private mutating func readBody(_ framing: Framing) throws -> ([UInt8], Fields) {
        switch framing {
        case .length(let count): return (try readBody(of: count), Fields())
        case .untilClose:
            let body = try rest()
            buffer.removeAll()
            return (body, Fields())
        case .chunked:
            var decoder = ChunkedDecoder()
            var body: [UInt8] = []
            while true {
                do throws(RequestError) {
                    if try decoder.take(from: &buffer, into: &body) { return (body, decoder.trailers) }
                } catch {
                    throw TestClientError.malformed("its chunked coding: \(error.reason)")
                }
                guard body.count <= Self.bodyLimit else { throw TestClientError.tooLarge }
                guard try receive() else { throw TestClientError.closed(received: received) }
            }
        }
    }

    private mutating func readBody(of count: Int) throws -> [UInt8] {
        guard count <= Self.bodyLimit else { throw TestClientError.tooLarge }
        var body: [UInt8] = []
        while true {
            let part = min(count - body.count, buffer.count)
            body += buffer.take(part)
            if body.count == count { return body }
            guard try receive() else { throw TestClientError.closed(received: received) }
        }
    }

    /// - Returns: false at the end.
    private mutating func receive() throws -> Bool {
        let before = buffer.count
        let hasMore: Bool
        do throws(StreamError) {
            hasMore = try stream.receive(into: &buffer, by: deadline)
        } catch .interrupted {
            throw StreamError.interrupted
        } catch {
            throw TestClientError(error, received: received)
        }
        received += buffer.count - before
        return hasMore
    }
}
