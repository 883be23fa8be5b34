import MartletWire

/// The size of a file for people: up to three digits and a decimal unit, `999 B`, `1.5 kB`, `23.4 MB`, `567 GB`.
///
/// The units are powers of 1,000, as the SI and most file managers have them. (A kibibyte would be `KiB`.)
enum FileSize {
    /// Appends the size of so many bytes, rounded to the nearest; a negative number counts as 0.
    static func append(_ size: Int, to bytes: inout [UInt8]) {
        guard size >= 1_000 else {
            appendDecimal(max(size, 0), to: &bytes)
            bytes.append(" B")
            return
        }
        var unit = 1_000
        var prefixes = "MGTPE".utf8.makeIterator()
        var prefix = UInt8(ascii: "k")
        // 999,500 bytes are 1.0 MB, not 1000 kB.
        while rounded(size, unit) >= 1_000, let larger = prefixes.next() {
            unit *= 1_000
            prefix = larger
        }
        let tenths = size / unit * 10 + rounded(size % unit, unit / 10)
        if tenths < 1_000 {
            appendDecimal(tenths / 10, to: &bytes)
            bytes.append(UInt8(ascii: "."))
            appendDecimal(tenths % 10, to: &bytes)
        } else {
            appendDecimal(rounded(size, unit), to: &bytes)
        }
        bytes.append(UInt8(ascii: " "))
        bytes.append(prefix)
        bytes.append(UInt8(ascii: "B"))
    }

    /// `size / unit` to the nearest, the half up, without overflow.
    private static func rounded(_ size: Int, _ unit: Int) -> Int {
        size / unit + (size % unit >= unit / 2 ? 1 : 0)
    }
}
