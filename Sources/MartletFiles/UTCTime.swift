import MartletWire

/// A time as a date and a time of day in UTC, for the ISO 8601 form that HTML's `datetime` and JSON take.
///
/// File systems hold any 64-bit number, so times outside the years 0000 to 9999 are taken for the nearest one inside.
struct UTCTime {
    private let date: CivilDate

    init(secondsSince1970 seconds: Int) {
        date = CivilDate(seconds: min(max(seconds, CivilDate.first), CivilDate.last))
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
            output.appendTwoDigits(date.second)
            output.append(UInt8(ascii: "Z"))
        }
    }

    private func appendDate(to output: inout OutputSpan<UInt8>) {
        output.appendTwoDigits(date.year / 100)
        output.appendTwoDigits(date.year % 100)
        output.append(UInt8(ascii: "-"))
        output.appendTwoDigits(date.month)
        output.append(UInt8(ascii: "-"))
        output.appendTwoDigits(date.day)
    }

    private func appendHourAndMinute(to output: inout OutputSpan<UInt8>) {
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
