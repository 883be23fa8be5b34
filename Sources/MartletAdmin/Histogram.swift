import MartletReactor

/// How many requests took how long, in the buckets that OpenTelemetry's conventions ask for.
struct Histogram: Equatable, Sendable {
    /// The buckets' upper bounds in seconds, as they are written.
    static let bounds = [
        "0.005", "0.01", "0.025", "0.05", "0.075", "0.1", "0.25", "0.5", "0.75", "1", "2.5", "5", "7.5", "10",
    ]
    /// The same in nanoseconds.
    static let limits: [UInt64] = [
        5_000_000, 10_000_000, 25_000_000, 50_000_000, 75_000_000, 100_000_000, 250_000_000, 500_000_000, 750_000_000,
        1_000_000_000, 2_500_000_000, 5_000_000_000, 7_500_000_000, 10_000_000_000,
    ]
    /// A count for each bucket, one for what is beyond the last bound, and the sum: so many numbers.
    static let size = limits.count + 2
    static let sumOffset = limits.count + 1

    /// Requests by bucket, not added up; the last is beyond all bounds.
    private(set) var counts = [UInt64](repeating: 0, count: limits.count + 1)
    /// What they took together, in nanoseconds.
    private(set) var sum: UInt64 = 0

    /// The number of requests.
    var count: UInt64 { counts.reduce(0, &+) }

    /// The bucket that a duration belongs to: bounds are inclusive.
    static func bucket(of duration: Nanoseconds) -> Int {
        var bucket = 0
        while bucket < limits.count, duration.count > limits[bucket] { bucket += 1 }
        return bucket
    }

    /// Adds `size` numbers that a loop has counted.
    mutating func add(_ cells: ArraySlice<UInt64>) {
        for (index, count) in cells.enumerated() where index < counts.count { counts[index] &+= count }
        sum &+= cells.last ?? 0
    }

    static func += (sum: inout Histogram, other: Histogram) {
        for index in sum.counts.indices { sum.counts[index] &+= other.counts[index] }
        sum.sum &+= other.sum
    }

    /// The duration in seconds that `part` of the requests stayed below, as far as buckets tell: as if those of one bucket
    /// were spread evenly over it. Nil without requests; the last bound for what is beyond it.
    func quantile(_ part: Double) -> Double? {
        let count = Double(count)
        guard count > 0 else { return nil }
        var below = 0.0
        for (index, inBucket) in counts.enumerated() where inBucket > 0 {
            guard index < Self.limits.count else { break }
            if below + Double(inBucket) >= part * count {
                let lower = index == 0 ? 0 : Double(Self.limits[index - 1])
                let share = (part * count - below) / Double(inBucket)
                return (lower + (Double(Self.limits[index]) - lower) * share) / 1e9
            }
            below += Double(inBucket)
        }
        return Double(Self.limits[Self.limits.count - 1]) / 1e9
    }
}
