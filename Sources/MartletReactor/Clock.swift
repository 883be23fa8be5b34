import Glibc

/// A point in time on the system's monotonic clock, in nanoseconds. It never jumps and says nothing about the date.
public struct Instant: Comparable, Hashable, Sendable {
    /// Nanoseconds since some moment before the system started.
    public let nanoseconds: UInt64

    /// The time `nanoseconds` after the clock's origin.
    public init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    /// Later than anything: no deadline.
    public static let never = Instant(nanoseconds: .max)

    /// The time now.
    public static func now() -> Instant {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec))
    }

    /// The time at the system's last tick, up to some 10 ms ago: for a tenth of the price.
    public static func coarse() -> Instant {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return Instant(nanoseconds: UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec))
    }

    /// The time so much later; `never` when that is out of range.
    public static func + (instant: Instant, duration: Nanoseconds) -> Instant {
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(duration.count)
        return overflow ? .never : Instant(nanoseconds: sum)
    }

    /// The time from here to `later`; zero when that is earlier.
    public func duration(to later: Instant) -> Nanoseconds {
        Nanoseconds(count: later.nanoseconds > nanoseconds ? later.nanoseconds - nanoseconds : 0)
    }

    /// True when `left` comes before `right`.
    public static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
}

/// A length of time in whole nanoseconds: what the loop counts in. `Duration` is for people's settings.
public struct Nanoseconds: Hashable, Sendable {
    /// The count of nanoseconds.
    public let count: UInt64

    /// A length of `count` nanoseconds.
    public init(count: UInt64) {
        self.count = count
    }

    /// The same length as a `Duration`. Negative ones count as zero, more than 584 years as the longest.
    public init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else {
            count = 0
            return
        }
        let (whole, isTooLong) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isTooLongWithRest) = whole.addingReportingOverflow(UInt64(attoseconds) / 1_000_000_000)
        count = isTooLong || isTooLongWithRest ? .max : sum
    }
}

/// The date, as seconds since 1970-01-01 UTC.
public enum WallClock {
    /// Whole seconds now. Read from memory that the kernel keeps, without a system call.
    public static func seconds() -> Int {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME_COARSE, &time)
        return time.tv_sec
    }

    /// Nanoseconds since 1970, by the clock that file systems take their times from: a few milliseconds coarse.
    public static func nanoseconds() -> Int64 {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME_COARSE, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
