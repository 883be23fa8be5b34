public import HTTPTypes
public import MartletReactor
public import MartletWire

/// The answer to a request: a status, fields and content.
///
/// `Content-Length`, `Connection`, `Date` and `Server` are the server's to write; set them here and they are replaced,
/// but for `Connection: close`, which closes the connection after the answer. `Keep-Alive` and `Proxy-Connection` are
/// not sent.
public struct Response: Sendable {
    /// The final status, 200 to 599; default 200. Any other is a mistake, and so is a 401 without WWW-Authenticate, a 405
    /// without Allow, a 426 without Upgrade: the client gets a 500, the log the reason.
    public var status: HTTPResponse.Status
    /// The fields, in the order they are sent.
    public var fields: Fields
    /// The content. Not sent in answer to HEAD, though its length is.
    public var body: Body
    /// It is another server's answer: Date and Server are that one's, and its status stands whatever goes with it. Who
    /// sets this has removed the fields that are for one hop only.
    package var isForwarded = false

    /// A response of its parts.
    public init(status: HTTPResponse.Status = .ok, fields: Fields = Fields(), body: Body = .none) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// Where content comes from.
    public enum Body: Sendable {
        /// No content.
        case none
        /// Octets in memory.
        case bytes([UInt8])
        /// Text in UTF-8.
        case string(String)
        /// A range of an open file, sent by the kernel without a copy.
        case file(OpenFile, Range<Int>)
        /// Several of these, one after the other.
        case parts([Part])
        /// Octets that are made while they are sent.
        case stream(ResponseStream)
        /// No content: another protocol follows. Made by `Response.upgrade`.
        case upgrade(Upgrade)

        /// Octets of content; nil for a stream of unknown length.
        public var count: Int? {
            switch self {
            case .none, .upgrade: 0
            case .bytes(let bytes): bytes.count
            case .string(let text): text.utf8.count
            case .file(_, let range): range.count
            case .parts(let parts): parts.reduce(0) { $0.addingSaturated($1.count) }
            case .stream(let stream): stream.length
            }
        }

        var isStream: Bool {
            if case .stream = self { true } else { false }
        }

        var isUpgrade: Bool {
            if case .upgrade = self { true } else { false }
        }
    }

    /// A piece of content.
    public enum Part: Sendable {
        /// Octets in memory.
        case bytes([UInt8])
        /// A range of an open file.
        case file(OpenFile, Range<Int>)

        /// Octets of the piece.
        public var count: Int {
            switch self {
            case .bytes(let bytes): bytes.count
            case .file(_, let range): range.count
            }
        }
    }
}

extension Response {
    /// Plain text in UTF-8.
    public static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, fields: plainText, body: .string(text))
    }

    /// Made once: a copy costs nothing until somebody adds to it.
    private static let plainText = fields(withType: "text/plain; charset=utf-8")
    private static let html = fields(withType: "text/html; charset=utf-8")

    static func fields(withType type: String) -> Fields {
        Fields(.contentType, type)
    }

    /// A page in UTF-8. Values interpolated into the literal are escaped.
    public static func html(_ page: HTML, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, fields: html, body: .bytes(page.bytes))
    }

    /// Octets with the media type given.
    public static func content(_ bytes: [UInt8], type: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, fields: fields(withType: type), body: .bytes(bytes))
    }

    /// Sends the client elsewhere.
    /// - Parameters:
    ///   - location: an absolute URL or a path; the caller percent-encodes what would have a meaning there, such as `?` in
    ///     a name. What no URL may hold, such as a space or a letter beyond ASCII, is percent-encoded here
    ///     (RFC 9110 §10.2.2).
    ///   - status: default 303, which makes the client GET the new place whatever it sent here.
    public static func redirect(to location: String, status: HTTPResponse.Status = .seeOther) -> Response {
        var response = Response(status: status)
        response.fields.append(.location, PercentEncoding.reference(location))
        return response
    }
}

extension Int {
    /// The sum, or the largest number where that would be too large: lengths of sparse files add up to anything.
    func addingSaturated(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
