import Glibc
import HTTPTypes
import Logging
import MartletReactor
import MartletWire
import Synchronization

/// One loop with everything its connections share: the handler, the clock's texts, the log, the pools.
///
/// Lives on its loop's thread, but for `init`.
final class Worker: @unchecked Sendable {
    let loop: EventLoop
    /// Who answers.
    let routing: any Routing
    let configuration: ServerConfiguration
    let timeouts: Timeouts
    /// The fields of the configuration that every answer gets.
    private let addedFields: [(name: HTTPField.Name, value: String)]
    /// True once the server stops: answers close their connections.
    private(set) var isDraining = false
    /// While it stops in favour of another server: idle connections may send one more request.
    private(set) var keepsIdle = false

    private let open: ConnectionCount
    /// Called once, when draining is over.
    private let drained: @Sendable () -> Void
    private var hasDrained = false
    private var listeners: [Listener] = []
    private var connections: [Connection] = []
    private var exchanges: [Exchange] = []
    /// The one given back last, if any.
    private var lastExchange: Exchange?
    private var madeLines: [UInt8] = []
    private var madeLinesSeconds = Int.min
    private var accessLog: AccessLog?
    /// Whether the access log wants to know what requests are called.
    let logsNames: Bool
    /// Who is told what happens here.
    private(set) var observer: (any LoopObserver)?
    private var logRetry: Registration?
    private var complaint = OncePerSecond()
    private var peerComplaints = OncePerPeer()
    var holdUp: HoldUp
    /// Connections have numbers below it.
    private let highestDescriptor: CInt
    private var drainDeadline: Registration?
    private var drainEnd = Instant.never
    private var signals: SignalSource?

    /// How long idle connections stay when another server takes over.
    private static let idleGrace = Nanoseconds(.seconds(5))
    /// Connections beyond the limit that are told so before they are closed.
    private static let refusalsAtOnce = 256
    /// Descriptors that connections leave to what their answers need: a quarter, but no more than these.
    private static let descriptorsKept = 1024
    /// Exchanges kept for reuse.
    private static let keptExchanges = 64

    init(
        loop: EventLoop,
        routing: any Routing,
        configuration: ServerConfiguration,
        open: ConnectionCount,
        drained: @escaping @Sendable () -> Void
    ) {
        self.loop = loop
        self.routing = routing
        self.configuration = configuration
        let descriptors = DescriptorLimit.current
        // A server of few connections, as that of the admin pages, may use what others keep.
        let kept = min(Self.descriptorsKept, descriptors / 4, configuration.limits.connections)
        highestDescriptor = descriptors > 0 ? CInt(clamping: descriptors - kept) : .max
        addedFields = configuration.fields.compactMap { name, value in
            guard let name = HTTPField.Name(name), !Self.ownFields.contains(name) else { return nil }
            return (name, value)
        }
        timeouts = Timeouts(configuration.limits)
        holdUp = HoldUp(limit: configuration.holdUpWarning.map { Nanoseconds($0) })
        self.open = open
        self.drained = drained
        accessLog = configuration.accessLog.map { AccessLog($0) }
        logsNames = configuration.accessLog?.format == .json
        observer = configuration.observer?.observer(of: ObservedLoop(self))
    }

    deinit {
        observer?.loopEnded()
    }

    // MARK: Start and stop

    /// Before the loop runs.
    func prepare() {
        if accessLog != nil { loop.addBeforeWait { [unowned self] in flushLog() } }
        watchForHoldUps()
    }

    /// Accepts from this socket. It stays the caller's when this fails.
    func listen(on socket: ListeningSocket) throws(SystemError) {
        listeners.append(
            try Listener(
                socket,
                loop: loop,
                accepted: { [unowned self] in accept($0, peer: $1) },
                failed: { [unowned self] in
                    observer?.acceptFailed()
                    complain("\($0). The limit of open files may be too low: ulimit -n")
                }
            )
        )
    }

    /// Closes what `listen` took, for a server that cannot start as a whole.
    func discard() {
        for listener in listeners { listener.close() }
        listeners = []
    }

    /// Forwards signals of the process to a closure, on this loop.
    func forward(_ signals: [CInt], _ received: @escaping (CInt) -> Void) {
        self.signals?.close()
        do {
            self.signals = try SignalSource(signals, loop: loop, received: received)
        } catch {
            configuration.logger.error("signals cannot be caught: \(error)")
        }
    }

