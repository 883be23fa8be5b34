/// A time as a date and a time of day in UTC, for the ISO 8601 form that HTML's `datetime` and JSON take.
///
/// File systems hold any 64-bit number, so times outside the years 0000 to 9999 are taken for the nearest one inside.
struct UTCTime {
    let year: Int
    let month: Int
    let day: Int
    let secondOfDay: Int

    private static let range = -62_167_219_200...253_402_300_799

    init(secondsSince1970 seconds: Int) {
        let seconds = min(max(seconds, Self.range.lowerBound), Self.range.upperBound)
        // Days since 0000-03-01, a year that begins in March having its leap day last; 146,097 days are 400 years.
        // See Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.
        let shifted = seconds + 719_468 * 86_400
        let days = shifted >= 0 ? shifted / 86_400 : -((86_399 - shifted) / 86_400)
        secondOfDay = shifted - days * 86_400
        let era = days >= 0 ? days / 146_097 : -1
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Appends `2026-11-22`.
    func appendDate(to bytes: inout [UInt8]) {
        bytes.append(addingCapacity: 10) { appendDate(to: &$0) }
    }

    /// Appends `17:20`.
    func appendHourAndMinute(to bytes: inout [UInt8]) {
        bytes.append(addingCapacity: 5) { appendHourAndMinute(to: &$0) }
    }

    /// Appends `2026-11-22T17:20:00Z`.
    func appendISO8601(to bytes: inout [UInt8]) {
        bytes.append(addingCapacity: 20) { output in
            appendDate(to: &output)
            output.append(UInt8(ascii: "T"))
            appendHourAndMinute(to: &output)
            output.append(UInt8(ascii: ":"))
            output.appendTwoDigits(secondOfDay % 60)
            output.append(UInt8(ascii: "Z"))
        }
    }

    private func appendDate(to output: inout OutputSpan<UInt8>) {
        output.appendTwoDigits(year / 100)
        output.appendTwoDigits(year % 100)
        output.append(UInt8(ascii: "-"))
        output.appendTwoDigits(month)
        output.append(UInt8(ascii: "-"))
        output.appendTwoDigits(day)
    }

    private func appendHourAndMinute(to output: inout OutputSpan<UInt8>) {
        output.appendTwoDigits(secondOfDay / 3_600)
        output.append(UInt8(ascii: ":"))
        output.appendTwoDigits(secondOfDay / 60 % 60)
    }
}

extension OutputSpan<UInt8> {
    /// Appends a number of 0...99 as two digits.
    @inline(always)
    fileprivate mutating func appendTwoDigits(_ number: Int) {
        append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: number / 10))
        append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: number % 10))
    }
}
