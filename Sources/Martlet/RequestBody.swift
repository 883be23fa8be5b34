import HTTPTypes
import MartletReactor
import MartletWire

/// The content of a request: chunks as they arrive, each read only when asked for.
///
/// While nobody asks, nothing is received, so a slow reader slows its client down instead of filling memory. A client
/// that waits for leave to send (`Expect: 100-continue`) gets it with the first read.
public struct RequestBody: AsyncSequence, Sendable {
    /// A part of the content, never empty.
    public typealias Element = [UInt8]

    /// Octets announced by `Content-Length`; nil when the content is chunked.
    public let contentLength: Int?
    let source: Source

    /// Where chunks come from.
    enum Source: Sendable {
        case none
        /// The connection's exchange of this number.
        case connection(ConnectionReference, exchange: UInt64)
        case memory(MemoryContent)
    }

    static let none = RequestBody(contentLength: 0, source: .none)

    private init(contentLength: Int?, source: Source) {
        self.contentLength = contentLength
        self.source = source
    }

    init(of connection: ConnectionReference, exchange: UInt64, contentLength: Int?) {
        self.init(contentLength: contentLength, source: .connection(connection, exchange: exchange))
    }

    /// Content that is there already.
    init(bytes: [UInt8]) {
        self.init(contentLength: bytes.count, source: .memory(MemoryContent(bytes)))
    }

    /// Gives the chunks in order. One iterator at a time; a second one goes on where the first stopped.
    public struct Iterator: AsyncIteratorProtocol {
        let source: Source

        /// The next chunk; nil after the last.
        /// - Throws: `HTTPError` when the content is malformed (400), longer than the server allows (413) or late
        ///   (408); `CancellationError` when the client is gone, the answer was given or the read was cancelled. Every
        ///   later call throws the same: what was cut never looks complete.
        public mutating func next() async throws -> [UInt8]? {
            switch source {
            case .none:
                return nil
            case .memory(let content):
                return content.take()
            case .connection(let reference, let exchange):
                guard let connection = reference.connection else { throw CancellationError() }
                return try await connection.nextBodyChunk(of: exchange)
            }
        }
    }

    /// Starts reading.
    public func makeAsyncIterator() -> Iterator {
        Iterator(source: source)
    }

    /// Reads the whole content into memory.
    /// - Parameter limit: octets allowed; one more throws `HTTPError` 413.
    public func collect(upTo limit: Int) async throws -> [UInt8] {
        if let content = try arrived(upTo: limit) { return content }
        return try await joined(upTo: limit, else: Self.tooLarge(limit))
    }

    /// What is left of the content if all of that is there, as that of a form is with the head; nil: it has to be awaited.
    package func arrived(upTo limit: Int) throws -> [UInt8]? {
        if let contentLength, contentLength > limit { throw Self.tooLarge(limit) }
        return switch source {
        case .none: []
        case .memory(let content): content.take() ?? []
        case .connection(let reference, let exchange): try reference.connection?.takeRest(of: exchange)
        }
    }

    static func tooLarge(_ limit: Int) -> HTTPError {
        HTTPError(.contentTooLarge, "The content is longer than the \(limit) octets allowed here.")
    }
}

extension AsyncSequence where Element == [UInt8] {
    /// All chunks in one piece; throws `tooLarge` when they have more than `limit` octets.
    func joined(upTo limit: Int, else tooLarge: @autoclosure () -> HTTPError) async throws -> [UInt8] {
        var all: [UInt8] = []
        for try await chunk in self {
            guard chunk.count <= limit - all.count else { throw tooLarge() }
            all.append(contentsOf: chunk)
        }
        return all
    }
}

/// Weak: a handler may keep its requests, and would keep itself by way of the connection and its server.
final class ConnectionReference: Sendable {
    weak let connection: Connection?

    init(_ connection: Connection) {
        self.connection = connection
    }
}

/// Content in memory, given once.
final class MemoryContent: Sendable {
    private let bytes: Locked<[UInt8]>

    init(_ bytes: [UInt8]) {
        self.bytes = Locked(bytes)
    }

    func take() -> [UInt8]? {
        bytes.withLock { bytes in
            defer { bytes = [] }
            return bytes.isEmpty ? nil : bytes
        }
    }
}
