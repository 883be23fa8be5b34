import Martlet

/// What was counted on all loops together, those that have ended included: totals never go back.
struct Totals: Sendable {
    /// The labels of a time series.
    struct Series: Hashable, Sendable {
        var method: String
        var route: String
        var status: String

        /// Where all are counted that are too many to tell apart.
        static let other = Series(method: ObservedMethod.other.name, route: "_OTHER", status: "0")
    }

    /// Time series kept; a process that reloads other routes again and again makes new ones.
    private static let limit = 10_000

    private(set) var opened: UInt64 = 0
    private(set) var refused: UInt64 = 0
    private(set) var acceptFailures: UInt64 = 0
    private(set) var received: UInt64 = 0
    private(set) var sent: UInt64 = 0
    private(set) var active = [Int](repeating: 0, count: ObservedMethod.allCases.count)
    /// By the label `result`.
    private(set) var handshakes: [String: UInt64] = ["ok": 0, "resumed": 0]
    private(set) var requests: [Series: Histogram] = [:]

    mutating func add(_ figures: LoopFigures) {
        opened &+= figures.opened
        refused &+= figures.refused
        acceptFailures &+= figures.acceptFailures
        received &+= figures.received
        sent &+= figures.sent
        for index in active.indices { active[index] += figures.active[index] }
        for (outcome, count) in figures.handshakes { handshakes[outcome.label, default: 0] &+= count }
        for (index, kind) in figures.kinds.all.enumerated() {
            let series = Series(method: kind.method.name, route: kind.route?.text ?? "", status: "\(kind.status)")
            add(figures.cells[index * Histogram.size..<(index + 1) * Histogram.size], to: series)
        }
        if figures.others.contains(where: { $0 > 0 }) { add(figures.others[...], to: .other) }
    }

    private mutating func add(_ cells: ArraySlice<UInt64>, to series: Series) {
        let isKnown = requests[series] != nil || requests.count < Self.limit
        requests[isKnown ? series : .other, default: Histogram()].add(cells)
    }

    /// Nothing is under way on a loop that has ended.
    mutating func endActive() {
        for index in active.indices { active[index] = 0 }
    }
}
