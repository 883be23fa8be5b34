public import HTTPTypes
public import MartletReactor
public import MartletWire

/// Is told what servers do, for metrics: `ServerConfiguration.observer`.
///
/// One can observe several servers, at once or one after the other.
public protocol ServerObserver: Sendable {
    /// A server has made a loop. Called once for each, on the thread that starts the server.
    /// - Returns: who is told of what happens on it.
    func observer(of loop: ObservedLoop) -> any LoopObserver
}

/// Is told what happens on one loop of a server.
///
/// Called on the loop's thread only, so that nothing in it needs a lock; it must not wait. What others want to know they
/// ask by `ObservedLoop.sample`.
public protocol LoopObserver: AnyObject {
    /// A connection was accepted. `connectionClosed` follows in the end.
    func connectionOpened()
    /// A connection is closed.
    func connectionClosed()
    /// A connection was accepted and at once refused, with a 503 or without a word: too many are open.
    func connectionRefused()
    /// No connection could be accepted: most often for want of descriptors.
    func acceptFailed()
    /// A TLS handshake has ended.
    func handshakeEnded(_ outcome: HandshakeOutcome)
    /// Octets came in; under TLS, those that it protected.
    func received(_ octets: Int)
    /// Octets were given to the kernel; under TLS, those that it protects.
    func sent(_ octets: Int)
    /// A request head came in, or something that is none. `requestEnded` follows in the end.
    func requestBegan(_ method: ObservedMethod)
    /// A request was answered, or its connection ended before it was.
    func requestEnded(_ request: ObservedRequest)
    /// Nothing more will happen: the last call, on any thread.
    func loopEnded()
}

/// A request that has ended, as metrics want to know it: nothing in it grows with what clients think up.
public struct ObservedRequest {
    /// The method.
    public let method: ObservedMethod
    /// The route that led to the handler; nil where there is none: a request that no route is for, one that is malformed,
    /// a server whose handler is no router.
    public let route: RoutePattern?
    /// The status that was sent; 499 where the connection ended before there was an answer.
    public let status: Int
    /// From the first octet of the head to the last of the answer being with the kernel, or for a short answer about to
    /// go there. For a 101 and an event stream, their whole length.
    public let duration: Nanoseconds
    /// Octets of the request's content that were received, without framing.
    public let contentReceived: Int
    /// Octets of the answer's content, without framing.
    public let contentSent: Int
    /// The version that the request spoke.
    public let version: HTTPVersion
}

/// A method, as metrics name it: those that no standard has are one.
public enum ObservedMethod: UInt8, CaseIterable, Sendable {
    /// A method of RFC 9110 §9, or PATCH (RFC 5789).
    case get, head, post, put, delete, connect, options, trace, patch
    /// QUERY.
    case query
    /// Any other, or none that could be read.
    case other

    /// The method's place among these.
    public init(_ method: HTTPRequest.Method) {
        self =
            switch method {
            case .get: .get
            case .head: .head
            case .post: .post
            case .put: .put
            case .delete: .delete
            case .connect: .connect
            case .options: .options
            case .trace: .trace
            case .patch: .patch
            case .query: .query
            default: .other
            }
    }

    /// `GET`; `_OTHER` for what no standard has, as OpenTelemetry's conventions ask.
    public var name: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .connect: "CONNECT"
        case .options: "OPTIONS"
        case .trace: "TRACE"
        case .patch: "PATCH"
        case .query: "QUERY"
        case .other: "_OTHER"
        }
    }
}

/// What a TLS handshake came to.
public enum HandshakeOutcome: Hashable, Sendable {
    /// A new session was agreed on.
    case full
    /// An earlier session goes on.
    case resumed
    /// It failed, for a reason of this kind: `SecurityFailure.kind`.
    case failed(String)

    /// `ok`, `resumed`, or the kind of failure, such as `unknown_ca`: for a label named `result`.
    public var label: String {
        switch self {
        case .full: "ok"
        case .resumed: "resumed"
        case .failed(let kind): kind
        }
    }
}

/// What a connection is doing, as metrics name it.
public enum ConnectionState: Int, CaseIterable, Sendable {
    /// Waits for a PROXY header, or agrees on keys.
    case handshaking
    /// Waits for a request.
    case idle
    /// Receives a request head, or content that a handler waits for.
    case reading
    /// A handler works on the answer.
    case handling
    /// An answer is being sent.
    case sending
    /// Another protocol is spoken, after a 101.
    case upgraded
    /// The answer is given; what still arrives is dropped.
    case closing
}

/// A loop of a server that is observed. Can be used from any thread.
public struct ObservedLoop: Sendable {
    /// The loop's name, `martlet-0`: the same for the same loop of a later server.
    public let name: String
    private let loop: EventLoop
    private weak let worker: Worker?

    init(_ worker: Worker) {
        name = worker.loop.name
        loop = worker.loop
        self.worker = worker
    }

    /// Calls `body` on the loop's thread, in a turn to come. Not at all when the loop has ended: then it is let go of.
    public func sample(_ body: @escaping @Sendable (LoopSample) -> Void) {
        loop.execute {
            guard let worker else { return }
            body(worker.sample())
        }
    }
}

/// What the connections of a loop are doing.
public struct LoopSample: Sendable {
    private var counts = [Int](repeating: 0, count: ConnectionState.allCases.count)

    /// No connections.
    public init() {}

    /// How many connections are in a state.
    public internal(set) subscript(state: ConnectionState) -> Int {
        get { counts[state.rawValue] }
        set { counts[state.rawValue] = newValue }
    }

    /// The connections of both.
    public static func + (one: LoopSample, other: LoopSample) -> LoopSample {
        var sum = one
        for state in ConnectionState.allCases { sum[state] += other[state] }
        return sum
    }
}

extension Connection {
    /// What it is doing.
    var state: ConnectionState {
        switch phase {
        case .learningPeer, .shakingHands: .handshaking
        case .receivingHead: !output.isEmpty ? .sending : input.isEmpty ? .idle : .reading
        case .responding: exchange?.reader == nil ? .handling : .reading
        case .streaming, .sending: .sending
        case .upgraded: .upgraded
        case .draining, .lingering, .closed: .closing
        }
    }
}

extension Exchange {
    /// A head came in: tells the observer.
    func observe(_ observer: any LoopObserver) {
        method = ObservedMethod(head.method)
        observer.requestBegan(method)
    }
}

extension ObservedRequest {
    init(_ exchange: Exchange) {
        method = exchange.method
        route = exchange.route
        status = exchange.status
        duration = exchange.start.duration(to: .now())
        contentReceived = exchange.contentReceived
        contentSent = exchange.contentSent
        version = exchange.received.head.version
    }
}
