import CMartlet
import Glibc
public import Martlet
import MartletReactor
import MartletWire

/// A server for tests of HTTP clients: it answers as told, remembers what it was asked, and fails where it is told to.
///
/// It listens on a free port of 127.0.0.1, so that tests can run side by side. `withServer` starts and stops one;
/// where a closure does not fit, as with XCTest's `setUp` and `tearDown`, use `start()` and `stop()`.
///
/// Can be used from any thread. A request gets the answer of the route for its method and path; else the next enqueued
/// answer; else a 500, and the test is told at the end.
public final class TestServer: Sendable {
    /// Connections at once; one more is closed, and reported.
    static let connectionLimit = 256
    /// Requests recorded; one more is answered 500, and reported.
    static let requestLimit = 10_000
    /// Problems remembered; more say nothing new.
    static let problemLimit = 100

    /// The port it listens on.
    public let port: UInt16
    private let listener: ListeningSocket
    /// Routes run on it, and not on Swift's own threads: a test that blocks those still gets its answers.
    let loop: EventLoop
    /// Set when the server stops: ends every wait of its threads.
    private let stopped: Signal
    /// Set when the acceptor should look at the state again.
    private let changed: Signal
    private let state = Locked(State())

    typealias Responder = @Sendable (RecordedRequest, SocketAddress) async throws -> Response

    /// What to send in answer to a request.
    struct Reply {
        enum Source {
            case answer(Answer.Content)
            case route(Responder)
            case nothing
        }

        let source: Source
        let fault: Fault?
    }

    private struct Route {
        let method: HTTPRequest.Method
        let path: String
        let respond: Responder
    }

    private struct Waiter {
        let number: Int
        let continuation: CheckedContinuation<RecordedRequest, any Error>
    }

    private struct State {
        var routes: [Route] = []
        var answers: [Answer] = []
        var faults: [Fault] = []
        var problems: [ServerProblems.Problem] = []

        var isListening = true
        var connections = 0
        var acceptor: Thread?
        var hasEnded = false
        var stopWaiters: [CheckedContinuation<Void, Never>] = []

        /// The number of the last request that was complete.
        var lastNumber = 0
        var requests: [RecordedRequest] = []
        /// How many of them `nextRequest` has given out.
        var given = 0
        var waiters: [Waiter] = []
        var lastWaiter = 0

        mutating func report(_ problem: ServerProblems.Problem) {
            if case .limit = problem, problems.contains(problem) { return }
            if problems.count < TestServer.problemLimit { problems.append(problem) }
        }
    }

    private init() throws(SystemError) {
        stopped = try Signal()
        changed = try Signal()
        loop = try EventLoop(name: "test-routes")
        let sockets = try ListeningSocket.bind(.loopback(port: 0), count: 1)
        guard let listener = sockets.first, let port = listener.address.port else {
            throw SystemError(code: EADDRNOTAVAIL, operation: "bind 127.0.0.1")
        }
        self.listener = listener
        self.port = port
    }

    /// Starts a server that has to be stopped: its threads keep it alive.
    /// - Throws: `SystemError` when the system gives no socket or thread.
    public static func start() throws -> TestServer {
        let server = try TestServer()
        do {
            try server.loop.start()
            let acceptor = try Thread(name: "test-server") { server.acceptConnections() }
            server.state.withLock { $0.acceptor = acceptor }
            return server
        } catch {
            server.loop.stop()
            server.listener.close()
            throw error
        }
    }

    /// Ends all connections and the server. Later calls do nothing.
    /// - Parameter allowing: what is no problem; nothing by default.
    /// - Throws: `ServerProblems` when something came other than planned.
    public func stop(allowing: Allowance = []) async throws {
        await end()
        if let problems = problems(allowing: allowing, underlying: nil) { throw problems }
    }

    func end() async {
        stopped.set()
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.stopWaiters.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
        loop.stop()
        // They have nothing left to do but to end.
        let acceptor = state.withLock { state in
            defer { state.acceptor = nil }
            return state.acceptor
        }
        guard let acceptor else { return }
        acceptor.join()
        loop.join()
    }