    /// Stops accepting, closes idle connections, and lets the others finish what is in flight until the deadline.
    /// - Parameter others: where others accept from the same sockets: those who wait there are theirs, and idle
    ///   connections stay for a while. Nil: nobody does.
    func drain(grace: Nanoseconds, leaving others: [SocketAddress]?) {
        isDraining = true
        for listener in listeners {
            if !(others ?? []).contains(listener.address) { listener.acceptWaiting() }
            listener.close()
        }
        listeners = []
        drainEnd = loop.now + grace
        keepsIdle = others != nil && Self.idleGrace.count < grace.count
        if !keepsIdle { closeIdle() }
        guard !connections.isEmpty else { return finishDraining() }
        if drainDeadline == nil { drainDeadline = loop.register(timer: Deadline { [unowned self] in drainGoesOn() }) }
        if let drainDeadline { loop.setDeadline(drainDeadline, keepsIdle ? loop.now + Self.idleGrace : drainEnd) }
    }

    private func closeIdle() {
        for connection in connections { connection.closeIfIdle() }
    }

    private func drainGoesOn() {
        guard keepsIdle else { return abort() }
        keepsIdle = false
        if let drainDeadline { loop.setDeadline(drainDeadline, drainEnd) }
        closeIdle()
    }

    private func abort() {
        let cut = connections.count { $0.isAnswering }
        if cut > 0 {
            complain(
                "\(cut == 1 ? "an answer was" : "\(cut) answers were") cut: the server stops, and its grace is over"
            )
        }
        for connection in connections { connection.abort() }
    }

    /// The loop has ended: signals have their default action again.
    func end() {
        if let loss = accessLog?.finalLoss { tell(loss) }
        signals?.close()
        signals = nil
    }

    private func finishDraining() {
        guard !hasDrained else { return }
        hasDrained = true
        drained()
    }

    // MARK: Connections

    private func accept(_ socket: Socket, peer: SocketAddress) {
        // Numbers are given from below: one as high as this says that hardly any are left.
        guard socket.fd < highestDescriptor else {
            socket.close()
            observer?.connectionRefused()
            return complain(
                "a connection was dropped: descriptors run out. The limit of open files may be too low: ulimit -n"
            )
        }
        let limit = configuration.limits.connections
        let count = open.add()
        // Far beyond the limit there is not even the memory to say so.
        guard count <= limit + Self.refusalsAtOnce else {
            open.remove()
            socket.close()
            observer?.connectionRefused()
            return complain("a connection was dropped: \(limit) are open and many more were refused")
        }
        guard let transport = Transport(socket, configuration.security) else {
            open.remove()
            socket.close()
            observer?.connectionRefused()
            return complain("a connection was dropped: there is no memory for its TLS")
        }
        let connection = Connection(transport, peer: peer, worker: self, index: connections.count)
        connections.append(connection)
        if let observer { observer.connectionOpened() }
        guard count > limit else { return }
        observer?.connectionRefused()
        complain("503: \(limit) connections are open, the limit (--max-connections)")
        connection.refuseService()
    }

    /// Serves a connection that no listener of ours accepted.
    func adopt(_ socket: Socket, peer: SocketAddress) {
        if isDraining { socket.close() } else { accept(socket, peer: peer) }
    }

    /// A connection has closed its socket.
    func remove(_ connection: Connection) {
        let last = connections.removeLast()
        if last !== connection {
            connections[connection.index] = last
            last.index = connection.index
        }
        open.remove()
        if let observer { observer.connectionClosed() }
        if isDraining, connections.isEmpty { finishDraining() }
    }

    /// Requests whose answers are not complete, eight at most, for the log.
    func requestsUnderWay() -> [String] {
        let busy = connections.lazy.filter { [.responding, .streaming, .sending, .upgraded].contains($0.phase) }
        return busy.compactMap { $0.exchange?.received.summary }.prefix(8).map(\.self)
    }

    /// What the connections are doing.
    func sample() -> LoopSample {
        var sample = LoopSample()
        for connection in connections { sample[connection.state] += 1 }
        return sample
    }

    /// Who answers `request`. Asked from here, where the routing need not be copied first.
    func endpoint(for request: inout Request) -> Endpoint {
        routing.endpoint(for: &request)
    }

    // MARK: What connections borrow

    func takeExchange() -> Exchange {
        guard let exchange = lastExchange.take() ?? exchanges.popLast() else { return Exchange(configuration) }
        exchange.reset()
        return exchange
    }

    func give(_ exchange: consuming Exchange) {
        exchange.end()
        if lastExchange == nil {
            lastExchange = exchange
        } else if exchanges.count < Self.keptExchanges - 1 {
            exchanges.append(exchange)
        }
    }

