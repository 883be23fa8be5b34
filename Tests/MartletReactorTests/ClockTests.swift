import Glibc
import Testing

@testable import MartletReactor

@Suite("Instant, Nanoseconds, WallClock")
struct ClockTests {
    @Test("adding more than the clock can hold is never")
    func saturation() {
        #expect(Instant(nanoseconds: 5) + Nanoseconds(count: 7) == Instant(nanoseconds: 12))
        #expect(Instant(nanoseconds: 5) + Nanoseconds(count: .max) == .never)
        #expect(Instant.never + Nanoseconds(count: 1) == .never)
        #expect(Instant(nanoseconds: .max - 1) < .never)
    }

    @Test(
        "durations become whole nanoseconds; what does not fit becomes the nearest that does",
        arguments: [
            (Duration.seconds(2), 2_000_000_000),
            (.milliseconds(1500), 1_500_000_000),
            (.nanoseconds(999), 999),
            (.zero, 0),
            (.seconds(-1), 0),
            (.nanoseconds(-1), 0),
            (.seconds(18_446_744_073) + .nanoseconds(709_551_615), .max),
            (.seconds(18_446_744_073) + .nanoseconds(709_551_616), .max),
            (.seconds(18_446_744_074), .max),
            (.seconds(Int64.max), .max),
        ] as [(Duration, UInt64)]
    )
    func durations(duration: Duration, count: UInt64) {
        #expect(Nanoseconds(duration).count == count)
    }

    @Test("the monotonic clock does not go back")
    func monotonic() {
        var last = Instant.now()
        for _ in 0..<10_000 {
            let next = Instant.now()
            #expect(next >= last)
            last = next
        }
    }

    @Test("the date is the system's")
    func date() {
        let before = time(nil)
        let now = WallClock.seconds()
        // The coarse clock may lag by a tick.
        #expect((before - 1...time(nil)).contains(now))
    }
}
