public import Martlet
import MartletReactor

/// Tells whether servers live, whether they are ready, and what they do: for people, balancers and Prometheus.
///
/// ```swift
/// let admin = Admin(version: "1.2")
/// configuration.observer = admin
/// let server = Server(configuration: configuration, handler: handler)
/// let pages = try admin.server(at: .loopback(port: 9000))
/// try pages.start()
/// try server.start()
/// admin.addresses = server.addresses
/// admin.readiness = .ready
/// ```
///
/// One can observe several servers of the process, one after the other too: what they counted adds up, and never goes
/// back. Its pages cost the servers one call on each loop. Can be used from any thread.
public final class Admin: ServerObserver {
    /// Whether requests should be sent here.
    public enum Readiness: String, Sendable {
        /// Not yet.
        case starting
        /// Yes.
        case ready
        /// No more.
        case draining
    }

    /// Says why requests should not be sent here for now; nil: they may. It should answer within a second or so.
    public typealias ReadinessCheck = @Sendable () async -> String?

    /// What `martlet_build_info` and the status page call the version.
    public let version: String
    private let livenessLimit: Nanoseconds
    private let started = Instant.now()
    private let loops = ObservedLoops()
    private let state = Locked(State())

    private struct State {
        var readiness = Readiness.starting
        var addresses: [SocketAddress] = []
        var checks: [(name: String, check: ReadinessCheck)] = []
        var rate = Rate()
    }

    /// Makes one that observes nothing yet, and is `starting`.
    /// - Parameters:
    ///   - version: of the program.
    ///   - livenessLimit: a loop that has not answered for so long is taken for dead; default 10 s.
    public init(version: String, livenessLimit: Duration = .seconds(10)) {
        self.version = version
        self.livenessLimit = Nanoseconds(livenessLimit)
        _ = ProcessFigures.startTime
    }

    /// What `/readyz` says, if no check objects. Set to `draining` it says 503 from that moment.
    public var readiness: Readiness {
        get { state.withLock { $0.readiness } }
        set { state.withLock { $0.readiness = newValue } }
    }

    /// Where the servers listen, for the status page.
    public var addresses: [SocketAddress] {
        get { state.withLock { $0.addresses } }
        set { state.withLock { $0.addresses = newValue } }
    }

    /// Lets `/readyz` ask a dependency too, each time. While any check objects it says 503, with the name and the reason.
    public func addReadinessCheck(_ name: String, _ check: @escaping ReadinessCheck) {
        state.withLock { $0.checks.append((name, check)) }
    }

    /// Counts what happens on a loop.
    public func observer(of loop: ObservedLoop) -> any LoopObserver {
        loops.add(loop)
    }

    // MARK: What the pages ask

    /// What the loops say now.
    func overview() async -> Overview {
        let (totals, known) = await loops.ask()
        return Overview(totals, known)
    }

    /// Why this process should be ended; empty: it lives.
    func faults() async -> [String] {
        await overview().loops.filter { $0.lag.count >= livenessLimit.count }
            .map { "\($0.name) has not answered for \($0.lag.count / 1_000_000_000) s" }
    }

    /// Why no requests should be sent here; empty: they may.
    func objections() async -> [String] {
        let (readiness, checks) = state.withLock { ($0.readiness, $0.checks) }
        var objections = readiness == .ready ? [] : [readiness.rawValue]
        for (name, check) in checks {
            if let reason = await check() { objections.append("\(name): \(reason)") }
        }
        return objections
    }

    /// How long this has been there.
    var uptime: Nanoseconds { started.duration(to: .now()) }

    /// Requests a second lately; remembers how many there are now.
    func requestRate(_ requests: UInt64) -> Double {
        state.withLock { $0.rate.note(requests, at: .now(), since: started) }
    }
}
