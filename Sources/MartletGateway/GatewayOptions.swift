public import MartletReactor
public import MartletWire

/// How a `Gateway` treats requests, answers and the servers behind it. Every limit has a default.
public struct GatewayOptions: Sendable {
    /// What the servers behind it find in Host.
    public enum HostPolicy: String, Sendable, CaseIterable {
        /// What the client sent: links and redirects that a server makes of it are right. The default.
        case client
        /// The host and port of the backend's URL.
        case backend
    }

    /// What Host says.
    public var host = HostPolicy.client
    /// What Forwarded and X-Forwarded-* say.
    public var forwarded = ForwardedOptions()
    /// The proxies in front of this one: what they say in Forwarded and X-Forwarded-* is kept and added to. From anybody
    /// else those fields are dropped, for anybody can write them. Default: none.
    public var trustedProxies: [AddressRange] = []
    /// The name of this gateway in Via (RFC 9110 §7.6.3), a token; default "martlet". A request that has been through
    /// gateways of this name eight times goes round in circles, and is answered 508.
    public var pseudonym = "martlet"
    /// The PROXY protocol's header before the first request on each connection to a backend; default nil: none. With it
    /// each connection serves one request.
    public var proxyProtocol: ProxyHeader.Version?

    /// For a connection to a backend; default 5 s. Then 504.
    public var connectTimeout = Duration.seconds(5)
    /// From a request sent, or its last octets, to the first octet of the answer; default 60 s. Then 504.
    public var firstByteTimeout = Duration.seconds(60)
    /// Without an octet of an answer that has begun; default 60 s. Then the client's connection is cut, so that the answer
    /// cannot look complete. Not for connections that were upgraded.
    public var idleTimeout = Duration.seconds(60)
    /// How long a client that sent `Expect: 100-continue` waits for the backend to say something; default 1 s. Then its
    /// content is asked for.
    public var continueTimeout = Duration.seconds(1)

    /// Connections kept open for each backend and event loop while nobody uses them; default 128.
    public var idleConnections = 128
    /// How long they are kept; default 30 s.
    public var idleConnectionTimeout = Duration.seconds(30)
    /// How large an answer's head may be; default 64 KiB and 200 field lines. Beyond it: 502.
    public var heads = HeadLimits(fieldCount: 200)

    /// When a backend counts as down.
    public var health = HealthOptions()

    /// The defaults.
    public init() {}
}

/// What a gateway says of the client in the request it passes on (RFC 7239).
public struct ForwardedOptions: Sendable {
    /// How an address is told.
    public enum Node: String, Sendable, CaseIterable {
        /// Not at all.
        case none
        /// As it is.
        case address
        /// As an identifier made for this request alone, which says nothing (RFC 7239 §6.3).
        case obfuscated
    }

    /// `Forwarded: for=`, and X-Forwarded-For when it is the address; default: the address.
    public var client = Node.address
    /// `by=`: where the client connected to; default: not told.
    public var interface = Node.none
    /// `host=` and X-Forwarded-Host: the Host that the client sent; default true.
    public var host = true
    /// `proto=` and X-Forwarded-Proto: http or https; default true.
    public var scheme = true
    /// The field Forwarded; default true.
    public var standard = true
    /// The fields X-Forwarded-For, -Host and -Proto; default true.
    public var legacy = true

    /// The defaults.
    public init() {}

    /// Tells nothing, and lets nothing through that a client claims.
    public static var none: ForwardedOptions {
        var options = ForwardedOptions()
        (options.standard, options.legacy) = (false, false)
        return options
    }
}

/// When a backend counts as down. All loops of a server share what they know.
public struct HealthOptions: Sendable {
    /// So many failures within `window` take a backend out; default 3. A failure is a connection refused, an answer that
    /// is none, or a timeout; an answer with any status is none. The only backend of a gateway is never taken out by this.
    public var failures = 3
    /// See `failures`; default 10 s.
    public var window = Duration.seconds(10)
    /// How long a backend stays out; default 10 s.
    public var pause = Duration.seconds(10)
    /// The target of active checks, such as `/health`; default nil: none are made. Checks begin with the first request.
    public var path: String?
    /// Between active checks of a backend, and the longest that one takes; default 5 s.
    public var interval = Duration.seconds(5)
    /// The statuses of a healthy backend; default 200 to 399. A check that fails takes the backend out, the next that
    /// succeeds brings it back.
    public var statuses = 200...399

    /// The defaults.
    public init() {}
}
