import MartletReactor

/// How fast a count grows, over the last ten seconds or so that somebody looked.
struct Rate: Sendable {
    private var samples: [(time: Instant, count: UInt64)] = []

    private static let window = Nanoseconds(.seconds(10))
    private static let shortest = Nanoseconds(.seconds(1))

    /// Remembers a count.
    /// - Parameter start: when it was 0.
    /// - Returns: by how much it grows in a second.
    mutating func note(_ count: UInt64, at now: Instant, since start: Instant) -> Double {
        if samples.isEmpty { samples.append((start, 0)) }
        // The last one before the window stays: rates are over at least that.
        while samples.count > 1, samples[1].time + Self.window < now { samples.removeFirst() }
        let first = samples[0]
        // Two people who look at once must not fill the memory.
        if let last = samples.last, last.time.duration(to: now).count >= Self.shortest.count {
            samples.append((now, count))
        }
        let time = first.time.duration(to: now).count
        guard time > 0, count > first.count else { return 0 }
        return Double(count - first.count) / (Double(time) / 1e9)
    }
}
