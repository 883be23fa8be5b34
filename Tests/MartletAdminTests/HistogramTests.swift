import MartletReactor
import Testing

@testable import MartletAdmin

@Suite("Histograms")
struct HistogramTests {
    private static func histogram(_ counts: [Int: UInt64]) -> Histogram {
        var cells = [UInt64](repeating: 0, count: Histogram.size)
        for (bucket, count) in counts { cells[bucket] = count }
        var histogram = Histogram()
        histogram.add(cells[...])
        return histogram
    }

    @Test(
        "a bound belongs to the bucket that it ends",
        arguments: [
            (0, 0), (5_000_000, 0), (5_000_001, 1), (10_000_000, 1), (999_999_999, 9), (10_000_000_000, 13),
            (10_000_000_001, 14), (.max, 14),
        ] as [(UInt64, Int)]
    )
    func bucket(nanoseconds: UInt64, bucket: Int) {
        #expect(Histogram.bucket(of: Nanoseconds(count: nanoseconds)) == bucket)
    }

    @Test("the bounds in text are the bounds in numbers")
    func bounds() {
        #expect(Histogram.bounds.compactMap(Double.init).map { UInt64(($0 * 1e9).rounded()) } == Histogram.limits)
    }

    @Test(
        "a quantile lies within its bucket, as far into it as its requests are",
        arguments: [
            ([:], 0.5, nil), ([0: 10], 0.5, 0.0025), ([0: 10], 1.0, 0.005), ([0: 5, 1: 5], 0.5, 0.005),
            ([0: 5, 1: 5], 0.75, 0.0075), ([14: 1], 0.5, 10), ([0: 99, 14: 1], 0.99, 0.005), ([2: 4], 0.25, 0.01375),
        ] as [([Int: UInt64], Double, Double?)]
    )
    func quantile(counts: [Int: UInt64], part: Double, expected: Double?) {
        let value = Self.histogram(counts).quantile(part)
        #expect(value.map { Int(($0 * 1e9).rounded()) } == expected.map { Int(($0 * 1e9).rounded()) })
    }

    @Test("a rate is over the last ten seconds that somebody looked, at least over one")
    func rate() {
        var rate = Rate()
        let start = Instant(nanoseconds: 1)
        func note(_ count: UInt64, at seconds: Double) -> Double {
            rate.note(count, at: start + Nanoseconds(.seconds(seconds)), since: start)
        }
        #expect(note(100, at: 10) == 10)
        #expect(note(100, at: 10) == 10)
        #expect(note(300, at: 20) == 15)
        #expect(note(1300, at: 30) == 60)
        #expect(note(1300, at: 3600) < 1)
        #expect(note(1300, at: 3700) == 0)
    }

    @Test("numbers are written as people read them")
    func words() {
        #expect(StatusPage.seconds(0.000_003_4) == "3.4 \u{B5}s")
        #expect(StatusPage.seconds(0.25) == "250 ms")
        #expect(StatusPage.seconds(10) == "10 s")
        #expect(StatusPage.seconds(nil) == "-")
        #expect(StatusPage.octets(0) == "0 B")
        #expect(StatusPage.octets(1536) == "1.5 KiB")
        #expect(StatusPage.octets(.max) == "16 EiB")
        #expect(StatusPage.time(Nanoseconds(.seconds(0))) == "0 s")
        #expect(StatusPage.time(Nanoseconds(.seconds(61))) == "1 min 1 s")
        #expect(StatusPage.time(Nanoseconds(.seconds(90_061))) == "1 d 1 h")
    }
}
