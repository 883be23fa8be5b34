import MartletReactor

/// Lets one event a second pass and counts the others.
struct OncePerSecond {
    private var gate = Gate(interval: Nanoseconds(.seconds(1)))

    /// - Returns: nil to keep quiet, else how many were kept quiet since the last that passed.
    mutating func permits(at now: Instant) -> Int? {
        gate.permits(at: now)
    }
}

/// Lets one event in ten seconds pass and counts the others.
struct OncePerTenSeconds {
    private var gate = Gate(interval: Nanoseconds(.seconds(10)))

    /// - Returns: nil to keep quiet, else how many were kept quiet since the last that passed.
    mutating func permits(at now: Instant) -> Int? {
        gate.permits(at: now)
    }
}

/// Lets one event of each peer pass in 10 s and counts the others. Of many peers, whoever has not been heard of for longest
/// is forgotten.
package struct OncePerPeer {
    private static let interval = Nanoseconds(.seconds(10))
    /// Peers remembered.
    static let limit = 256

    private var gates: [String: Gate] = [:]

    package init() {}

    /// - Returns: nil to keep quiet, else how many of the same peer were kept quiet since the last that passed.
    package mutating func permits(_ peer: String, at now: Instant) -> Int? {
        if gates[peer] == nil, gates.count >= Self.limit, let oldest = gates.min(by: { $0.value.next < $1.value.next })
        {
            gates[oldest.key] = nil
        }
        return gates[peer, default: Gate(interval: Self.interval)].permits(at: now)
    }
}

/// Opens once in an interval.
private struct Gate {
    let interval: Nanoseconds
    private(set) var next = Instant(nanoseconds: 0)
    private var suppressed = 0

    init(interval: Nanoseconds) {
        self.interval = interval
    }

    mutating func permits(at now: Instant) -> Int? {
        guard now >= next else {
            suppressed += 1
            return nil
        }
        next = now + interval
        defer { suppressed = 0 }
        return suppressed
    }
}
