import Glibc
import Martlet
import MartletDaemon
import MartletReactor

/// The servers that one plan made: a reload makes another generation, which takes over the listening sockets.
///
/// Lives on the main thread, but for `join`.
final class Generation: @unchecked Sendable {
    let plan: ServingPlan
    private let log: LogFile?
    private let secured: SecuredServing?
    private let servers: [(role: ListenerRole, server: Server)]
    /// What start-up says works, the best first.
    let urls: [String]

    /// Opens everything, and starts no thread: certificates are read, what nobody has bound is bound.
    /// - Parameters:
    ///   - open: sockets that listen already. What is not taken stays there.
    ///   - observer: is told what the server of the plan does.
    ///   - logs: opens a log file.
    init(
        _ plan: ServingPlan,
        _ open: inout OpenListeners,
        _ observer: (any ServerObserver)?,
        logs: (_ path: String) throws -> LogFile
    ) throws {
        let others = open.addresses
        self.plan = plan
        var configuration = plan.configuration
        if let observer { configuration.observer = observer }
        if let threads = try plan.listening.resolvedThreads() { configuration.threads = threads }
        configuration.proxies = try AddressRange.ranges(plan.listening.proxyProtocol, of: "proxy-protocol")
        (configuration.accessLog, log) = try plan.logging.accessLog(logs)

        var bound = OpenListeners()
        do {
            let main = try Self.listeners(plan, &open, count: configuration.threads)
            bound.add(main, for: .serve)
            configuration.addresses = main.map(\.address)
            configuration.listeners = main
            secured = try plan.tls.resolved().map(SecuredServing.init)
            try secured?.apply(to: &configuration)
            let redirects = secured?.redirectAddresses(beside: configuration) ?? []
            bound.add(try Self.redirectListeners(redirects, &open), for: .redirect)
        } catch {
            bound.discard(leaving: others)
            throw error
        }
        let handler = try plan.handler.behind(plan.middleware)
        var servers = [(ListenerRole.serve, Server(configuration: configuration, handler: handler))]
        if !bound[.redirect].isEmpty, let port = configuration.addresses.lazy.compactMap(\.port).first {
            let server = RedirectToHTTPS.server(beside: configuration, tlsPort: port, on: bound[.redirect])
            servers.append((.redirect, server))
        }
        self.servers = servers
        urls = secured?.urls(configuration.addresses) ?? configuration.addresses.flatMap(Scheme.http.urls)
    }

    /// Reads what can be read of a plan without serving it.
    /// - Returns: what there is to say of certificates, a line each.
    static func check(_ plan: ServingPlan) throws -> [String] {
        _ = try plan.listening.resolvedThreads()
        _ = try AddressRange.ranges(plan.listening.proxyProtocol, of: "proxy-protocol")
        _ = try (plan.service.resolvedDelay(), plan.service.resolvedTimeout(), plan.service.adminAddress())
        try plan.logging.check()
        if let user = plan.service.user {
            do { _ = try Account(named: user) } catch { throw Problem("\(error)") }
        }
        var configuration = plan.configuration
        configuration.addresses = try plan.listening.wanted(port: plan.port, default: plan.defaultPort)
        let secured = try plan.tls.resolved().map(SecuredServing.init)
        try secured?.apply(to: &configuration)
        return secured?.details(url: nil, redirecting: []) ?? []
    }

    /// Files that a plan's servers read again and again, beside what it names itself.
    static func files(_ plan: ServingPlan) throws -> [String] {
        try plan.files + (plan.tls.resolved().map { SecuredServing($0).files } ?? [])
    }

    private static func listeners(
        _ plan: ServingPlan,
        _ open: inout OpenListeners,
        count: Int
    ) throws -> [BoundAddress] {
        guard !open.isFixed else { return open.take(.serve) }
        return try plan.listening.bind(port: plan.port, default: plan.defaultPort, count: count) {
            open.take(.serve, at: $0)
        }
    }

    private static func redirectListeners(
        _ addresses: [SocketAddress],
        _ open: inout OpenListeners
    ) throws -> [BoundAddress] {
        var bound: [BoundAddress] = []
        do throws(SystemError) {
            for address in addresses {
                if let taken = open.take(.redirect, at: address) {
                    bound.append(taken)
                } else {
                    bound += try BoundAddress.bind([address], count: 1)
                }
            }
            return bound
        } catch {
            for address in bound { address.close() }
            throw Problem("\(error). Choose another port for --redirect-http.")
        }
    }

    /// Where all of its servers listen.
    var allAddresses: [SocketAddress] { servers.flatMap(\.server.addresses) }

    /// Whether it was told to hurry: once is enough.
    var isHurried = false

    /// Where it listens.
    var addresses: [SocketAddress] { servers[0].server.configuration.addresses }

    /// Further lines for the start-up message. May ask other programs, for a few hundredths of a second.
    func details() -> [String] {
        let redirecting = servers.filter { $0.role == .redirect }.flatMap(\.server.configuration.listeners)
        return secured?.details(url: urls.first, redirecting: redirecting.map(\.address)) ?? []
    }

    /// Files that are read again while it runs, beside what the plan names.
    var files: [String] { plan.files + (secured?.files ?? []) }

    /// The server of what the plan is about.
    var main: Server { servers[0].server }

    /// Starts the servers: all or none.
    func start() throws {
        var started: [Server] = []
        do {
            for (_, server) in servers {
                try server.start()
                started.append(server)
            }
            try secured?.begin()
        } catch {
            for server in started { server.handOver(grace: .zero) }
            for (_, server) in servers.dropFirst(started.count + 1) {
                for bound in server.configuration.listeners { bound.close() }
            }
            throw (error as? SystemError).map { Problem("\($0)") } ?? error
        }
    }

    /// The listening sockets under further descriptors, for a successor.
    func duplicateListeners() throws(SystemError) -> OpenListeners {
        var copies = OpenListeners()
        do throws(SystemError) {
            for (role, server) in servers { copies.add(try server.duplicateListeners(), for: role) }
            return copies
        } catch {
            copies.close()
            throw error
        }
    }

    /// Ends in favour of others, once the answers in flight are given.
    /// - Parameter addresses: where the others listen; nil: at all of this one's.
    func handOver(grace: Duration, at addresses: [SocketAddress]? = nil) {
        secured?.end()
        for (_, server) in servers { server.handOver(grace: grace, at: addresses) }
    }

    /// Ends.
    func stop(grace: Duration) {
        secured?.end()
        for (role, server) in servers { server.stop(grace: role == .redirect ? .zero : grace) }
    }

    /// Blocks until it has ended.
    func join() {
        for (_, server) in servers { server.join() }
    }
}
