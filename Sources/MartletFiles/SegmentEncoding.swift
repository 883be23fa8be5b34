/// Percent-encoding of names in the links of a listing (RFC 3986 §2.1).
enum SegmentEncoding {
    /// Appends one path segment or query value: unreserved characters as they are, every other byte as `%XX`. The result
    /// holds nothing that means something in a URI or in HTML.
    static func append(_ segment: [UInt8], to bytes: inout [UInt8]) {
        // Most names are one run of unreserved characters, which is copied as a whole.
        var start = 0
        for (index, byte) in segment.enumerated() where !isUnreserved(byte) {
            bytes.append(contentsOf: segment[start..<index])
            bytes.append(UInt8(ascii: "%"))
            bytes.appendHex(byte)
            start = index + 1
        }
        bytes.append(contentsOf: segment[start...])
    }

    /// Decodes one query value; `nil` where a `%` is not followed by two hexadecimal digits.
    static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var decoded: [UInt8] = []
        var bytes = text.makeIterator()
        while let byte = bytes.next() {
            guard byte == UInt8(ascii: "%") else {
                decoded.append(byte)
                continue
            }
            guard let high = bytes.next().flatMap(hexValue), let low = bytes.next().flatMap(hexValue) else {
                return nil
            }
            decoded.append(high << 4 | low)
        }
        return decoded
    }

    private static func hexValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
