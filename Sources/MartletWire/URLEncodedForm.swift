/// The content of an `application/x-www-form-urlencoded` form (WHATWG URL Standard, section 5.1), read strictly.
///
/// Split as ``QueryItems`` splits a query; but where that reads on over what is malformed, this refuses it: what a form
/// says is acted upon.
public enum URLEncodedForm {
    /// The names and values in `content`, in order.
    /// - Parameter limit: fields allowed.
    /// - Throws: `invalidPercentEncoding`, `invalidUTF8`, `tooManyFields`.
    public static func fields(
        in content: [UInt8],
        upTo limit: Int
    ) throws(FormError) -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        // Room for a usual form at once.
        fields.reserveCapacity(8)
        let octets = content.span
        var decoded: [UInt8] = []
        var list = ItemList()
        while let item = list.next(in: octets) {
            guard fields.count < limit else { throw .tooManyFields }
            let name = try text(octets.extracting(item.name), &decoded)
            fields.append((name, try text(octets.extracting(item.value), &decoded)))
        }
        return fields
    }

    /// The text of a name or value; `decoded` is given for its memory.
    private static func text(_ octets: Span<UInt8>, _ decoded: inout [UInt8]) throws(FormError) -> String {
        guard PercentEncoding.isEncodedItem(octets) else { return try text(octets) }
        decoded.empty()
        guard PercentEncoding.appendDecodedItem(octets, to: &decoded) else { throw .invalidPercentEncoding }
        return try text(decoded.span)
    }

    private static func text(_ octets: Span<UInt8>) throws(FormError) -> String {
        guard let text = try? UTF8Span(validating: octets) else { throw .invalidUTF8 }
        return String(copying: text)
    }
}