    func problems(allowing: Allowance, underlying: (any Error)?) -> ServerProblems? {
        let all = state.withLock { state in
            state.problems + (state.answers.isEmpty ? [] : [.unusedAnswers(state.answers.count)])
        }
        let problems = all.filter { !allowing.covers($0) }
        return problems.isEmpty ? nil : ServerProblems(problems: problems, underlying: underlying)
    }

    /// The URL of a path on this server: `http://127.0.0.1:<port><path>`.
    /// - Parameter path: with its leading "/", percent-encoded, with a query if wanted.
    public func url(_ path: String = "/") -> String {
        "http://127.0.0.1:\(port)\(path)"
    }
}

// MARK: - What it answers

extension TestServer {
    /// Adds an answer for the next request that no route takes, whatever its path.
    /// - Parameters:
    ///   - response: default an empty text, for faults that leave nothing of it.
    ///   - framing: how the end of the content is told.
    ///   - fault: what goes wrong with this answer.
    public func enqueue(
        _ response: Response = .text(""),
        framing: Framing = .contentLength,
        fault: Fault? = nil
    ) {
        state.withLock { $0.answers.append(Answer(content: .response(response, framing), fault: fault)) }
    }

    /// Adds an answer of these very octets, head and all, valid or not.
    /// - Parameter closes: whether the connection is closed after them.
    public func enqueue(raw octets: some Sequence<UInt8>, closes: Bool = true, fault: Fault? = nil) {
        let answer = Answer(content: .raw(Array(octets), closes: closes), fault: fault)
        state.withLock { $0.answers.append(answer) }
    }

    /// Adds an answer of the UTF-8 of `text`, head and all: each line end is to be written as `\r\n`.
    /// - Parameter closes: whether the connection is closed after it.
    public func enqueue(raw text: String, closes: Bool = true, fault: Fault? = nil) {
        enqueue(raw: text.utf8, closes: closes, fault: fault)
    }

    /// Answers every request for this method and path by a closure. A later route replaces an earlier one.
    ///
    /// An `HTTPError` that it throws is an answer; any other error is a 500, and reported. It runs on a thread of the
    /// server that all routes share, as on the loop of a `Server`: it should wait by `await`. Its task is cancelled when
    /// the server stops.
    /// - Parameter path: compared with that of the target as it came, without its query.
    public func route(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ respond: @escaping @Sendable (RecordedRequest) async throws -> Response
    ) {
        add(Route(method: method, path: path) { request, _ in try await respond(request) })
    }

    /// Answers every request for this method and path by a handler, as `Server` would. See the overload with a closure.
    public func route(_ method: HTTPRequest.Method, _ path: String, to handler: any Handler) {
        add(
            Route(method: method, path: path) { request, peer in
                try await handler.respond(to: try Request(recorded: request, peer: peer))
            }
        )
    }

    private func add(_ route: Route) {
        state.withLock { state in
            state.routes.removeAll { $0.method == route.method && $0.path == route.path }
            state.routes.append(route)
        }
    }

    /// Makes these faults happen to all answers from now on that have none of their own, and those given before no
    /// more. Of several the first that happens counts: see `Fault.oneIn`.
    public func inject(_ faults: Fault...) {
        state.withLock { $0.faults = faults }
    }

    /// Refuses connections from now on, as if no server were there; those that are open stay so. The port stays ours.
    public func refuseConnections() {
        let address = listener.address
        let fd = listener.fd
        state.withLock { state in
            guard state.isListening else { return }
            state.isListening = false
            // A socket that is bound but does not listen. Without `shutdown`, there is no way back from listening.
            shutdown(fd, CInt(SHUT_RDWR))
            let result = unsafe address.withSystemAddress { unsafe Glibc.bind(fd, $0, $1) }
            if result != 0 { state.report(.limit("\(SystemError(operation: "bind \(address) again"))")) }
        }
        changed.set()
    }

