/// Dates in HTTP fields (RFC 9110 §5.6.7), as whole seconds since 1970-01-01 00:00:00 UTC without leap seconds.
public enum HTTPDate {
    /// Appends `seconds` as an IMF-fixdate of 29 octets, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    ///
    /// The format has four digits for the year: times before year 0 or after year 9999 become the first or last one.
    public static func append(_ seconds: Int, to output: inout [UInt8]) {
        let date = CivilDate(seconds: min(max(seconds, CivilDate.first), CivilDate.last))
        let dayName = dayNames[date.weekday]
        let monthName = monthNames[date.month - 1]
        output.append(contentsOf: dayName.utf8.prefix(3))
        output.append(", ")
        appendTwoDigits(date.day, to: &output)
        output.append(UInt8(ascii: " "))
        output.append(contentsOf: monthName.utf8)
        output.append(UInt8(ascii: " "))
        appendTwoDigits(date.year / 100, to: &output)
        appendTwoDigits(date.year % 100, to: &output)
        output.append(UInt8(ascii: " "))
        appendTwoDigits(date.hour, to: &output)
        output.append(UInt8(ascii: ":"))
        appendTwoDigits(date.minute, to: &output)
        output.append(UInt8(ascii: ":"))
        appendTwoDigits(date.second, to: &output)
        output.append(" GMT")
    }

    /// `seconds` as an IMF-fixdate; see ``append(_:to:)``.
    public static func string(_ seconds: Int) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(29)
        append(seconds, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    /// Reads an IMF-fixdate, an RFC 850 date or an asctime date; nil when `value` is not wholly one of them.
    ///
    /// Letters are compared with case. The day name must be one, but need not fit the date. Second 60 is read as the
    /// first second of the next minute. `now`, in seconds since 1970, settles the two-digit years of RFC 850: a time
    /// more than 50 years ahead of it lies in the past.
    public static func parse(_ value: Span<UInt8>, now: Int) -> Int? {
        HTTPDateReader(value).date(now: now)
    }

    static let dayNames = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    static let monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private static func appendTwoDigits(_ value: Int, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / 10))
        output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
    }
}
