import CoreMetrics
import Martlet
import MartletReactor

/// Reports what happens on one loop, on its thread.
final class LoopReporter: LoopObserver {
    private let metrics: ServerMetrics
    private var kinds = ObservedKinds()
    /// By the number of a kind.
    private var timers: [CoreMetrics.Timer] = []
    private lazy var otherTimer = metrics.timer(for: nil)

    init(_ metrics: ServerMetrics) {
        self.metrics = metrics
    }

    func connectionOpened() {
        metrics.opened.increment()
        metrics.connections.increment()
    }

    func connectionClosed() { metrics.connections.decrement() }
    func connectionRefused() { metrics.refused.increment() }
    func acceptFailed() { metrics.acceptFailures.increment() }
    func handshakeEnded(_ outcome: HandshakeOutcome) { metrics.handshakes(outcome).increment() }
    func received(_ octets: Int) { metrics.received.increment(by: octets) }
    func sent(_ octets: Int) { metrics.sent.increment(by: octets) }
    func requestBegan(_ method: ObservedMethod) { metrics.active[Int(method.rawValue)].increment() }

    func requestEnded(_ request: ObservedRequest) {
        metrics.active[Int(request.method.rawValue)].decrement()
        timer(for: request).recordNanoseconds(Int64(clamping: request.duration.count))
    }

    func loopEnded() {}

    private func timer(for request: ObservedRequest) -> CoreMetrics.Timer {
        guard let kind = kinds.index(of: request) else { return otherTimer }
        if kind == timers.count { timers.append(metrics.timer(for: kinds.all[kind])) }
        return timers[kind]
    }
}