    /// Accepts connections again after `refuseConnections`.
    public func acceptConnectionsAgain() {
        let fd = listener.fd
        state.withLock { state in
            guard !state.isListening else { return }
            state.isListening = true
            listen(fd, CInt(clamping: ListeningSocket.defaultBacklog))
        }
        changed.set()
    }
}

// MARK: - What it was asked

extension TestServer {
    /// All requests so far, in the order in which they were complete.
    public var requests: [RecordedRequest] { state.withLock { $0.requests } }

    /// Connections accepted so far.
    public var connectionCount: Int { state.withLock { $0.connections } }

    /// Waits for the next request: the first call gives the first one, also when it has come already.
    ///
    /// It comes as soon as it is complete, so its answer may still be on its way.
    /// - Throws: `NoRequest` after `timeout`; `CancellationError`.
    public func nextRequest(timeout: Duration = .seconds(2)) async throws -> RecordedRequest {
        let number = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        let timer = Locked<Task<Void, any Error>?>(nil)
        defer { timer.withLock { $0?.cancel() } }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                wait(number, continuation)
                // Only now: there must be somebody to give up.
                let task = Task {
                    try await Task.sleep(for: timeout)
                    giveUp(number, NoRequest(timeout: timeout, earlier: requests.count))
                }
                timer.withLock { $0 = task }
            }
        } onCancel: {
            giveUp(number, CancellationError())
        }
    }

    private func wait(_ number: Int, _ continuation: CheckedContinuation<RecordedRequest, any Error>) {
        let result = state.withLock { state -> Result<RecordedRequest, any Error>? in
            if state.given < state.requests.count {
                state.given += 1
                return .success(state.requests[state.given - 1])
            }
            // With the lock: a cancellation after this finds the waiter.
            guard !Task.isCancelled else { return .failure(CancellationError()) }
            state.waiters.append(Waiter(number: number, continuation: continuation))
            return nil
        }
        if let result { continuation.resume(with: result) }
    }

    private func giveUp(_ number: Int, _ error: any Error) {
        let waiter = state.withLock { state in
            state.waiters.firstIndex { $0.number == number }.map { state.waiters.remove(at: $0) }
        }
        waiter?.continuation.resume(throwing: error)
    }
}

/// No request came in the time that `nextRequest` waited.
public struct NoRequest: Error, Sendable, CustomStringConvertible {
    /// How long it waited.
    public let timeout: Duration
    /// Requests that had come before.
    public let earlier: Int

    /// Says so.
    public var description: String { "no request came within \(timeout); \(earlier) had come before" }
}

// MARK: - For its connections

extension TestServer {
    /// The fault that happens to a connection before anything is read.
    func acceptFault(connection: Int) -> Fault? {
        state.withLock { state in
            if let answer = state.answers.first, let fault = answer.fault, fault.stage == .accept {
                state.answers[0].fault = nil
                guard fault.happens(to: connection) else { return nil }
                // A connection that only waits goes on to the request for this answer.
                if case .delay = fault.action { return fault }
                state.answers.removeFirst()
                return fault
            }
            return state.faults.first { $0.stage == .accept && $0.happens(to: connection) }
        }
    }

    func nextNumber() -> Int {
        state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
    }

    /// Records a request and decides on its answer.
    func reply(to request: RecordedRequest) -> Reply {
        let (reply, waiter) = state.withLock { state in
            guard state.requests.count < Self.requestLimit else {
                state.report(.limit("more than \(Self.requestLimit) requests came"))
                return (Reply(source: .nothing, fault: nil), Waiter?.none)
            }
            state.requests.append(request)
            var waiter: Waiter?
            if !state.waiters.isEmpty {
                waiter = state.waiters.removeFirst()
                state.given += 1
            }
            return (Self.reply(to: request, &state), waiter)
        }
        waiter?.continuation.resume(returning: request)
        return reply
    }

