public import Martlet

/// A request as a `TestServer` received it.
public struct RecordedRequest: Sendable {
    /// Its place among all requests of the server, from 1, by the time it was complete.
    public let number: Int
    /// The connection it came on, counted from 1. Requests with the same number shared a connection.
    public let connection: Int
    /// The head as it came, octet for octet, with the empty line that ends it.
    public let rawHead: [UInt8]
    /// The head, taken apart.
    public let head: RequestHead
    /// The content, without the chunked coding.
    public let body: [UInt8]
    /// The trailer fields of chunked content.
    public let trailers: Fields
    /// When its parts came and its answer went.
    public internal(set) var timings: Timings

    /// Moments in the life of a request.
    public struct Timings: Sendable {
        /// When the first octet was there.
        public let firstOctet: ContinuousClock.Instant
        /// When the head was complete.
        public let head: ContinuousClock.Instant
        /// When the content was complete; right after `head` if there is none.
        public let body: ContinuousClock.Instant
        /// When the answer, or what a fault left of it, was handed to the system; nil before.
        public internal(set) var answer: ContinuousClock.Instant?
    }

    /// The method, such as `.get`.
    public var method: HTTPRequest.Method { head.method }
    /// The target as it came: "/search?q=1".
    public var target: String { head.target }
    /// The path as it came, not decoded, without the query.
    public var path: String { head.rawPath }
    /// What follows the "?" of the target, as it came; nil when there is none.
    public var query: String? { head.query }
    /// The field lines, in order.
    public var fields: Fields { head.fields }
    /// The content as text; octets that are not UTF-8 read as U+FFFD.
    public var text: String { String(decoding: body, as: UTF8.self) }
}

extension RecordedRequest: CustomStringConvertible {
    /// The method and the target: "GET /x".
    public var description: String { "\(method.rawValue) \(target)" }
}
