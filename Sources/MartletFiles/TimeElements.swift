import MartletWire

/// The time of one entry after the other, each as an HTML `<time>` element.
///
/// What was unpacked together was changed in the same minute, so the text of the last one is kept: a date is worked out
/// only where the minute is another.
struct TimeElements {
    private var minute = Int.min
    /// `2026-11-22T17:20` of that minute.
    private var text: [UInt8] = []

    /// Appends `<time datetime="2026-11-22T17:20:00Z">2026-11-22<span> 17:20</span></time>`.
    mutating func append(_ seconds: Int, to page: inout [UInt8]) {
        let seconds = min(max(seconds, CivilDate.first), CivilDate.last)
        // Rounded down, also before 1970.
        let second = (seconds % 60 + 60) % 60
        if seconds - second != minute || text.isEmpty {
            minute = seconds - second
            text.removeAll(keepingCapacity: true)
            UTCTime(secondsSince1970: minute).appendMinute(to: &text)
        }
        page.append("<time datetime=\"")
        page.append(copying: text.span)
        page.append(UInt8(ascii: ":"))
        page.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: second / 10))
        page.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: second % 10))
        page.append("Z\">")
        page.append(copying: text.span.extracting(0..<10))
        page.append("<span> ")
        page.append(copying: text.span.extracting(11..<16))
        page.append("</span></time>")
    }
}
