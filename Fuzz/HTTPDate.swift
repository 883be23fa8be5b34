import MartletWire

/// A date that can be read can be written, and read again as the same second. The first octet sets the clock.
func fuzz(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let now = [0, 1_795_348_800, -62_167_219_200, 253_402_300_799, Int.min, Int.max, 4_080_000_000, 946_684_800][
        Int(input.octet() & 7)
    ]
    let text = input.remainder()
    guard let seconds = HTTPDate.parse(text.span, now: now) else { return }
    var written: [UInt8] = []
    HTTPDate.append(seconds, to: &written)
    check(written.count == 29, "\(written.count) octets")
    let again = HTTPDate.parse(written.span, now: now)
    check(again == seconds, "\(seconds) became \(String(describing: again))")
}
