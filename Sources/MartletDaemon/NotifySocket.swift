import Glibc
import MartletReactor

/// Tells the service manager how the server is doing, by the protocol of sd_notify(3). Does nothing without a manager that
/// asked for it (NOTIFY_SOCKET); waits for a busy manager a second at most, where it must not miss the message; and no
/// failure harms the server.
package struct NotifySocket: Sendable {
    private enum State {
        /// Nobody asked.
        case absent
        /// Connected at the start: a sandbox may forbid it later.
        case connected(UnixDatagram)
    }

    private let state: State

    /// Why the manager that asked cannot be told; nil when all is well.
    package let problem: String?

    /// A sign of life is due within this time, again and again, or the manager ends the server; nil: it does not watch.
    /// Give one at half of it.
    package let watchdogInterval: Duration?

    /// What the environment says. The variables stay: a successor of this process needs them.
    package init(environment: [String: String] = ProcessEnvironment.all()) {
        watchdogInterval = Self.watchdogInterval(environment)
        guard let path = environment["NOTIFY_SOCKET"], !path.isEmpty else {
            (state, problem) = (.absent, nil)
            return
        }
        guard path.hasPrefix("/") || path.hasPrefix("@") else {
            state = .absent
            problem = "NOTIFY_SOCKET=\(path) is neither a path nor an abstract name (@...); others are not supported."
            return
        }
        do {
            (state, problem) = (.connected(try UnixDatagram(to: path)), nil)
        } catch {
            (state, problem) = (.absent, "NOTIFY_SOCKET: \(error).")
        }
    }

    /// The environment for a successor: WATCHDOG_PID names this process, and would keep it from giving signs of life.
    package static func successorEnvironment(_ environment: [String: String]) -> [String: String] {
        environment.filter { $0.key != "WATCHDOG_PID" }
    }

    private static func watchdogInterval(_ environment: [String: String]) -> Duration? {
        guard let interval = environment["WATCHDOG_USEC"].flatMap(UInt64.init), interval > 0, interval < .max else {
            return nil
        }
        if let process = environment["WATCHDOG_PID"], CInt(process) != getpid() { return nil }
        return .microseconds(Int64(clamping: interval))
    }

    /// Whether somebody is told.
    package var isConnected: Bool {
        if case .connected = state { true } else { false }
    }

    /// The server answers; also after `reloading`.
    package func ready(status: String) {
        send(["READY=1", Self.status(status)], patience: Self.patience)
    }

    /// The configuration is being read anew: `ready` follows.
    package func reloading() {
        // One message: the manager takes the time for that of this very RELOADING, and kills the service without it.
        send(["RELOADING=1", "MONOTONIC_USEC=\(Instant.now().nanoseconds / 1000)"], patience: Self.patience)
    }

    /// The server drains, and will end.
    package func stopping(status: String? = nil) {
        send(["STOPPING=1"] + (status.map { [Self.status($0)] } ?? []), patience: Self.patience)
    }

    /// The start, reload or stop under way takes so much longer, from now on.
    package func extendTimeout(microseconds: UInt64) {
        send(["EXTEND_TIMEOUT_USEC=\(microseconds)"])
    }

    /// What the server does, in words for `systemctl status`.
    package func status(_ text: String) {
        send([Self.status(text)])
    }

    /// A sign of life.
    package func watchdog() {
        send(["WATCHDOG=1"])
    }

    /// The service is this process from now on: a successor.
    package func mainPID(_ process: CInt) {
        send(["MAINPID=\(process)"], patience: Self.patience)
    }

    /// A control character would end the assignment and begin another.
    private static func status(_ text: String) -> String {
        "STATUS=" + String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
    }

    /// The manager acts on the message: without it, it would end the server.
    private static let patience = Duration.seconds(1)

    private func send(_ assignments: [String], patience: Duration = .zero) {
        guard case .connected(let socket) = state else { return }
        let octets = Array(assignments.joined(separator: "\n").utf8)
        let giveUp = Instant.now() + Nanoseconds(patience)
        while socket.send(octets) == EAGAIN {
            let left = Instant.now().duration(to: giveUp).count / 1_000_000
            guard left > 0 else { return }
            var entry = pollfd(fd: socket.fd, events: Int16(POLLOUT), revents: 0)
            _ = unsafe poll(&entry, 1, CInt(left))
        }
    }
}
