import MartletWire

/// Any octets survive being a segment; what decodes holds no more octets than before.
func fuzz(_ bytes: [UInt8]) {
    var encoded: [UInt8] = []
    PercentEncoding.appendSegment(bytes, to: &encoded)
    check(encoded.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/?#&'\"<>:\\".utf8.contains($0) }, "unsafe octet")
    check(PercentEncoding.decode(encoded.span) == bytes, "decoding differs")
    if let decoded = PercentEncoding.decode(bytes.span) {
        check(decoded.count == bytes.count - 2 * bytes.count { $0 == UInt8(ascii: "%") }, "a lost octet")
    } else {
        check(bytes.contains(UInt8(ascii: "%")), "refused without a %")
    }
}
