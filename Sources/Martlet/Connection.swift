import HTTPTypes
import Logging
import MartletReactor
import MartletWire

/// One client's connection: a state machine from octets received to octets sent.
///
/// It takes one request at a time; further ones (pipelining) wait in the buffer or with the kernel until the answer
/// before them is complete, so answers leave in order. An idle connection owns no buffer and no task.
///
/// Everything happens on the loop's thread. `Sendable` because a handler's task carries it along to read content, and
/// those calls go to the loop by themselves.
final class Connection: EventSource, @unchecked Sendable {
    /// What the connection is doing. Sending goes on beside all but the last two.
    enum Phase: Equatable {
        /// Waits for a proxy to say who the client is (PROXY protocol).
        case learningPeer
        /// Agrees with the client on keys (TLS).
        case shakingHands
        /// Waits for a request head, or has a part of one.
        case receivingHead
        /// The handler's task works on an answer.
        case responding
        /// The handler's task writes content while it is sent.
        case streaming
        /// The answer is being sent; nothing is received meanwhile.
        case sending
        /// A 101 was the answer: octets of another protocol come and go.
        case upgraded
        /// The answer is given; the rest of the request's content is received and dropped.
        case draining
        /// The answer is sent and the sending side closed; what still arrives is dropped, since closing over unread
        /// octets would make the kernel send a reset that can destroy the answer on its way (RFC 9112 §9.6).
        case lingering(until: Instant)
        /// The socket is closed.
        case closed
    }

    /// Content of a request that nobody wanted is received up to this size to keep the connection; beyond, it closes.
    static let drainLimit = 256 * 1024
    /// A closing connection waits so long for a client that neither sends nor notices.
    static let lingerTimeout = Nanoseconds(.seconds(5))
    /// And so long for one that goes on sending.
    static let longestLinger = Nanoseconds(.seconds(30))
    /// A client that has finished sending is asked after this whether it is still there.
    static let patience = Nanoseconds(.seconds(1))
    /// Steps taken for one connection in one turn: requests answered, or buffers received and dropped.
    static let stepsPerTurn = 64

    let worker: Worker
    /// The worker's. Here too, because a way over the worker counts references.
    let loop: EventLoop
    /// The client; until a proxy has named it, the proxy.
    var peer: SocketAddress
    /// How requests that outlive it know it; made when the first one needs it.
    private(set) lazy var reference = ConnectionReference(self)
    /// Its place in the worker's list.
    var index: Int
    var registration: Registration?
    var phase = Phase.receivingHead

    // Together, where they take least: an idle connection is little more than this object.
    /// The kernel may have octets for us, or the end: an edge-triggered event said so and no receipt said otherwise.
    var inputReady = false
    var peerFinished = false
    /// The connection closes when the answer is sent.
    var closes = false
    /// The client speaks HTTP in the clear where TLS is spoken.
    var isMisplaced = false
    /// The loop watches the socket.
    private var isWatched = false
    private var isAdvancing = false
    /// A turn was asked for and has not come yet.
    var awaitsTurn = false
    /// The deadline is that of a client that does not read.
    private var isStalled = false
    /// The socket, bare or under TLS.
    var transport: Transport

    /// Without room while nothing is received.
    var input = ReceiveBuffer()
    var parser: RequestParser
    var output = Output()
    var exchange: Exchange?
    /// Tells the exchanges of a connection apart, for tasks that outlive theirs.
    var exchangeNumber: UInt64 = 0
    /// Octets of unwanted content that were dropped.
    var discarded = 0

    init(_ transport: Transport, peer: SocketAddress, worker: Worker, index: Int) {
        self.transport = transport
        self.peer = peer
        self.worker = worker
        loop = worker.loop
        self.index = index
        parser = RequestParser(limits: worker.configuration.limits.heads)
        registration = loop.register(timer: self)
        begin(afterHeader: worker.configuration.proxies.isEmpty)
        // Its request has often come with it. One that is answered and closed at once is never watched.
        inputReady = true
        requestTurn()
    }

    // MARK: Events

    func ready(_ readiness: Readiness) {
        if readiness.contains(.readable) { inputReady = true }
        if readiness.contains(.peerFinished) { peerFinished = true }
        // Both directions are closed or the connection was reset: nobody is there to answer.
        if readiness.contains(.hangup) { return abort() }
        askWhetherGone()
        // With a turn to come, more of the same now would be more than its share.
        if !awaitsTurn { advance() }
    }

    func turn() {
        awaitsTurn = false
        if transport.mayHoldInput { inputReady = true }
        advance()
        if !isWatched { watch() }
    }

    private func watch() {
        guard phase != .closed, let registration else { return }
        do {
            try loop.watch(transport.socket.fd, for: registration, trigger: .edge)
            isWatched = true
        } catch {
            worker.complain("a connection was dropped: \(error)")
            abort()
        }
    }

    func requestTurn() {
        guard !awaitsTurn, let registration else { return }
        awaitsTurn = true
        loop.requestTurn(registration)
    }

