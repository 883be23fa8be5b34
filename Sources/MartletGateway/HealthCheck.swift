import HTTPTypes
import Logging
import Martlet
import MartletReactor
import MartletWire

/// Asks a backend again and again whether it is well. A timer of the loop starts each check.
final class HealthCheck: EventSource, @unchecked Sendable {
    private let state: BackendState
    private let options: GatewayOptions
    private let loop: EventLoop
    private let logger: Logger
    private var connection: BackendConnection?
    private var isRunning = false
    private var registration: Registration?

    init(of state: BackendState, core: GatewayCore, loop: EventLoop, logger: Logger) {
        self.state = state
        options = core.options
        self.loop = loop
        self.logger = logger
        let registration = loop.register(timer: self)
        self.registration = registration
        loop.setDeadline(registration, loop.now)
    }

    func deadlineReached() {
        if let registration { loop.setDeadline(registration, loop.now + Nanoseconds(options.health.interval)) }
        if isRunning {
            // The last one has had its time.
            connection?.close(BackendFailure.timedOut(.answering))
            return
        }
        isRunning = true
        Task.immediate(executorPreference: loop) { [self] in
            let isUp = await check()
            isRunning = false
            connection?.close(CancellationError())
            connection = nil
            guard state.checked(isUp: isUp) else { return }
            let text = isUp ? "is up again" : "is down: its health check failed"
            logger.warning("backend \(state.backend) \(text)")
        }
    }

    private func check() async -> Bool {
        do {
            guard let address = try await state.addresses(at: loop.now).first else { return false }
            let connection = try BackendConnection(to: address, state: state, options: options, loop: loop)
            self.connection = connection
            try await connection.connected()
            _ = connection.take(isRepeatable: true)
            try connection.send { output in
                if let version = options.proxyProtocol { ProxyHeader(.local).append(version, to: &output) }
                output += "GET \(options.health.path ?? "/") HTTP/1.1\r\nHost: \(state.backend.authority)\r\n".utf8
                output += "User-Agent: martlet\r\nConnection: close\r\n\r\n".utf8
            }
            try await connection.receiveHead(to: .get)
            while connection.head.isInterim { try await connection.receiveHead(to: .get) }
            return options.health.statuses.contains(connection.head.code)
        } catch {
            return false
        }
    }
}
