import CoreMetrics
import Martlet
import MartletReactor

/// The metrics that all loops share, each made once.
final class ServerMetrics: Sendable {
    let opened: Counter
    let refused: Counter
    let acceptFailures: Counter
    let received: Counter
    let sent: Counter
    let connections: Meter
    /// By `ObservedMethod.rawValue`.
    let active: [Meter]

    private let factory: any MetricsFactory
    private let made = Locked(Made())

    private struct Made {
        var timers: [TimerLabels: CoreMetrics.Timer] = [:]
        var handshakes: [HandshakeOutcome: Counter] = [:]
    }

    private struct TimerLabels: Hashable {
        let method: String
        let route: String
        let status: String
    }

    /// Metrics that are told apart by what servers say; beyond, there is one for the rest.
    private static let timerLimit = 10_000
    private static let outcomeLimit = 64

    init(_ factory: any MetricsFactory) {
        self.factory = factory
        opened = Counter(label: "martlet.connections.opened", factory: factory)
        refused = Counter(label: "martlet.connections.refused", factory: factory)
        acceptFailures = Counter(label: "martlet.accept.failures", factory: factory)
        received = Counter(label: "martlet.received.bytes", factory: factory)
        sent = Counter(label: "martlet.sent.bytes", factory: factory)
        connections = Meter(label: "martlet.connections", factory: factory)
        active = ObservedMethod.allCases.map { method in
            Meter(
                label: "http.server.active_requests",
                dimensions: [("http.request.method", method.name)],
                factory: factory
            )
        }
    }

    /// The timer for one kind of requests; nil for those that are too many to tell apart.
    func timer(for kind: ObservedKinds.Kind?) -> CoreMetrics.Timer {
        let other = TimerLabels(method: ObservedMethod.other.name, route: "_OTHER", status: "0")
        let labels = kind.map {
            TimerLabels(method: $0.method.name, route: $0.route?.text ?? "", status: "\($0.status)")
        }
        return made.withLock { made in
            var labels = labels ?? other
            if made.timers[labels] == nil, made.timers.count >= Self.timerLimit { labels = other }
            if let timer = made.timers[labels] { return timer }
            let timer = CoreMetrics.Timer(
                label: "http.server.request.duration",
                dimensions: [
                    ("http.request.method", labels.method), ("http.route", labels.route),
                    ("http.response.status_code", labels.status),
                ],
                preferredDisplayUnit: .seconds,
                factory: factory
            )
            made.timers[labels] = timer
            return timer
        }
    }

    /// The counter of handshakes that came to the same.
    func handshakes(_ outcome: HandshakeOutcome) -> Counter {
        made.withLock { made in
            let isKnown = made.handshakes[outcome] != nil || made.handshakes.count < Self.outcomeLimit
            let outcome = isKnown ? outcome : .failed("other")
            if let counter = made.handshakes[outcome] { return counter }
            let counter = Counter(label: "tls.handshakes", dimensions: [("result", outcome.label)], factory: factory)
            made.handshakes[outcome] = counter
            return counter
        }
    }
}
