import MartletWire

/// What a query may have that lets in whoever reads it: the token in `access_token` (RFC 6750 §2.3), and the signature of a
/// signed URL, the last part of `share=1.….SIGNATURE`. Logs have `***` in its place.
enum SecretsInQuery {
    /// A request line or a URL with `***` for each secret; nil where there is none.
    static func masked(_ octets: Span<UInt8>) -> [UInt8]? {
        var index = 0
        while index < octets.count, octets[index] != UInt8(ascii: "?") { index += 1 }
        var masked: [UInt8] = []
        var kept = 0
        while index < octets.count {
            let start = index + 1
            index = start
            while index < octets.count, octets[index] != UInt8(ascii: "&"), octets[index] != 0x20 { index += 1 }
            if let secret = secret(in: octets.extracting(start..<index)) {
                masked.append(copying: octets.extracting(kept..<start + secret))
                masked += Array("***".utf8)
                kept = index
            }
            // What follows a space is the version.
            if index < octets.count, octets[index] == 0x20 { break }
        }
        guard kept > 0 else { return nil }
        masked.append(copying: octets.extracting(kept..<octets.count))
        return masked
    }

    /// The same for text.
    static func masked(_ text: String) -> String {
        masked(text.utf8.span).map { String(decoding: $0, as: UTF8.self) } ?? text
    }

    /// Where in `name=value` the secret begins; nil where there is none.
    private static func secret(in item: Span<UInt8>) -> Int? {
        var equals = 0
        while equals < item.count, item[equals] != UInt8(ascii: "=") { equals += 1 }
        guard equals < item.count else { return nil }
        let name = item.extracting(0..<equals)
        if isToken(name) { return equals + 1 }
        guard name.equals(ignoringCase: "share") else { return nil }
        let dots = item.indices.filter { $0 > equals && item[$0] == UInt8(ascii: ".") }
        // As MartletShare writes them.
        guard dots.count == 5 else { return nil }
        return dots[4] + 1
    }

    /// Whoever takes a token out of a query decodes the names first.
    private static func isToken(_ name: Span<UInt8>) -> Bool {
        if name.equals(ignoringCase: "access_token") { return true }
        guard name.indices.contains(where: { name[$0] == UInt8(ascii: "%") }) else { return false }
        return PercentEncoding.decode(name).map { $0.span.equals(ignoringCase: "access_token") } ?? false
    }
}
