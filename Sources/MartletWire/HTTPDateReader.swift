/// Reads the three date forms of RFC 9110 §5.6.7, octet by octet and with case.
///
/// In each of them everything but the name of the day has its place, and no two have the same length.
struct HTTPDateReader: ~Escapable {
    private let bytes: Span<UInt8>

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
    }

    /// The time in seconds since 1970; nil when the value is not a date.
    func date(now: Int) -> Int? {
        let date =
            switch bytes.count {
            case 29: fixdate()
            case 24: asctime()
            case 30...33: rfc850(now: now)
            default: nil as CivilDate?
            }
        guard let date, date.isValid else { return nil }
        // The leap second after the year 9999 could not be written again.
        return min(date.seconds, CivilDate.last)
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`
    private func fixdate() -> CivilDate? {
        guard isShortDayName(), has(", ", at: 3), let day = number(at: 5), has(" ", at: 7),
            let month = month(at: 8), has(" ", at: 11), let year = year(at: 12), has(" ", at: 16),
            let time = timeOfDay(at: 17), has(" GMT", at: 25)
        else { return nil }
        return CivilDate(year, month, day, time)
    }

    /// `Sunday, 06-Nov-94 08:49:37 GMT`
    private func rfc850(now: Int) -> CivilDate? {
        let comma = bytes.count - 24
        guard isDayName(upTo: comma), has(", ", at: comma), let day = number(at: comma + 2), has("-", at: comma + 4),
            let month = month(at: comma + 5), has("-", at: comma + 8), let shortYear = number(at: comma + 9),
            has(" ", at: comma + 11), let time = timeOfDay(at: comma + 12), has(" GMT", at: comma + 20)
        else { return nil }
        var limit = CivilDate(seconds: min(max(now, CivilDate.first), CivilDate.last))
        limit.year += 50
        let age = (limit.year - shortYear) % 100
        var date = CivilDate(limit.year - (age < 0 ? age + 100 : age), month, day, time)
        if date.seconds > limit.seconds { date.year -= 100 }
        return date
    }

    /// `Sun Nov  6 08:49:37 1994`
    private func asctime() -> CivilDate? {
        guard isShortDayName(), has(" ", at: 3), let month = month(at: 4), has(" ", at: 7),
            let day = has(" ", at: 8) ? digit(at: 9) : number(at: 8), has(" ", at: 10), let time = timeOfDay(at: 11),
            has(" ", at: 19), let year = year(at: 20)
        else { return nil }
        return CivilDate(year, month, day, time)
    }
}

// The parts. Where they are asked for, the value is long enough.
extension HTTPDateReader {
    @inline(__always)
    private func has(_ text: StaticString, at place: Int) -> Bool {
        bytes.extracting(place..<place + text.utf8CodeUnitCount).equals(text)
    }

    @inline(__always)
    private func digit(at place: Int) -> Int? {
        OctetSet.isDigit(bytes[place]) ? Int(bytes[place] &- 0x30) : nil
    }

    /// Two digits.
    @inline(__always)
    private func number(at place: Int) -> Int? {
        guard let tens = digit(at: place), let ones = digit(at: place + 1) else { return nil }
        return 10 * tens + ones
    }

    @inline(__always)
    private func year(at place: Int) -> Int? {
        guard let century = number(at: place), let rest = number(at: place + 2) else { return nil }
        return 100 * century + rest
    }

    @inline(__always)
    private func timeOfDay(at place: Int) -> (hour: Int, minute: Int, second: Int)? {
        guard let hour = number(at: place), has(":", at: place + 2), let minute = number(at: place + 3),
            has(":", at: place + 5), let second = number(at: place + 6)
        else { return nil }
        return (hour, minute, second)
    }

    private func isDayName(upTo end: Int) -> Bool {
        switch bytes.extracting(0..<end) {
        case "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday": true
        default: false
        }
    }

    private func isShortDayName() -> Bool {
        switch bytes.extracting(0..<3) {
        case "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat": true
        default: false
        }
    }

    /// 1 to 12
    private func month(at place: Int) -> Int? {
        switch bytes.extracting(place..<place + 3) {
        case "Jan": 1
        case "Feb": 2
        case "Mar": 3
        case "Apr": 4
        case "May": 5
        case "Jun": 6
        case "Jul": 7
        case "Aug": 8
        case "Sep": 9
        case "Oct": 10
        case "Nov": 11
        case "Dec": 12
        default: nil
        }
    }
}

extension CivilDate {
    fileprivate init(_ year: Int, _ month: Int, _ day: Int, _ time: (hour: Int, minute: Int, second: Int)) {
        self.init(year: year, month: month, day: day, hour: time.hour, minute: time.minute, second: time.second)
    }
}
