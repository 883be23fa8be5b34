import Glibc
import Martlet
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
    let listener: ListeningSocket
    /// Routes run on it, and not on Swift's own threads: a test that blocks those still gets its answers.
    let loop: EventLoop
    /// Set when the server stops: ends every wait of its threads.
    let stopped: Signal
    /// Set when the acceptor should look at the state again.
    let changed: Signal
    let state = Locked(State())

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

    struct Route {
        let method: HTTPRequest.Method
        let path: String
        let respond: Responder
    }

    struct Waiter {
        let number: Int
        let continuation: CheckedContinuation<RecordedRequest, any Error>
    }

    struct State {
        var routes: [Route] = []
        var answers: [Answer] = []
        var faults: [Fault] = []
        var problems: [ServerProblems.Problem] = []

        var isListening = true
        /// For connections to come; nil: they stay in the clear.
        var security: (any StreamSecurity)?
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

    /// The URL of a path on this server: `http://127.0.0.1:<port><path>`, or https.
    /// - Parameter path: with its leading "/", percent-encoded, with a query if wanted.
    public func url(_ path: String = "/") -> String {
        let scheme = state.withLock { $0.security == nil } ? "http" : "https"
        return "\(scheme)://127.0.0.1:\(port)\(path)"
    }
}