    /// The client has finished sending. It may have gone, or still want its answer (RFC 9112 §9.6): only its kernel
    /// knows, and answers with a reset if anything is sent to a client that is gone. So it is asked, when the answer takes
    /// a while: by something that other clients ignore.
    func askWhetherGone() {
        guard peerFinished, let exchange else { return }
        switch phase {
        case .responding where exchange.reader == nil: setDeadline(after: Self.patience)
        case .streaming where exchange.stream?.filler != nil && output.isEmpty: setDeadline(after: Self.patience)
        // Another protocol hears of it by cancellation, and decides.
        case .upgraded where !(exchange.upgraded?.isRaw ?? false): exchange.task?.cancel()
        default: break
        }
    }

    /// An interim response, which a client that did not ask for it can simply discard (RFC 9110 §15.2.1). HTTP/1.0 has
    /// none: a client of that kind is found out by the kernel's keep-alive.
    private func sendProbe() {
        guard peerFinished, exchange?.received.head.version != .http1_0 else { return }
        sendContinue()
    }

    func deadlineReached() {
        isStalled = false
        switch phase {
        case .learningPeer:
            complain("no PROXY header came in time")
            close()
        case .shakingHands:
            handshakeFailed(SecurityFailure("timeout", "the TLS handshake did not end in time"))
            close()
        case .receivingHead:
            // Pipelined requests kept it too busy to rest, and so to set a deadline of their own.
            if awaitsTurn { return setDeadline(after: worker.timeouts.keepAlive) }
            if !output.isEmpty { return abort(because: "the client stopped reading") }
            if exchange == nil || parser.isIdle { return close() }
            refuse(HTTPError(.requestTimeout, "The request head did not arrive in time."))
            advance()
        case .responding:
            guard exchange?.reader != nil else { return sendProbe() }
            let error = HTTPError(.requestTimeout, "The content of the request stopped arriving.")
            logRefusal(error)
            failReader(error)
        case .streaming where output.isEmpty:
            sendFiller()
        case .streaming, .sending:
            abort(because: "the client stopped reading")
        case .upgraded:
            streamDeadlineReached()
        case .draining, .lingering:
            close()
        case .closed:
            break
        }
    }

    /// Does what can be done now, and returns when an event is needed to go on.
    func advance() {
        // A handler that never waits answers from within this very loop.
        guard !isAdvancing else { return }
        isAdvancing = true
        defer { isAdvancing = false }
        // Each step says whether there may be more to do at once.
        for _ in 0..<Self.stepsPerTurn {
            let goesOn =
                switch phase {
                case .learningPeer: learnPeer()
                case .shakingHands: shakeHands()
                case .receivingHead: receiveHead()
                case .responding: flush() && feedReader()
                case .streaming: flush() && feedWriters()
                case .sending: flush() && finishSending()
                case .upgraded: exchangeOctets()
                case .draining: drain()
                case .lingering(let end): linger(until: end)
                case .closed: false
                }
            guard goesOn else { return }
        }
        requestTurn()
    }

    // MARK: Sending

    /// Sends what waits. Failures close the connection.
    /// - Returns: true when everything is with the kernel.
    func flush() -> Bool {
        guard !output.isEmpty else { return true }
        let sent = output.sentCount
        defer { if let observer = worker.observer { observer.sent(output.sentCount &- sent) } }
        switch output.flush(to: transport) {
        case .done:
            return true
        case .blocked:
            // Only progress gives more time: what the client sends meanwhile does not.
            if output.sentCount != sent || !isStalled { setDeadline(after: worker.timeouts.writeStall) }
            isStalled = true
            return false
        case .turnOver:
            setDeadline(after: worker.timeouts.writeStall)
            requestTurn()
            return false
        case .failed:
            abort()
            return false
        case .fileChanged:
            abort(because: "a file changed while it was sent")
            return false
        }
    }

    private func finishSending() -> Bool {
        if let exchange { finishExchange(exchange) }
        return true
    }

    /// The answer is complete: on to the next request, or to the end of the connection.
    func finishExchange(_ exchange: Exchange) {
        if worker.keepsRecords { record(exchange) }
        if closes { return beginClosing() }
        if exchange.expectsContent {
            phase = .draining
            setDeadline(after: worker.timeouts.bodyIdle)
            return
        }
        nextExchange()
    }

    func nextExchange() {
        exchangeNumber += 1
        discarded = 0
        parser.reset()
        if let done = exchange.take() { worker.give(done) }
        phase = .receivingHead
    }

    // MARK: Deadline and log

    func setDeadline(after duration: Nanoseconds) {
        setDeadline(at: loop.now + duration)
    }

    func setDeadline(at instant: Instant) {
        isStalled = false
        if let registration { loop.setDeadline(registration, instant) }
    }

    func unsetDeadline() {
        setDeadline(at: .never)
    }

    func recordExchange() {
        if let exchange, worker.keepsRecords { record(exchange) }
    }

    /// Tells the access log and the observer of a request that has ended.
    private func record(_ exchange: Exchange) {
        if worker.logs {
            worker.log(
                AccessLogEntry(
                    peer: peer,
                    head: exchange.head,
                    hasHead: exchange.hasHead,
                    status: exchange.status,
                    contentLength: exchange.contentSent,
                    start: exchange.start,
                    name: exchange.name
                )
            )
        }
        if let observer = worker.observer { observer.requestEnded(ObservedRequest(exchange)) }
    }
}
