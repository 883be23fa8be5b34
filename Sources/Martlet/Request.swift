public import HTTPTypes
public import Logging
public import MartletReactor
public import MartletWire

/// A request as it came in: the head, and the content to be read when wanted.
///
/// A value: it can be kept and passed on freely. Only `body` is tied to the connection, and ends with the answer.
public struct Request: Sendable {
    /// The method, such as `.get`. Setting it changes what is routed and answered from here on, not what was received.
    public var method: HTTPRequest.Method
    var received: ReceivedRequest
    /// What middleware left for handlers.
    var values: RequestValues?
    /// The route that was found.
    private var pattern: RoutePattern?
    /// The segment of the whole path at which `pattern` begins.
    private var patternStart = 0

    init(_ received: ReceivedRequest) {
        self.received = received
        method = received.head.method
    }

    /// The head as it was parsed: target, fields, framing.
    public var head: RequestHead {
        // By value: lent by a coroutine (`_read`), it would cost an allocation wherever another module asks.
        received.head
    }
    /// The address of who sent it, as the socket knows it.
    public var peer: SocketAddress { received.peer }
    /// What client and server agreed on in the TLS handshake, the client's certificate with it; nil for a request that came
    /// in the clear.
    public var tls: SecureSession? { received.session }
    /// `https` for a request that came by TLS, else `http`.
    public var scheme: String { received.session == nil ? "http" : "https" }
    /// The content.
    public var body: RequestBody { received.body }
    /// The field lines. Setting them is for middleware: the handlers behind it see the new ones, and what the server took
    /// from the old ones, such as how to receive the content, does not change.
    public var fields: Fields {
        get { received.head.fields }
        set { received = received.with(newValue) }
    }
    /// The path of the target, split and decoded once (RFC 3986 §2.4), without dot segments.
    ///
    /// Behind a route that ends in `**` it is what the `**` stands for; `head.path` is always the whole.
    public var path: RequestPath { received.head.path.droppingFirst(hiddenSegments) }
    /// The route that led here as it was written, with the groups and mounts around it: "/notes/:id"; nil without one.
    public var route: String? { pattern?.text }
    /// What the route's `:names` stand for.
    public var parameters: PathParameters { PathParameters(received, pattern, start: patternStart) }
    /// What follows the "?" of the target, as received; nil when there is none.
    public var query: String? { received.head.query }
    /// How many segments of the whole path belong to the mounts above the handler.
    var hiddenSegments: Int { patternStart + (pattern?.mountLength ?? 0) }

    /// Notes which route was found in `path`.
    mutating func follow(_ pattern: RoutePattern?) {
        patternStart = hiddenSegments
        self.pattern = pattern
    }

    /// Where a handler's messages go: the server's logger, unless middleware set another for this request.
    public var logger: Logger {
        get { self[LoggerKey.self] ?? received.logger }
        set { self[LoggerKey.self] = newValue }
    }
    /// The server's own, for what lasts longer than the request.
    package var serverLogger: Logger { received.logger }

    /// What an error thrown behind this middleware becomes; nil: what `ServerConfiguration.errorFormat` says. Set by
    /// middleware, such as one that answers the clients of an API in JSON. Of an error that is no `HTTPError` it is given
    /// a 500 without details.
    public var errorFormat: (@Sendable (HTTPError) -> Response)? {
        get { self[ErrorFormatKey.self] }
        set { self[ErrorFormatKey.self] = newValue }
    }
}

extension Request {
    /// Makes a request that no connection brought: for tests of handlers.
    ///
    /// It goes through the parser, so that nothing can be made that could not be received. `Host: localhost` and
    /// `Content-Length` are added where they are missing.
    /// - Parameters:
    ///   - target: origin-form such as `/a?b=c`, or any other that suits the method.
    ///   - body: the content in memory.
    ///   - logger: default: one labelled `martlet.request`.
    /// - Throws: `RequestError` when no server would accept the parts.
    public init(
        _ method: HTTPRequest.Method = .get,
        _ target: String,
        fields: Fields = Fields(),
        body: [UInt8] = [],
        peer: SocketAddress = .loopback(port: 0),
        logger: Logger = Logger(label: "martlet.request")
    ) throws(RequestError) {
        var fields = fields
        if !body.isEmpty, !fields.contains(.contentLength) { fields.append(.contentLength, "\(body.count)") }
        var bytes = Array("\(method.rawValue) \(target) HTTP/1.1\r\n".utf8)
        if !fields.contains(where: { $0.name.lowercased() == "host" }) { bytes += Array("Host: localhost\r\n".utf8) }
        fields.write(into: &bytes)
        bytes += Array("\r\n".utf8)
        var parser = RequestParser()
        let received = ReceivedRequest(logger: logger)
        guard try parser.parse(bytes.span, into: &received.head) != nil else { throw .malformedRequestLine }
        received.peer = peer
        if !body.isEmpty { received.body = RequestBody(bytes: body) }
        self.init(received)
    }
}

/// Names a value that middleware leaves in a request for the handlers behind it.
///
/// ```swift
/// struct UserKey: RequestKey { typealias Value = User }
/// request[UserKey.self] = user
/// ```
public protocol RequestKey {
    /// What is kept under this key.
    associatedtype Value: Sendable
}

extension Request {
    /// A value that middleware left under `key`; nil when none did.
    public subscript<Key: RequestKey>(_ key: Key.Type) -> Key.Value? {
        get { values?.storage[ObjectIdentifier(key)] as? Key.Value }
        set {
            var changed = values ?? RequestValues()
            changed.storage[ObjectIdentifier(key)] = newValue
            values = changed
        }
    }
}

/// Values under their keys.
struct RequestValues: Sendable {
    var storage: [ObjectIdentifier: any Sendable] = [:]
}

private struct LoggerKey: RequestKey {
    typealias Value = Logger
}

private struct ErrorFormatKey: RequestKey {
    typealias Value = @Sendable (HTTPError) -> Response
}
