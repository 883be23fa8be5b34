import Martlet
import MartletReactor

/// Everything that the pages show, at one moment.
struct Overview: Sendable {
    /// A loop, or several of one name: those of a server that drains beside its successor's.
    struct Loop: Sendable {
        let name: String
        var lag: Nanoseconds
        var connections: LoopSample
        /// It was asked and has not answered yet.
        var isSilent: Bool
    }

    let totals: Totals
    let loops: [Loop]

    init(_ totals: Totals, _ known: [ObservedLoops.Knowledge]) {
        self.totals = totals
        var loops: [String: Loop] = [:]
        for loop in known {
            let name = loop.member.loop.name
            let other = loops[name]
            loops[name] = Loop(
                name: name,
                lag: Nanoseconds(count: max(loop.lag.count, other?.lag.count ?? 0)),
                connections: loop.connections + (other?.connections ?? LoopSample()),
                isSilent: loop.asked != nil || other?.isSilent ?? false
            )
        }
        self.loops = loops.values.sorted { ($0.name.count, $0.name) < ($1.name.count, $1.name) }
    }

    var connections: LoopSample { loops.reduce(LoopSample()) { $0 + $1.connections } }

    /// All requests together.
    var requests: Histogram { totals.requests.values.reduce(into: Histogram()) { $0 += $1 } }
}
