import MartletWire

/// A time as a date and a time of day in UTC, for the ISO 8601 form that HTML's `datetime` and JSON take.
///
/// File systems hold any 64-bit number, so times outside the years 0000 to 9999 are taken for the nearest one inside.
struct UTCTime {
    private let date: CivilDate

    init(secondsSince1970 seconds: Int) {
        date = CivilDate(seconds: min(max(seconds, CivilDate.first), CivilDate.last))
    }

    /// Appends `2026-11-22T17:20`.
    func appendMinute(to bytes: inout [UInt8]) {
        bytes.append(addingCapacity: 16) { appendMinute(to: &$0) }
    }

    /// Appends `2026-11-22T17:20:00Z`.
    func appendISO8601(to bytes: inout [UInt8]) {
        bytes.append(addingCapacity: 20) { output in
            appendMinute(to: &output)
            output.append(UInt8(ascii: ":"))
            output.appendTwoDigits(date.second)
            output.append(UInt8(ascii: "Z"))
        }
    }

    private func appendMinute(to output: inout OutputSpan<UInt8>) {
        output.appendTwoDigits(date.year / 100)
        output.appendTwoDigits(date.year % 100)
        output.append(UInt8(ascii: "-"))
        output.appendTwoDigits(date.month)
        output.append(UInt8(ascii: "-"))
        output.appendTwoDigits(date.day)
        output.append(UInt8(ascii: "T"))
        output.appendTwoDigits(date.hour)
        output.append(UInt8(ascii: ":"))
        output.appendTwoDigits(date.minute)
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
