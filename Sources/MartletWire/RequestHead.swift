public import HTTPTypes

/// The head of a request: request line and fields, kept as the bytes that came, and what follows from them.
///
/// `RequestParser` fills one in. It is a value: a copy stays as it is while the connection reuses the original, which
/// after the first requests allocates nothing any more.
public struct RequestHead: Sendable {
    /// The method (RFC 9110 §9), case-sensitive. Usual methods allocate nothing.
    public internal(set) var method: HTTPRequest.Method = .get
    /// The version the request speaks.
    public internal(set) var version: HTTPVersion = .http1_1
    /// The field lines. Framing, `wantsKeepAlive` and the expectations were taken from them when the head was parsed and
    /// do not follow later changes.
    public var fields = Fields()
    /// How the end of the content is found.
    public internal(set) var framing: BodyFraming = .none
    /// The path, decoded once; without segments for `*` and authority-form.
    public internal(set) var path = RequestPath()
    /// Whether the connection may stay open after this request: HTTP/1.1 unless `Connection: close`, HTTP/1.0 only with
    /// `Connection: keep-alive`; `close` wins (RFC 9112 §9.3).
    public internal(set) var wantsKeepAlive = false
    /// Whether the client waits for `100 (Continue)` before it sends the content: `Expect: 100-continue`, in HTTP/1.1 and
    /// with content only (RFC 9110 §10.1.1).
    public internal(set) var expectsContinue = false
    /// Whether Expect names anything but `100-continue`; 417 is the answer (RFC 9110 §10.1.1).
    public internal(set) var hasUnknownExpectation = false

    /// The request line without its CRLF, as `requestLineBytes` gives it.
    package internal(set) var line = Refillable<UInt8>()
    /// Where the parts of the target are in `line`.
    var parts = TargetParts()

    /// Makes an empty head for a parser to fill in.
    public init() {}

    /// Makes the head empty again and keeps the memory it has. The parser does this itself when a head begins.
    public mutating func reset() {
        method = .get
        version = .http1_1
        fields.removeAll(keepingCapacity: true)
        framing = .none
        path.removeAll()
        wantsKeepAlive = false
        expectsContinue = false
        hasUnknownExpectation = false
        line.removeAll()
        parts = TargetParts()
    }
}

// MARK: - The target

extension RequestHead {
    /// The form of the request target.
    public var form: TargetForm { parts.form }

    /// The request target as it came.
    public var target: String { String(decoding: line[parts.target], as: UTF8.self) }

    /// The path as it came, without query; `/` if absolute-form has none, empty for `*` and authority-form.
    public var rawPath: String { String(decoding: line[parts.path], as: UTF8.self) }

    /// The bytes of `rawPath`, borrowed from this head.
    public var rawPathBytes: Span<UInt8> {
        @_lifetime(borrow self)
        get { line.span.extracting(parts.path) }
    }

    /// The query as it came, without its `?`; nil if there is no `?`. It is visible ASCII;
    /// nothing in it is decoded or checked further.
    public var query: String? {
        guard let query = parts.query else { return nil }
        return String(decoding: line[query], as: UTF8.self)
    }

    /// The scheme of an absolute-form target, in lower case; nil for the other forms.
    public var scheme: String? {
        guard let scheme = parts.scheme else { return nil }
        return String(decoding: line[scheme].map(OctetSet.lowercased), as: UTF8.self)
    }

    /// The authority the request is for: that of an absolute-form or authority-form target, which wins, else Host's; nil
    /// if Host is empty or missing (RFC 9112 §3.3).
    public var authority: Authority? {
        if let authority = parts.authority {
            return Authority(parsing: line.span.extracting(authority))
        }
        guard let host = fields.first(named: "host") else { return nil }
        return Authority(parsing: host)
    }

    /// The host of `authority` as it came, without port and without the dot that may end a full name; empty where there
    /// is none. Borrowed from this head.
    package var hostBytes: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            if let authority = parts.authority { return Self.host(of: line.span.extracting(authority)) }
            guard let host = fields.first(named: "host") else { return line.span.extracting(0..<0) }
            return Self.host(of: host)
        }
    }

    @_lifetime(copy authority)
    private static func host(of authority: Span<UInt8>) -> Span<UInt8> {
        guard let parts = AuthorityParts(parsing: authority) else { return authority.extracting(0..<0) }
        let isFull = parts.hostEnd > 1 && authority[parts.hostEnd - 1] == UInt8(ascii: ".")
        return authority.extracting(0..<(isFull ? parts.hostEnd - 1 : parts.hostEnd))
    }

    /// The request line as it came, without its CRLF; for the access log. There from the moment the line is complete, so
    /// also where the parser refused it; empty if it never was. Holds no control octets, 0x80 to 0xFF only if refused, and
    /// never a password: in a refused line `*` stands for it.
    public var requestLineBytes: Span<UInt8> {
        @_lifetime(borrow self)
        get { line.span }
    }
}
