import MartletReactor
import MartletWire

/// What a server allows its clients: sizes, counts and times. Every limit has a default that suits a public server.
///
/// A limit that is hit gets its status and a log line; nothing grows past it.
public struct Limits: Sendable {
    /// Octets of a request line without its CRLF; default 8,192. Beyond it: 414.
    public var requestLine = 8192
    /// Octets of a whole request head; default 65,536. Beyond it: 431.
    public var head = 65536
    /// Field lines in a request; default 100. Beyond it: 431.
    public var fieldCount = 100
    /// Octets of request content; default 16 MiB. Beyond it: 413.
    public var body = 16 << 20
    /// Connections open at once, over all loops; default 16,384. Beyond it: 503 and close.
    public var connections = 16384

    /// For the TLS handshake of a new connection; default 10 s. Then close.
    public var handshakeTimeout = Duration.seconds(10)
    /// From the first octet of a request head to its last; default 10 s. Then 408 and close.
    public var headTimeout = Duration.seconds(10)
    /// Without an octet of awaited request content; default 30 s. Then 408, or the end of an answer that has begun.
    public var bodyIdleTimeout = Duration.seconds(30)
    /// Without a request on an open connection; default 60 s. Then close.
    public var keepAliveTimeout = Duration.seconds(60)
    /// Without room to send while an answer waits; default 30 s. Then the connection is reset.
    public var writeStallTimeout = Duration.seconds(30)

    /// The defaults.
    public init() {}

    var heads: HeadLimits {
        var limits = HeadLimits()
        limits.requestLine = requestLine
        limits.head = head
        limits.fieldCount = fieldCount
        return limits
    }
}

/// The timeouts of `Limits` in the loop's own unit, worked out once: every request sets a deadline.
struct Timeouts {
    let handshake: Nanoseconds
    let head: Nanoseconds
    let bodyIdle: Nanoseconds
    let keepAlive: Nanoseconds
    let writeStall: Nanoseconds

    init(_ limits: Limits) {
        handshake = Nanoseconds(limits.handshakeTimeout)
        head = Nanoseconds(limits.headTimeout)
        bodyIdle = Nanoseconds(limits.bodyIdleTimeout)
        keepAlive = Nanoseconds(limits.keepAliveTimeout)
        writeStall = Nanoseconds(limits.writeStallTimeout)
    }
}
