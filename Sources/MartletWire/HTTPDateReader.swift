/// Reads the three date forms of RFC 9110 §5.6.7, octet by octet and with case.
struct HTTPDateReader: ~Escapable {
    private let bytes: Span<UInt8>
    private var position = 0

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
    }

    /// The time in seconds since 1970; nil when the value is not a date.
    mutating func date(now: Int) -> Int? {
        // The longest form, RFC 850 on a Wednesday, has 33 octets.
        guard bytes.count <= 33 else { return nil }
        let date =
            if let _ = name(among: HTTPDate.dayNames) {
                rfc850(now: now)
            } else if let _ = name(among: HTTPDate.dayNames, prefix: 3) {
                skip(",") ? fixdate() : asctime()
            } else {
                nil as CivilDate?
            }
        guard let date, position == bytes.count, date.isValid else { return nil }
        // The leap second after the year 9999 could not be written again.
        return min(date.seconds, CivilDate.last)
    }

    /// `, 06 Nov 1994 08:49:37 GMT`, the comma already read.
    private mutating func fixdate() -> CivilDate? {
        guard skip(" "), let day = digits(2), skip(" "), let month = name(among: HTTPDate.monthNames), skip(" "),
            let year = digits(4), skip(" "), let time = timeOfDay(), skip(" GMT")
        else { return nil }
        return CivilDate(
            year: year,
            month: month + 1,
            day: day,
            hour: time.hour,
            minute: time.minute,
            second: time.second
        )
    }

    /// `, 06-Nov-94 08:49:37 GMT`
    private mutating func rfc850(now: Int) -> CivilDate? {
        guard skip(", "), let day = digits(2), skip("-"), let month = name(among: HTTPDate.monthNames), skip("-"),
            let shortYear = digits(2), skip(" "), let time = timeOfDay(), skip(" GMT")
        else { return nil }
        var limit = CivilDate(seconds: min(max(now, CivilDate.first), CivilDate.last))
        limit.year += 50
        let age = (limit.year - shortYear) % 100
        var date = CivilDate(
            year: limit.year - (age < 0 ? age + 100 : age),
            month: month + 1,
            day: day,
            hour: time.hour,
            minute: time.minute,
            second: time.second
        )
        if date.seconds > limit.seconds { date.year -= 100 }
        return date
    }

    /// ` Nov  6 08:49:37 1994`
    private mutating func asctime() -> CivilDate? {
        guard skip(" "), let month = name(among: HTTPDate.monthNames), skip(" "),
            let day = skip(" ") ? digits(1) : digits(2), skip(" "), let time = timeOfDay(), skip(" "),
            let year = digits(4)
        else { return nil }
        return CivilDate(
            year: year,
            month: month + 1,
            day: day,
            hour: time.hour,
            minute: time.minute,
            second: time.second
        )
    }

    private mutating func timeOfDay() -> (hour: Int, minute: Int, second: Int)? {
        guard let hour = digits(2), skip(":"), let minute = digits(2), skip(":"), let second = digits(2) else {
            return nil
        }
        return (hour, minute, second)
    }

    /// Reads exactly `count` digits.
    private mutating func digits(_ count: Int) -> Int? {
        guard bytes.count - position >= count else { return nil }
        var value = 0
        for index in position..<position + count {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value * 10 + Int(digit)
        }
        position += count
        return value
    }

    /// Steps over `text` when it is next.
    private mutating func skip(_ text: String) -> Bool {
        skip(text.utf8.prefix(text.utf8.count))
    }

    private mutating func skip(_ text: String.UTF8View.SubSequence) -> Bool {
        var index = position
        for octet in text {
            guard index < bytes.count, bytes[index] == octet else { return false }
            index += 1
        }
        position = index
        return true
    }

    /// Steps over one of `names`, or over its first `prefix` octets, and returns its index.
    private mutating func name(among names: [String], prefix: Int = 9) -> Int? {
        for (index, name) in names.enumerated() where skip(name.utf8.prefix(prefix)) { return index }
        return nil
    }
}
