import CMartlet
import Glibc
import Logging
public import MartletReactor
import Synchronization

/// An HTTP/1.1 server: listens on its addresses and gives each request to its handler.
///
/// ```swift
/// let server = Server(port: 8000) { request in
///     .text("Hello, \(request.peer.host)")
/// }
/// try await server.run()
/// ```
///
/// Can be used from any thread. It starts once; after it has stopped it stays so.
public final class Server: Sendable {
    /// What the server was made with.
    public let configuration: ServerConfiguration
    private let routing: any Routing
    private let state = Locked(State())

    private struct State {
        var workers: [Worker] = []
        var threads: [Thread] = []
        var running = 0
        var draining = 0
        var hasStarted = false
        var isStopping = false
        var waiters: [CheckedContinuation<Void, Never>] = []
        var bound: [BoundAddress] = []
        var signals: (numbers: [CInt], received: @Sendable (CInt) -> Void)?
    }

    /// Makes a server that does not run yet.
    public init(configuration: ServerConfiguration = ServerConfiguration(), handler: any Handler) {
        self.configuration = configuration
        routing = SingleEndpoint.routing(to: handler)
    }

    /// Makes a server on 127.0.0.1 whose handler is a function that never waits.
    /// - Parameters:
    ///   - port: default 8000; 0 takes a free one.
    ///   - threads: event loops, each a thread of its own; default one for each core the process may use.
    public convenience init(
        port: UInt16 = 8000,
        threads: Int = Processors.available,
        _ respond: @escaping @Sendable (Request) throws -> Response
    ) {
        self.init(configuration: Self.loopback(port, threads), handler: ImmediateFunction(respond))
    }

    /// Makes a server on 127.0.0.1 whose handler is an `async` function.
    /// - Parameters:
    ///   - port: default 8000; 0 takes a free one.
    ///   - threads: event loops, each a thread of its own; default one for each core the process may use.
    public convenience init(
        port: UInt16 = 8000,
        threads: Int = Processors.available,
        _ respond: @escaping @Sendable (Request) async throws -> Response
    ) {
        self.init(configuration: Self.loopback(port, threads), handler: AsyncFunction(function: respond))
    }

