public import Martlet

/// An answer as a `TestClient` received it.
public struct TestResponse: Sendable {
    /// The final status.
    public let status: HTTPResponse.Status
    /// The field lines, in order.
    public let fields: Fields
    /// The content, without the chunked coding.
    public let body: [UInt8]
    /// The trailer fields of chunked content.
    public let trailers: Fields
    /// The head as it came, octet for octet, with the empty line that ends it; empty over `.direct`.
    public let rawHead: [UInt8]
    /// The statuses of interim answers that came before, such as 100 and 103.
    public let interim: [HTTPResponse.Status]
    /// What the handler threw, over `.direct`, when that was no `HTTPError`; the client only sees a 500.
    public let handlerError: (any Error)?

    /// The content as text; octets that are not UTF-8 read as U+FFFD.
    public var text: String { String(decoding: body, as: UTF8.self) }
    /// The head as text, a line each.
    public var headLines: [String] {
        String(decoding: rawHead, as: UTF8.self).split(separator: "\r\n").map(String.init)
    }
}
