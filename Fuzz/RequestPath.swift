import MartletWire

/// No segment is empty, a dot segment or holds NUL; written again, the path is the same.
func fuzz(_ bytes: [UInt8]) {
    guard let path = try? RequestPath(decoding: bytes.span) else { return }
    var written: [UInt8] = []
    for index in 0..<path.segmentCount {
        var segment: [UInt8] = []
        let span = path.segment(index)
        for position in span.indices { segment.append(span[position]) }
        check(!segment.isEmpty && segment != Array(".".utf8) && segment != Array("..".utf8), "segment \(segment)")
        check(!segment.contains(0), "NUL in \(segment)")
        check(path.hasEncodedSlash || !segment.contains(UInt8(ascii: "/")), "a hidden slash in \(segment)")
        written.append(UInt8(ascii: "/"))
        PercentEncoding.appendSegment(segment, to: &written)
    }
    if path.hasTrailingSlash { written.append(UInt8(ascii: "/")) }
    guard let again = try? RequestPath(decoding: written.span) else { fatalError("\(written) was refused") }
    check(again.bytes == path.bytes && again.segmentCount == path.segmentCount, "\(path) became \(again)")
    check(again.hasTrailingSlash == path.hasTrailingSlash, "\(path) became \(again)")
}
