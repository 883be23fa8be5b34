import MartletReactor
public import MartletWire

/// Content that is made while it is sent, such as a long table or events as they happen.
///
/// It is sent in chunks (RFC 9112 §7.1) unless its length is given; to an HTTP/1.0 client, until the connection closes.
/// When the function throws, the connection is cut, so that no client takes a part for the whole.
public struct ResponseStream: Sendable {
    /// Octets that will be written, where known: then `Content-Length` is sent, and writing more or less is an error.
    public let length: Int?
    /// What is sent when nothing was written for a while, so that the ways between keep the connection.
    var filler: Filler?
    /// What needs a filler would go on for ever: a server that stops ends it.
    var isEndless: Bool { filler != nil }
    private let produce: @Sendable (ResponseWriter) async throws -> Void

    struct Filler: Sendable {
        var bytes: [UInt8]
        var interval: Nanoseconds
    }

    /// Content written by `produce`, which runs in a task on the connection's loop; cancelled when the client is gone.
    public init(length: Int? = nil, _ produce: @escaping @Sendable (ResponseWriter) async throws -> Void) {
        self.length = length
        self.produce = produce
    }

    /// Runs the function that makes the content: for middleware that changes content on its way, and for tests.
    public func write(to writer: ResponseWriter) async throws {
        try await produce(writer)
    }
}

/// Where the content of a streamed response is written. Can be used from any task.
public final class ResponseWriter: Sendable {
    private let sink: @Sendable ([UInt8]) async throws -> Void
    private let trailerFields = Locked(Fields())

    /// A writer that passes everything to `sink`: for middleware that changes content on its way, and for tests.
    public init(_ sink: @escaping @Sendable ([UInt8]) async throws -> Void) {
        self.sink = sink
    }

    /// Sends octets. Returns once they are accepted: while the client does not read, it waits, and no more than
    /// 128 KiB are kept for it.
    /// - Throws: `CancellationError` when the client is gone.
    public func write(_ bytes: [UInt8]) async throws {
        if !bytes.isEmpty { try await sink(bytes) }
    }

    /// Sends text in UTF-8.
    public func write(_ text: String) async throws {
        try await write(Array(text.utf8))
    }

    /// Fields sent after the content (RFC 9110 §6.5), to clients that say `TE: trailers` and take chunks; to others they
    /// are not sent, so they must not matter for understanding the content. Fields that cannot come behind the content
    /// are never sent: those for framing, routing, authentication, conditions, controls, and all that describe the content
    /// but Content-Digest (§6.5.1). Name the others in the answer's `Trailer` field (§6.6.2).
    public var trailers: Fields {
        get { trailerFields.withLock { $0 } }
        set { trailerFields.withLock { $0 = newValue } }
    }
}

extension Response {
    /// Content that is made while it is sent.
    ///
    /// ```swift
    /// return .stream(type: "text/csv") { writer in
    ///     for row in rows { try await writer.write("\(row)\r\n") }
    /// }
    /// ```
    /// - Parameter length: octets that will be written, where known.
    public static func stream(
        type: String,
        length: Int? = nil,
        _ produce: @escaping @Sendable (ResponseWriter) async throws -> Void
    ) -> Response {
        Response(fields: fields(withType: type), body: .stream(ResponseStream(length: length, produce)))
    }
}
