import HTTPTypes
import MartletReactor
import MartletWire

/// Sends server-sent events (HTML Standard §9.2). Can be used from any task.
public struct EventWriter: Sendable {
    let writer: ResponseWriter

    /// Sends one event, at once.
    /// - Parameters:
    ///   - data: any text; its lines arrive joined by LF.
    ///   - event: the name that listeners of the page chose; default: `message`.
    ///   - id: what the client sends as `Last-Event-ID` when it comes back after a lost connection.
    /// - Throws: `CancellationError` when the client is gone.
    public func send(_ data: String, event: String? = nil, id: String? = nil) async throws {
        var lines: [UInt8] = []
        if let event { Self.append("event", event, to: &lines) }
        if let id { Self.append("id", id, to: &lines) }
        // Not `isNewline`: the format knows CRLF, CR and LF only. Swift takes CRLF for one character.
        for line in data.split(omittingEmptySubsequences: false, whereSeparator: { "\r\n\n\r".contains($0) }) {
            Self.append("data", String(line), to: &lines)
        }
        lines.append(UInt8(ascii: "\n"))
        try await writer.write(lines)
    }

    /// Sends a comment, which clients ignore.
    public func comment(_ text: String) async throws {
        var line: [UInt8] = []
        Self.append("", text, to: &line)
        line.append(UInt8(ascii: "\n"))
        try await writer.write(line)
    }

    /// Tells the client how long to wait before it comes back after a lost connection.
    public func retry(after interval: Duration) async throws {
        try await writer.write("retry: \(max(0, Nanoseconds(interval).count / 1_000_000))\n\n")
    }

    /// A line break in a value would begin another field, and a NUL makes clients ignore an id: they become spaces.
    private static func append(_ field: String, _ value: String, to lines: inout [UInt8]) {
        lines.append(contentsOf: field.utf8)
        lines.append(contentsOf: ": ".utf8)
        for octet in value.utf8 {
            let breaks = octet == 0x0A || octet == 0x0D || octet == 0
            lines.append(breaks ? UInt8(ascii: " ") : octet)
        }
        lines.append(UInt8(ascii: "\n"))
    }
}

extension Response {
    /// Server-sent events: `new EventSource("/events")` in a page receives them as they are sent.
    ///
    /// ```swift
    /// return .events { events in
    ///     for await message in room.messages { try await events.send(message.text, id: "\(message.number)") }
    /// }
    /// ```
    /// The function runs until it returns, the client goes or the server stops; the last two cancel its task.
    /// - Parameter keepAlive: silence after which a comment is sent, so that proxies keep the connection; default 15 s, at
    ///   least 10 ms.
    public static func events(
        keepAlive: Duration = .seconds(15),
        _ produce: @escaping @Sendable (EventWriter) async throws -> Void
    ) -> Response {
        var stream = ResponseStream { try await produce(EventWriter(writer: $0)) }
        stream.filler = .init(bytes: Array(":\n\n".utf8), interval: Nanoseconds(max(keepAlive, .milliseconds(10))))
        var response = Response(fields: fields(withType: "text/event-stream"), body: .stream(stream))
        response.fields.append(.cacheControl, "no-store")
        return response
    }
}

extension Request {
    /// The id of the last event that the client saw before its connection was lost; nil on a first visit.
    public var lastEventID: String? {
        HTTPField.Name("Last-Event-ID").flatMap { fields[$0] }
    }
}