    static func loopback(_ port: UInt16, _ threads: Int) -> ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.addresses = [.loopback(port: port)]
        configuration.threads = threads
        return configuration
    }

    /// Where the server listens, with the real ports; empty before `start`.
    public var addresses: [SocketAddress] {
        state.withLock { $0.bound.map(\.address) }
    }

    /// Binds the addresses and starts the loops. When it returns, clients can connect.
    ///
    /// SIGPIPE is ignored from now on in the whole process: a client that goes away must not end it. The limit of
    /// open descriptors is raised as far as the system lets it.
    /// - Throws: `SystemError` when an address cannot be bound or the system gives no thread. Then `configuration.listeners`
    ///   are closed too.
    public func start() throws(SystemError) {
        let isFirst = state.withLock { state in
            defer { state.hasStarted = true }
            return !state.hasStarted
        }
        precondition(isFirst, "a Server starts once")
        _ = cm_ignore_sigpipe()
        DescriptorLimit.raise()

        let count = max(1, configuration.threads)
        let listeners = configuration.listeners
        let bound = listeners.isEmpty ? try BoundAddress.bind(configuration.addresses, count: count) : listeners
        let workers = try makeWorkers(bound, count: count)
        let signals = state.withLock { [workers] state in
            state.bound = bound
            state.workers = workers
            state.running = workers.count
            state.draining = workers.count
            return state.signals.take()
        }
        if let (signals, received) = signals { workers.first?.forward(signals, received) }
        for (index, worker) in workers.enumerated() {
            do throws(SystemError) {
                try startThread(of: worker)
            } catch {
                stop(grace: .zero)
                for worker in workers[index...] {
                    worker.discard()
                    workerDrained()
                    workerEnded()
                }
                throw error
            }
        }
    }

    private func startThread(of worker: Worker) throws(SystemError) {
        let thread = try Thread(name: worker.loop.name) { [self] in
            worker.loop.run()
            worker.end()
            workerEnded()
        }
        state.withLock { $0.threads.append(thread) }
    }

    /// All or none, as with the addresses.
    private func makeWorkers(_ bound: [BoundAddress], count: Int) throws(SystemError) -> [Worker] {
        let open = ConnectionCount()
        var workers: [Worker] = []
        do throws(SystemError) {
            for index in 0..<count {
                workers.append(
                    Worker(
                        loop: try EventLoop(name: "martlet-\(index)"),
                        routing: routing,
                        configuration: configuration,
                        open: open,
                        drained: { [self] in workerDrained() }
                    )
                )
            }
        } catch {
            for address in bound { address.close() }
            throw error
        }
        for worker in workers { worker.prepare() }
        for (index, address) in bound.enumerated() {
            do throws(SystemError) {
                try Self.deal(address, to: workers)
            } catch {
                for worker in workers { worker.discard() }
                for address in bound[(index + 1)...] { address.close() }
                throw error
            }
        }
        return workers
    }

    /// Gives each worker its sockets of one address. After a failure none is open that a worker does not have.
    private static func deal(_ address: BoundAddress, to workers: [Worker]) throws(SystemError) {
        let hands: [[ListeningSocket]]
        do throws(SystemError) {
            hands = try address.dealt(to: workers.count)
        } catch {
            address.close()
            throw error
        }
        var dealt = zip(workers, hands).flatMap { worker, hand in hand.map { (worker, $0) } }[...]
        while let (worker, socket) = dealt.first {
            do throws(SystemError) {
                try worker.listen(on: socket)
            } catch {
                for (_, socket) in dealt { socket.close() }
                throw error
            }
            dealt.removeFirst()
        }
    }

    /// Starts the server, tells the log where (level `.info`), and returns when it has stopped. Cancelling the task stops
    /// it gracefully.
    /// - Throws: as `start`. In `main.swift` call it within `main`, which tells the error.
    public func run() async throws {
        try start()
        let scheme = configuration.security == nil ? "http" : "https"
        for address in addresses {
            let url = if case .unix = address { "\(address)" } else { "\(scheme)://\(address)/" }
            configuration.logger.info("Serving at \(url)")
        }
        await withTaskCancellationHandler {
            await waitUntilStopped()
        } onCancel: {
            stop()
        }
    }

    /// Serves a connected, non-blocking socket as if a listener had accepted it: one end of a socketpair, in tests.
    /// The server closes it. It must run.
    package func adopt(_ socket: Socket, peer: SocketAddress) {
        guard let worker = state.withLock({ $0.workers.first }) else { return socket.close() }
        worker.loop.execute { worker.adopt(socket, peer: peer) }
    }

    /// Stops accepting, lets answers in flight finish, then ends. Returns at once.
    /// - Parameter grace: connections that are still busy after this are cut; zero cuts all at once. A later call
    ///   replaces the grace of an earlier one.
    public func stop(grace: Duration = .seconds(10)) {
        end(grace: grace, leaving: nil)
    }

    /// Stops in favour of another server that listens on duplicates of the same sockets: as `stop`, but connections that
    /// nobody accepted are left to it, as are the files of Unix sockets, and a connection that is idle may send one more
    /// request within five seconds, so that a request that is on its way is not met by a closed door.
    /// - Parameters:
    ///   - grace: as for `stop`.
    ///   - addresses: those that the other server listens at; nil: all of this one's. At the others this one stops as ever.
    public func handOver(grace: Duration = .seconds(10), at addresses: [SocketAddress]? = nil) {
        let bound = state.withLock { $0.bound.map(\.address) }
        end(grace: grace, leaving: addresses ?? bound)
    }

    private func end(grace: Duration, leaving others: [SocketAddress]?) {
        let (workers, bound) = state.withLock { state in
            defer { state.isStopping = true }
            return (state.workers, state.isStopping ? [] : state.bound)
        }
        // The file of a Unix socket outlives its socket. It goes first: later it might be a successor's.
        for address in bound where !(others ?? []).contains(address.address) { address.removeFile() }
        for worker in workers {
            worker.loop.execute { worker.drain(grace: Nanoseconds(grace), leaving: others) }
        }
    }

    /// The sockets that this server listens on, under further descriptors, for its successor. Whoever takes them closes
    /// them; `ServerConfiguration.listeners` does.
    /// - Throws: `SystemError` when the process has no descriptor left, or the server does not run any more.
    public func duplicateListeners() throws(SystemError) -> [BoundAddress] {
        try state.withLock { state throws(SystemError) in
            guard !state.isStopping, !state.workers.isEmpty else {
                throw SystemError(code: EBADF, operation: "hand over listening sockets")
            }
            var copies: [BoundAddress] = []
            do throws(SystemError) {
                for address in state.bound { copies.append(try address.duplicate()) }
                return copies
            } catch {
                for copy in copies { copy.close() }
                throw error
            }
        }
    }

    /// Returns when the server has stopped.
    public func waitUntilStopped() async {
        await withCheckedContinuation { continuation in
            let hasStopped = state.withLock { state in
                if state.running > 0 { state.waiters.append(continuation) }
                return state.running == 0
            }
            if hasStopped { continuation.resume() }
        }
        // The threads have nothing left to do but to end.
        join()
    }

    /// Blocks the calling thread until the server has stopped. Not for code that runs on Swift's own threads.
    public func join() {
        let threads = state.withLock { state in
            defer { state.threads = [] }
            return state.threads
        }
        for thread in threads { thread.join() }
    }

    /// Stops the server gracefully at the first SIGINT or SIGTERM, and at once at the second, as people expect of
    /// Ctrl-C. Call it before `start` or `run`.
    /// - Parameters:
    ///   - grace: answers in flight have so long; default 10 s.
    ///   - reload: called on a loop's thread at each SIGHUP; default nil: that ends the process, as by default.
    ///   - first: called on a loop's thread at the first signal.
    public func stopOnSignals(
        grace: Duration = .seconds(10),
        reload: (@Sendable () -> Void)? = nil,
        first: @escaping @Sendable () -> Void = {}
    ) {
        let count = Atomic<Int>(0)
        forwardSignals([SIGINT, SIGTERM] + (reload == nil ? [] : [SIGHUP])) { [self] signal in
            if signal == SIGHUP, let reload { return reload() }
            let isFirst = count.wrappingAdd(1, ordering: .relaxed).newValue == 1
            if isFirst { first() }
            stop(grace: isFirst ? grace : .zero)
        }
    }

    /// Calls `received` on a loop of this server for each of these signals (POSIX numbers), instead of their default
    /// action, until the server has stopped. One server in a process at a time.
    ///
    /// Call it before `start`: then no signal is missed from the moment that clients can connect. Later it takes effect
    /// soon after it returns.
    public func forwardSignals(_ signals: [CInt], _ received: @escaping @Sendable (CInt) -> Void) {
        let worker = state.withLock { state in
            if state.workers.isEmpty { state.signals = (signals, received) }
            return state.workers.first
        }
        worker?.loop.execute { worker?.forward(signals, received) }
    }

    /// Has each loop call `answer` as soon as it can: one that is held up does not.
    /// - Returns: how many loops there are to answer.
    package func askLoops(_ answer: @escaping @Sendable () -> Void) -> Int {
        let workers = state.withLock { $0.workers }
        for worker in workers { worker.loop.execute(answer) }
        return workers.count
    }

    /// The loops end together: the one that listens for signals must be there until the last connection is gone.
    private func workerDrained() {
        let workers = state.withLock { state in
            state.draining -= 1
            return state.draining == 0 ? state.workers : []
        }
        for worker in workers { worker.loop.stop() }
    }

    private func workerEnded() {
        let waiters = state.withLock { state in
            state.running -= 1
            guard state.running == 0 else { return [CheckedContinuation<Void, Never>]() }
            state.workers = []
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
