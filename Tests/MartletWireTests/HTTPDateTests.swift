import MartletWire
import TestSupport
import Testing

@Suite("HTTP dates")
struct HTTPDateTests {
    /// 2026-11-22 12:00:00 UTC
    static let now = 1_795_348_800

    static func parse(_ text: String, now: Int = now) -> Int? {
        HTTPDate.parse(text.utf8.span, now: now)
    }

    @Test(
        "a time is written as an IMF-fixdate",
        .rfc("9110-5.6.7-02", "9110-5.6.7-04", "9110-5.6.7-05"),
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
            (1_234_567_890, "Fri, 13 Feb 2009 23:31:30 GMT"),
            (-62_167_219_200, "Sat, 01 Jan 0000 00:00:00 GMT"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ]
    )
    func format(seconds: Int, text: String) {
        #expect(HTTPDate.string(seconds) == text)
        #expect(Self.parse(text) == seconds)
    }

    @Test("times that four digits cannot spell become the first or the last one", arguments: [Int.min, Int.max])
    func clamp(seconds: Int) {
        #expect(
            HTTPDate.string(seconds).hasSuffix(seconds < 0 ? "01 Jan 0000 00:00:00 GMT" : "31 Dec 9999 23:59:59 GMT")
        )
    }

    @Test(
        "all three forms are read",
        .rfc("9110-5.6.7-01"),
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777),
            ("Sun Nov 06 08:49:37 1994", 784_111_777),
            ("Wed Nov 16 08:49:37 1994", 784_975_777),
            // The day name must be one, but need not fit.
            ("Mon, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Wednesday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            // A leap second.
            ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800),
            ("Fri, 31 Dec 9999 23:59:60 GMT", 253_402_300_799),
        ]
    )
    func read(text: String, seconds: Int) {
        #expect(Self.parse(text) == seconds)
    }

    @Test(
        "what is not wholly a date is none",
        arguments: [
            "", "0", "Sun", "Sunday", "Sun,", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 gmt",
            "sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT ", " Sun, 06 Nov 1994 08:49:37 GMT", "Sun,06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 +0000", "Sun, 06 Nov 94 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 29 Feb 1994 08:49:37 GMT",
            "Sun, 29 Feb 1900 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
            "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1994 8:49:37 GMT", "Xxx, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Xxx 1994 08:49:37 GMT", "Sun, +6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov +994 08:49:37 GMT",
            "Sunday, 06-Nov-1994 08:49:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT", "Sunday, 06 Nov 94 08:49:37 GMT",
            "Sunday, 31-Feb-94 08:49:37 GMT", "Sun Nov 6 08:49:37 1994", "Sun Nov  6 08:49:37 1994 GMT",
            "Sun Nov   6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
            "Thu, 01 Jan 1970 00:00:00 GMT\u{0}", "1970-01-01T00:00:00Z",
        ]
    )
    func refuse(text: String) {
        #expect(Self.parse(text) == nil)
    }

    @Test(
        "a two-digit year over 50 years ahead lies in the past",
        .rfc("9110-5.6.7-06"),
        arguments: [
            // now, text, the same with four digits
            (now, "Sunday, 22-Nov-26 12:00:00 GMT", "Sun, 22 Nov 2026 12:00:00 GMT"),
            (now, "Sunday, 01-Jan-27 00:00:00 GMT", "Fri, 01 Jan 2027 00:00:00 GMT"),
            (now, "Sunday, 22-Nov-76 12:00:00 GMT", "Sun, 22 Nov 2076 12:00:00 GMT"),
            (now, "Sunday, 22-Nov-76 12:00:01 GMT", "Mon, 22 Nov 1976 12:00:01 GMT"),
            (now, "Sunday, 01-Jan-77 00:00:00 GMT", "Sat, 01 Jan 1977 00:00:00 GMT"),
            (now, "Tuesday, 29-Feb-00 00:00:00 GMT", "Tue, 29 Feb 2000 00:00:00 GMT"),
            // In 2099, "01" is two years ahead, not 98 back.
            (4_080_000_000, "Saturday, 01-Jan-01 00:00:00 GMT", "Sat, 01 Jan 2101 00:00:00 GMT"),
        ]
    )
    func twoDigitYears(now: Int, short: String, long: String) {
        #expect(Self.parse(short, now: now) == Self.parse(long))
        #expect(Self.parse(short, now: now) != nil)
    }

    @Test(
        "in none of the forms may an octet be another, but a digit another digit",
        arguments: [
            "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Wednesday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994", "Sun Nov 06 08:49:37 1994",
        ]
    )
    func eachOctet(text: String) {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        for place in text.utf8.indices {
            let right = text.utf8[place]
            for octet in UInt8.min...UInt8.max where octet != right {
                var bytes = Array(text.utf8)
                bytes[text.utf8.distance(from: text.utf8.startIndex, to: place)] = octet
                guard HTTPDate.parse(bytes.span, now: Self.now) != nil else { continue }
                // The first digit of the day may be a space in asctime's form.
                let isDay = text.utf8.count == 24 && place == text.utf8.index(text.startIndex, offsetBy: 8)
                let isRight = digits.contains(octet) && (isDay || digits.contains(right)) || isDay && octet == 0x20
                #expect(isRight, "octet \(octet) at \(place)")
            }
        }
    }

    @Test("an absurd clock breaks nothing", arguments: [Int.min, Int.max])
    func absurdClock(now: Int) {
        #expect(Self.parse("Sun, 06 Nov 1994 08:49:37 GMT", now: now) == 784_111_777)
        _ = Self.parse("Sunday, 06-Nov-94 08:49:37 GMT", now: now)
    }

    @Test("every day from 1960 to 2110 comes back as it was written")
    func everyDay() {
        var seconds = -315_619_200
        while seconds < 4_418_000_000 {
            #expect(Self.parse(HTTPDate.string(seconds)) == seconds)
            seconds += 86_400 + 3_661
        }
    }
}
