public import HTTPTypes
public import MartletReactor
public import MartletWire

/// A request as it came in: the head, and the content to be read when wanted.
///
/// A value: it can be kept and passed on freely. Only `body` is tied to the connection, and ends with the answer.
public struct Request: Sendable {
    /// The parsed head: target, fields, framing.
    public var head: RequestHead
    /// The address of who sent it, as the socket knows it.
    public let peer: SocketAddress
    /// The content.
    public let body: RequestBody

    init(head: RequestHead, peer: SocketAddress, body: RequestBody) {
        self.head = head
        self.peer = peer
        self.body = body
    }

    /// The method, such as `.get`.
    public var method: HTTPRequest.Method { head.method }
    /// The field lines.
    public var fields: Fields { head.fields }
    /// The path of the target, split and decoded once (RFC 3986 §2.4), without dot segments.
    public var path: RequestPath { head.path }
    /// What follows the "?" of the target, as received; nil when there is none.
    public var query: String? { head.query }
}
