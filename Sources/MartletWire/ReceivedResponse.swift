public import HTTPTypes

/// The head of a response that was received: status and fields, kept as the bytes that came. `ResponseParser` fills it in.
public struct ReceivedResponse: Sendable {
    /// The version the response speaks.
    public internal(set) var version: HTTPVersion = .http1_1
    /// The status code, 100 to 599.
    public internal(set) var code = 0
    /// The field lines. Framing and `wantsKeepAlive` were taken from them and do not follow later changes.
    public var fields = Fields()
    /// How the end of the content is found.
    public internal(set) var framing: ResponseFraming = .none
    /// The value of Content-Length, which in an answer to HEAD and in a 304 speaks of content that does not come.
    public internal(set) var contentLength: Int?
    /// Whether the connection may be used again once this response was read to its end: HTTP/1.1 unless
    /// `Connection: close`, HTTP/1.0 only with `Connection: keep-alive` (RFC 9112 §9.3); never where the end of the
    /// content is the end of the connection.
    public internal(set) var wantsKeepAlive = false

    /// The reason phrase.
    var phrase = Refillable<UInt8>()

    /// Makes an empty head for a parser to fill in.
    public init() {}

    /// The status with its reason phrase; without it where that is not ASCII: nothing depends on it (RFC 9112 §4).
    public var status: HTTPResponse.Status {
        let phrase = phrase[phrase.indices]
        let isASCII = phrase.allSatisfy { $0 < 0x80 }
        return HTTPResponse.Status(code: code, reasonPhrase: isASCII ? String(decoding: phrase, as: UTF8.self) : "")
    }

    /// Whether another response to the same request follows (RFC 9110 §15.2); 101 is the last one in HTTP.
    public var isInterim: Bool { code < 200 && code != 101 }

    /// Makes it empty again and keeps the memory it has.
    mutating func reset() {
        version = .http1_1
        code = 0
        fields.removeAll(keepingCapacity: true)
        framing = .none
        contentLength = nil
        wantsKeepAlive = false
        phrase.removeAll()
    }
}

/// How the end of a response's content is found (RFC 9112 §6.3).
public enum ResponseFraming: Sendable, Equatable {
    /// There is no content: an answer to HEAD, a 1xx, 204 or 304, or `Content-Length: 0`.
    case none
    /// The content has this many octets, at least 1.
    case length(Int)
    /// The content comes in chunks; `ChunkedDecoder` finds their end.
    case chunked
    /// The content ends with the connection.
    case untilClose
}
