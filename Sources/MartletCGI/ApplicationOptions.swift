public import MartletWire

/// How requests are passed to an application behind FastCGI or SCGI. Every limit has a default.
public struct ApplicationOptions: Sendable {
    /// Variables beside those of CGI/1.1, in the place of any of the same name.
    public var variables: [String: String] = [:]
    /// Whether the application sees the client's credentials, as HTTP_AUTHORIZATION; default false (RFC 3875 §9.2).
    public var passesAuthorization = false
    /// The scripts' folder as the application sees it, where that is another path than here: in a container, say. Absolute.
    public var documentRoot: String?

    /// For a connection to the application; default 5 s. Then 504.
    public var connectTimeout = Duration.seconds(5)
    /// From a request sent, or its last octets, to the first octet of its answer; default 60 s. Then 504.
    public var firstOctetTimeout = Duration.seconds(60)
    /// Without an octet of an answer that has begun; default 60 s. Then the client's connection is cut, so that the answer
    /// cannot look complete. So long an application may go on behind an answer that needs no more of it, as one to HEAD.
    public var idleTimeout = Duration.seconds(60)

    /// Connections kept while nobody uses them, those of all event loops together; default 4, and 0 keeps none. FastCGI
    /// only. An application such as PHP has a process for each connection: keep it below php-fpm's `pm.max_children`. Where
    /// so many are open, one that rests on another loop closes before a new one is made.
    public var keptConnections = 4
    /// How long they are kept; default 30 s.
    public var restTimeout = Duration.seconds(30)

    /// How large an answer's head may be; default 64 KiB and 200 field lines. Beyond it: 502.
    public var heads = HeadLimits(fieldCount: 200)

    /// The defaults.
    public init() {}
}
