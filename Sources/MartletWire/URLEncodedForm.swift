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
        var start = 0
        while start < content.count {
            let end = content[start...].firstIndex(of: UInt8(ascii: "&")) ?? content.count
            if end > start {
                guard fields.count < limit else { throw .tooManyFields }
                let equals = content[start..<end].firstIndex(of: UInt8(ascii: "=")) ?? end
                fields.append((try text(content[start..<equals]), try text(content[min(equals + 1, end)..<end])))
            }
            start = end + 1
        }
        return fields
    }

    private static func text(_ octets: ArraySlice<UInt8>) throws(FormError) -> String {
        let spaced = octets.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
        guard let decoded = PercentEncoding.decode(spaced.span) else { throw .invalidPercentEncoding }
        guard let text = String(validating: decoded, as: UTF8.self) else { throw .invalidUTF8 }
        return text
    }
}
