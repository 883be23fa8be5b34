import Martlet

/// What was counted on one loop so far. A copy costs a few references, and the loop one copy of what it changes next.
struct LoopFigures: Sendable {
    var opened: UInt64 = 0
    var refused: UInt64 = 0
    var acceptFailures: UInt64 = 0
    var received: UInt64 = 0
    var sent: UInt64 = 0
    /// Requests under way, by method.
    var active = [Int](repeating: 0, count: ObservedMethod.allCases.count)
    /// Handshakes by what they came to.
    var handshakes: [HandshakeOutcome: UInt64] = [:]
    /// The kinds of requests that there were, and for each of them the numbers of a `Histogram`.
    var kinds = ObservedKinds()
    var cells: [UInt64] = []
    /// Requests of kinds beyond the limit.
    var others = [UInt64](repeating: 0, count: Histogram.size)
}
