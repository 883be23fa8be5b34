import Martlet
import MartletReactor

/// Counts what happens on one loop, on its thread: without locks, and without allocating anything for a request whose
/// kind was there before.
final class LoopStatistics: LoopObserver {
    /// Kinds of failed handshakes that are told apart.
    private static let outcomeLimit = 64

    private(set) var figures = LoopFigures()
    private let ended: (LoopFigures) -> Void

    /// - Parameter ended: is given all that was counted, when nothing more will be.
    init(ended: @escaping (LoopFigures) -> Void) {
        self.ended = ended
    }

    func connectionOpened() { figures.opened &+= 1 }
    func connectionClosed() {}
    func connectionRefused() { figures.refused &+= 1 }
    func acceptFailed() { figures.acceptFailures &+= 1 }
    func received(_ octets: Int) { figures.received &+= UInt64(truncatingIfNeeded: octets) }
    func sent(_ octets: Int) { figures.sent &+= UInt64(truncatingIfNeeded: octets) }

    func handshakeEnded(_ outcome: HandshakeOutcome) {
        let isKnown = figures.handshakes[outcome] != nil || figures.handshakes.count < Self.outcomeLimit
        figures.handshakes[isKnown ? outcome : .failed("other"), default: 0] &+= 1
    }

    func requestBegan(_ method: ObservedMethod) {
        figures.active[Int(method.rawValue)] &+= 1
    }

    func requestEnded(_ request: ObservedRequest) {
        figures.active[Int(request.method.rawValue)] &-= 1
        let bucket = Histogram.bucket(of: request.duration)
        guard let kind = figures.kinds.index(of: request) else {
            figures.others[bucket] &+= 1
            figures.others[Histogram.sumOffset] &+= request.duration.count
            return
        }
        let start = kind * Histogram.size
        if start == figures.cells.count {
            figures.cells.append(contentsOf: repeatElement(0, count: Histogram.size))
        }
        figures.cells[start + bucket] &+= 1
        figures.cells[start + Histogram.sumOffset] &+= request.duration.count
    }

    func loopEnded() {
        ended(figures)
    }
}
