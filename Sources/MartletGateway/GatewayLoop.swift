import Logging
import Martlet
import MartletReactor

/// What a gateway has on one loop: the connections that rest, and whose turn it is. On the loop's thread only.
final class GatewayLoop {
    let core: GatewayCore
    let loop: EventLoop
    /// For each backend, the one that rests for the longest time first. They may have closed since.
    private var idle: [[BackendConnection]]
    private var next: Int
    private var checks: [HealthCheck] = []

    private init(_ core: GatewayCore, _ loop: EventLoop, _ logger: Logger) {
        self.core = core
        self.loop = loop
        idle = Array(repeating: [], count: core.backends.count)
        // Loops begin with different backends.
        next = core.takeStart()
        guard core.beginChecks() else { return }
        checks = core.backends.map { HealthCheck(of: $0, core: core, loop: loop, logger: logger) }
    }

    deinit {
        if !checks.isEmpty { core.endChecks() }
    }

    /// That of the gateway on `loop`, whose thread this is. It lives as long as the loop.
    /// - Parameter logger: the server's, for what belongs to no request.
    static func of(_ core: GatewayCore, on loop: EventLoop, logger: @autoclosure () -> Logger) -> GatewayLoop {
        let key = ObjectIdentifier(core)
        if let known = loop.attachments[key] as? GatewayLoop { return known }
        let made = GatewayLoop(core, loop, logger())
        loop.attachments[key] = made
        return made
    }

    /// The next backend in turn that is up and not among `tried`.
    func choose(excluding tried: [Int]) -> BackendState? {
        let count = core.backends.count
        for step in 0..<count {
            let index = (next + step) % count
            let state = core.backends[index]
            guard !tried.contains(index), core.isUp(state, at: loop.now) else { continue }
            next = (index + 1) % count
            return state
        }
        return nil
    }

    /// A connection that rests, the last used first; nil where there is none.
    func takeIdle(_ state: BackendState, isRepeatable: Bool) -> BackendConnection? {
        while let connection = idle[state.index].popLast() {
            if connection.take(isRepeatable: isRepeatable) { return connection }
        }
        return nil
    }

    /// A new connection.
    func connect(to state: BackendState) async throws -> BackendConnection {
        var failure: any Error = BackendFailure.unreachable("the name stands for no address")
        for address in try await state.addresses(at: loop.now) {
            do {
                let connection = try BackendConnection(to: address, state: state, options: core.options, loop: loop)
                try await connection.connected()
                _ = connection.take(isRepeatable: true)
                return connection
            } catch let error as BackendFailure {
                failure = error
            }
        }
        throw failure
    }

    /// The request is done: the connection rests, or closes.
    func give(_ connection: BackendConnection) {
        let index = connection.state.index
        if idle[index].count >= core.options.idleConnections { idle[index].removeAll { $0.isClosed } }
        let isFull = idle[index].count >= core.options.idleConnections || core.options.proxyProtocol != nil
        guard !isFull, connection.rest() else {
            return connection.close(CancellationError())
        }
        idle[index].append(connection)
    }
}
