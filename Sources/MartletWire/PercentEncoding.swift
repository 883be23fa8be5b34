/// Percent-encoding of URI parts (RFC 3986 §2.1).
public enum PercentEncoding {
    /// Appends a path segment for a link.
    ///
    /// Letters, digits and `-._~!$()*+,;=@` stay; everything else becomes `%XX` with upper-case digits. Thus the result
    /// also fits between the quotes of an HTML attribute (`&`, `'` and `"` are encoded), and may begin a relative link:
    /// an encoded `:` cannot be taken for the end of a scheme (RFC 3986 §4.2). The segments `.` and `..` have no
    /// encoding that keeps their meaning from a client: do not link them.
    public static func appendSegment(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
        // What stays is copied in runs.
        var start = 0
        for index in bytes.indices where !OctetSet.linkSegment.contains(bytes[index]) {
            output.append(copying: bytes.extracting(start..<index))
            appendTriplet(bytes[index], to: &output)
            start = index + 1
        }
        output.append(copying: bytes.extracting(start...))
    }

    /// Appends a path segment for a link; see ``appendSegment(_:to:)-(Span<UInt8>,_)``.
    public static func appendSegment(_ bytes: [UInt8], to output: inout [UInt8]) {
        appendSegment(bytes.span, to: &output)
    }

    /// Appends a path segment for a link; see ``appendSegment(_:to:)-(Span<UInt8>,_)``.
    public static func appendSegment(_ bytes: ArraySlice<UInt8>, to output: inout [UInt8]) {
        appendSegment(bytes.span, to: &output)
    }

    /// `text` as it may stand anywhere in a URI, such as a value in a query or a cookie: letters, digits and `-._~` stay
    /// (RFC 3986 §2.3), every other octet of its UTF-8 becomes `%XX`. As `encodeURIComponent` of JavaScript, but stricter.
    public static func component(_ text: String) -> String {
        var output: [UInt8] = []
        for octet in text.utf8 {
            switch octet {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                output.append(octet)
            default:
                appendTriplet(octet, to: &output)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// `text` as a URI reference (RFC 3986 §4.1): octets of its UTF-8 that no URI holds become `%XX`, and so does a `%` that
    /// begins no triplet. What is a reference already stays as it is.
    package static func reference(_ text: String) -> [UInt8] {
        let bytes = text.utf8.span
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        for index in bytes.indices {
            switch bytes[index] {
            case UInt8(ascii: "%") where triplet(bytes, at: index) == nil: appendTriplet(bytes[index], to: &output)
            case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"), UInt8(ascii: "^"),
                UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"), 0...0x20, 0x7F...0xFF:
                appendTriplet(bytes[index], to: &output)
            case let octet: output.append(octet)
            }
        }
        return output
    }

    /// The text that ``component(_:)`` made `component` of; nil when it is malformed or not UTF-8. `+` stays.
    public static func text(ofComponent component: String) -> String? {
        decode(component.utf8.span).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// The octets with every `%XX` decoded; nil when a `%` is not followed by two hexadecimal digits. `+` stays.
    public static func decode(_ bytes: Span<UInt8>) -> [UInt8]? {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%") {
                guard let octet = triplet(bytes, at: index) else { return nil }
                output.append(octet)
                index += 3
            } else {
                output.append(bytes[index])
                index += 1
            }
        }
        return output
    }

    /// Whether a name or value of a query or form stands for anything but itself: has a `%` or `+`.
    static func isEncodedItem(_ bytes: Span<UInt8>) -> Bool {
        let encoded = bytes.first(from: 0) { word in
            (word.equals(UInt8(ascii: "%")) | word.equals(UInt8(ascii: "+"))) & ~word.isNotASCII
        }
        return encoded < bytes.count
    }

    /// Appends a name or value of a query or form, decoded: `+` is a space and a `%` without two hexadecimal digits itself.
    /// Whether there is no such `%`.
    @discardableResult
    static func appendDecodedItem(_ bytes: Span<UInt8>, to output: inout [UInt8]) -> Bool {
        var isWellFormed = true
        output.append(addingCapacity: bytes.count) { output in
            var index = 0
            while index < bytes.count {
                var octet = bytes[index]
                if octet == UInt8(ascii: "+") {
                    octet = UInt8(ascii: " ")
                } else if octet == UInt8(ascii: "%") {
                    if let decoded = triplet(bytes, at: index) {
                        octet = decoded
                        index += 2
                    } else {
                        isWellFormed = false
                    }
                }
                output.append(octet)
                index += 1
            }
        }
        return isWellFormed
    }

    /// The octet that the `%XX` at `index` spells; nil when there is none.
    static func triplet(_ bytes: Span<UInt8>, at index: Int) -> UInt8? {
        guard bytes.count - index >= 3, bytes[index] == UInt8(ascii: "%"),
            let high = OctetSet.hexValue(bytes[index + 1]), let low = OctetSet.hexValue(bytes[index + 2])
        else { return nil }
        return high << 4 | low
    }

    /// Appends `%XX` for `octet`.
    static func appendTriplet(_ octet: UInt8, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "%"))
        output.append(hexadecimalDigit(octet >> 4))
        output.append(hexadecimalDigit(octet & 0xF))
    }

    private static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + (value - 10)
    }
}
