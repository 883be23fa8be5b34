@_spi(_Unicode) import Swift

extension String {
    /// The text in Unicode's Normalization Form C, as octets: "é" is the same however a keyboard made it (RFC 7617 §2.1, by
    /// the profiles of RFC 8265).
    ///
    /// The standard library has it, under a name that is not promised to stay; a test looks that it still does what it did.
    var normalized: [UInt8] {
        if utf8.allSatisfy({ $0 < 0x80 }) { return Array(utf8) }
        var scalars = String.UnicodeScalarView()
        for scalar in _nfc { scalars.append(scalar) }
        return Array(String(scalars).utf8)
    }
}
