import Logging
import MartletReactor

/// Finds the request whose handler held its loop up: while it did, no other connection of the loop was served.
///
/// The loop measures its turns. Which handler it was is found by a coarse clock, read after each of them.
struct HoldUp {
    /// A handler that took long in the turn that began at `turn`.
    private struct Suspect {
        let turn: Instant
        let time: Nanoseconds
        let request: String
    }

    private var suspect: Suspect?
    private var warning = OncePerSecond()
    /// Handlers that took less than this are no suspects. No handler can, without a limit.
    private let shortest: UInt64

    /// - Parameter limit: of a turn's length; nil when nobody wants to know.
    init(limit: Nanoseconds?) {
        shortest = limit.map { $0.count / 2 } ?? .max
    }

    /// A handler gave the thread back after `time`.
    @inline(__always)
    mutating func note(
        _ exchange: Exchange,
        took time: Nanoseconds,
        turn: Instant,
        routing: @autoclosure () -> any Routing
    ) {
        if time.count > shortest { suspect(exchange.received, time, turn, routing()) }
    }

    @inline(never)
    private mutating func suspect(
        _ received: ReceivedRequest,
        _ time: Nanoseconds,
        _ turn: Instant,
        _ routing: any Routing
    ) {
        if let suspect, suspect.turn == turn, suspect.time.count >= time.count { return }
        // Routed once more, which is cheaper than to remember the route of every request.
        var request = Request(received)
        let route = routing.endpoint(for: &request).pattern.map { " (route \($0.text))" } ?? ""
        suspect = Suspect(turn: turn, time: time, request: received.summary + route)
    }

    /// What the log is told of a turn that took `time`; nil when it was told of another within the last second.
    /// - Parameter underWay: requests under way on the loop, asked for when no handler is known to have done it.
    mutating func message(loop: String, time: Nanoseconds, turn: Instant, underWay: () -> [String]) -> String? {
        guard let suppressed = warning.permits(at: turn) else { return nil }
        var message = "\(loop) was held up for \(time.count / 1_000_000) ms"
        if let suspect, suspect.turn == turn, suspect.time.count >= time.count / 2 {
            message += " by \(suspect.request); what blocks belongs into Blocking"
        } else {
            let requests = underWay()
            message += requests.isEmpty ? ", by no single request" : ", under way: \(requests.joined(separator: ", "))"
        }
        return suppressed == 0 ? message : "\(message) (and \(suppressed) more times)"
    }
}

extension Worker {
    /// Tells the log which handlers hold up the loop.
    func watchForHoldUps() {
        guard let limit = configuration.holdUpWarning else { return }
        loop.onHoldUp(longerThan: Nanoseconds(limit)) { [unowned self] time in
            let message = holdUp.message(loop: loop.name, time: time, turn: loop.now, underWay: requestsUnderWay)
            if let message { configuration.logger.warning("\(message)") }
        }
    }

    /// A handler gave the thread back.
    func measure(_ exchange: Exchange) {
        holdUp.note(exchange, took: loop.lap(), turn: loop.now, routing: routing)
    }
}