    private static func reply(to request: RecordedRequest, _ state: inout State) -> Reply {
        let injected = state.faults.first { $0.stage != .accept && $0.happens(to: request.number) }
        if let route = state.routes.first(where: { $0.method == request.method && $0.path == request.path }) {
            return Reply(source: .route(route.respond), fault: injected)
        }
        guard !state.answers.isEmpty else {
            state.report(.unexpectedRequest("\(request)", connection: request.connection))
            return Reply(source: .nothing, fault: nil)
        }
        let answer = state.answers.removeFirst()
        guard let fault = answer.fault else { return Reply(source: .answer(answer.content), fault: injected) }
        if fault.stage == .accept {
            state.report(.missedFault("\(request)", connection: request.connection))
            return Reply(source: .answer(answer.content), fault: nil)
        }
        return Reply(source: .answer(answer.content), fault: fault.happens(to: request.number) ? fault : nil)
    }

    func answered(_ request: RecordedRequest) {
        let now = ContinuousClock.now
        state.withLock { state in
            guard let index = state.requests.lastIndex(where: { $0.number == request.number }) else { return }
            state.requests[index].timings.answer = now
        }
    }

    func report(_ problem: ServerProblems.Problem) {
        state.withLock { $0.report(problem) }
    }
}

// MARK: - Accepting

extension TestServer {
    /// The life of the acceptor's thread.
    private func acceptConnections() {
        var threads: [(thread: Thread, hasEnded: Signal)] = []
        while let isListening = waitForConnection() {
            guard isListening, let (socket, peer) = accept() else { continue }
            threads.removeAll { entry in
                let hasEnded = (try? poll([(entry.hasEnded.fd, POLLIN)], by: Instant.now())) != nil
                if hasEnded { entry.thread.join() }
                return hasEnded
            }
            do {
                guard threads.count < Self.connectionLimit else {
                    throw SystemError(code: EMFILE, operation: "more than \(Self.connectionLimit) connections at once")
                }
                threads.append(try serve(socket, peer))
            } catch {
                socket.close()
                report(.limit("a connection was closed: \(error)"))
            }
        }
        for entry in threads { entry.thread.join() }
        listener.close()
        let waiters = state.withLock { state in
            state.hasEnded = true
            return state.stopWaiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits until there may be a connection or the state has changed.
    /// - Returns: whether connections are accepted; nil when the server stops.
    private func waitForConnection() -> Bool? {
        let isListening = state.withLock { $0.isListening }
        var descriptors = [(stopped.fd, POLLIN), (changed.fd, POLLIN)]
        if isListening { descriptors.append((listener.fd, POLLIN)) }
        guard let ready = try? poll(descriptors, by: .never), !ready[0] else { return nil }
        if ready[1] { changed.clear() }
        return isListening
    }

    private func accept() -> (Socket, SocketAddress)? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let fd = unsafe cm_accept(listener.fd, &storage, &length)
        if fd < 0, errno == EMFILE || errno == ENFILE {
            report(.limit("\(SystemError(operation: "accept"))"))
            // The connection goes on waiting: without a rest this thread would spin.
            _ = try? poll([(stopped.fd, POLLIN)], by: Instant.now() + Nanoseconds(.milliseconds(50)))
        }
        guard fd >= 0 else { return nil }
        return (Socket(fd: fd), SocketAddress(&storage, length: length) ?? .loopback(port: 0))
    }

    private func serve(_ socket: Socket, _ peer: SocketAddress) throws -> (Thread, Signal) {
        let number = state.withLock { state in
            state.connections += 1
            return state.connections
        }
        let hasEnded = try Signal()
        let stream = PolledSocket(socket, interrupt: stopped)
        let connection = ServedConnection(server: self, stream: stream, peer: peer, number: number)
        let thread = try Thread(name: "test-server-\(number)") {
            connection.run()
            hasEnded.set()
        }
        return (thread, hasEnded)
    }
}