    /// The field lines that every answer begins with: Date, and Server where the configuration names one. Made once a
    /// second.
    func commonLines() -> [UInt8] {
        let seconds = WallClock.seconds()
        guard seconds != madeLinesSeconds else { return madeLines }
        madeLinesSeconds = seconds
        var fields = Fields(.date, HTTPDate.string(seconds))
        // Which no name can break out of.
        if let name = configuration.serverName { fields.append(.server, name) }
        madeLines = []
        fields.write(into: &madeLines)
        return madeLines
    }

    /// Whether every answer gets fields of the configuration.
    var addsFields: Bool { !addedFields.isEmpty }

    /// The response's fields without those that the server writes, and with those of the configuration.
    /// - Parameter isMisplaced: it goes in the clear where TLS is spoken: without HSTS (RFC 6797 §7.2).
    func fields(of response: Response, isMisplaced: Bool) -> Fields {
        var fields = response.isForwarded ? response.fields : response.fields.without(Self.ownFields)
        // What an answer depends on can only grow: without its own Vary a cache would mix its variants up.
        for (name, _) in addedFields where name != .vary { fields[name] = nil }
        for (name, value) in addedFields where !isMisplaced || name != .strictTransportSecurity {
            fields.append(name, value)
        }
        return fields
    }

    /// Fields that the server writes itself, that only a connection option gives a meaning (RFC 9110 §7.6.1), and Close, a
    /// name that is reserved (RFC 9112 §9.6). Literal tokens.
    static let ownFields: [HTTPField.Name] = [
        .contentLength, .transferEncoding, .connection, .date, .server,
        HTTPField.Name("Keep-Alive")!, HTTPField.Name("Proxy-Connection")!, HTTPField.Name("Close")!,
    ]

    /// Whether there is an access log.
    var logs: Bool { accessLog != nil }
    /// Whether anybody wants to hear of requests that have ended.
    var keepsRecords: Bool { accessLog != nil || observer != nil }

    func log(_ entry: AccessLogEntry) {
        accessLog?.append(entry, seconds: WallClock.seconds())
    }

    /// How long lines wait for the log's reader to make room, when nothing else wakes the loop.
    private static let logRetryInterval = Nanoseconds(.milliseconds(100))

    private func flushLog() {
        let before = accessLog?.fault
        accessLog?.flush()
        if let fault = accessLog?.fault, fault.code != before?.code {
            let reason = SystemError.text(of: fault.code)
            configuration.logger.error(
                "the access log cannot be written: \(reason). Its lines wait, as far as there is room"
            )
        }
        if let loss = accessLog?.takeLoss() { tell(loss) }
        guard accessLog?.isEmpty == false else { return }
        let retry = logRetry ?? loop.register(timer: Deadline {})
        logRetry = retry
        loop.setDeadline(retry, loop.now + Self.logRetryInterval)
    }

    private func tell(_ loss: AccessLog.Loss) {
        let cause =
            loss.fault.map { "the access log could not be written (\(SystemError.text(of: $0.code)))" }
            ?? "the access log's reader is too slow"
        configuration.logger.warning("\(cause): \(loss.lines) lines are lost")
    }

    /// A problem of one client, which may try again and again: logged once in 10 s for each.
    func complain(about peer: SocketAddress, _ message: @autoclosure () -> String) {
        guard let suppressed = peerComplaints.permits(peer.host, at: loop.now) else { return }
        let text = message()
        configuration.logger.warning("\(suppressed == 0 ? text : "\(text) (and \(suppressed) more like it)")")
    }

    /// A problem that may come a thousand times a second: logged once a second.
    func complain(_ message: @autoclosure () -> String) {
        guard let suppressed = complaint.permits(at: loop.now) else { return }
        let text = message()
        configuration.logger.warning("\(suppressed == 0 ? text : "\(text) (and \(suppressed) more like it)")")
    }
}

extension Fields {
    /// These without the lines of `names`.
    func without(_ names: [HTTPField.Name]) -> Fields {
        var fields = self
        for name in names { fields[name] = nil }
        return fields
    }
}

/// Connections open over all loops of a server.
final class ConnectionCount: Sendable {
    private let count = Atomic<Int>(0)

    /// Counts one more.
    /// - Returns: how many there are now.
    func add() -> Int {
        count.wrappingAdd(1, ordering: .relaxed).newValue
    }

    func remove() {
        count.wrappingSubtract(1, ordering: .relaxed)
    }
}

/// Calls a closure when its deadline is reached.
private final class Deadline: EventSource {
    private let action: () -> Void

    init(_ action: @escaping () -> Void) {
        self.action = action
    }

    func deadlineReached() {
        action()
    }
}
