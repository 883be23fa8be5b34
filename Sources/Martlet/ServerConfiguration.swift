public import Logging
public import MartletReactor
public import MartletWire

/// Everything about a server but its handler.
public struct ServerConfiguration: Sendable {
    /// Where to listen; default 127.0.0.1, port 8000. Port 0 takes a free one.
    public var addresses: [SocketAddress] = [.loopback(port: 8000)]
    /// Sockets that listen already, instead of `addresses`: bound before rights were given up, inherited from a supervisor,
    /// or duplicates of another server's (`Server.duplicateListeners`). The server closes them when it stops, or when it
    /// cannot start. Default: none, and `addresses` are bound.
    public var listeners: [BoundAddress] = []
    /// What protects connections: TLS, as MartletTLS makes it; nil: nothing, they are in the clear. It is for all addresses.
    public var security: (any StreamSecurity)?
    /// The proxies that begin each connection with a PROXY header (haproxy.org's proxy-protocol.txt, version 1 or 2), which
    /// names the client: `Request.peer` is that one's address. A connection of theirs without a header is closed, and so is
    /// every connection of anybody else, who could claim any address. Default: none, and no header is looked for.
    public var proxies: [AddressRange] = []
    /// Event loops, each a thread of its own; default one for each core the process may use.
    public var threads: Int = Processors.available
    /// What clients may send and how long they may take.
    public var limits = Limits()
    /// The access log; default nil: none.
    public var accessLog: AccessLogSettings?
    /// The `Server` field of answers; nil sends none.
    public var serverName: String? = "Martlet"
    /// Fields added to every answer; they replace those of the same name.
    public var fields = Fields()
    /// What answers that report an error look like, refusals that no handler sees included; nil: a small page for browsers,
    /// plain text for others. Called on a loop's thread. Middleware can choose for its routes: `Request.errorFormat`.
    public var errorFormat: (@Sendable (HTTPError) -> Response)?
    /// A handler that keeps its loop busy for longer than this holds up everybody else there, and is named in a warning;
    /// default 100 ms, nil: never. At most one warning a second and loop.
    public var holdUpWarning: Duration? = .milliseconds(100)
    /// Who is told what happens, for metrics; default nil: nobody, which costs nothing.
    public var observer: (any ServerObserver)?
    /// Where problems go. Its level decides what is told: `.info` for refused requests, `.error` for handlers that threw.
    public var logger = Logger(label: "martlet")

    /// The defaults.
    public init() {}
}
