import MartletWire

/// The name of a file as text that people can see whole, escaped for HTML.
///
/// Control characters, bytes that are not UTF-8, and characters that would reorder the text around them or are not seen
/// at all are written as in source code: `\n`, `\xFF`, `\u202E`. In a page they are marked, so that they differ from a
/// backslash that is in the name.
enum VisibleName {
    /// Appends the name.
    ///
    /// - Parameter marked: Whether to put what is not shown as itself into `<i>` elements; `false` for a `<title>`, which
    ///   may hold none.
    static func append(_ name: [UInt8], to bytes: inout [UInt8], marked: Bool = true) {
        // What needs nothing done to it is copied in runs.
        let name = name.span
        var start = 0
        var index = 0
        while index < name.count {
            let byte = name[index]
            if isPlain(byte) {
                index += 1
                continue
            }
            let decoded = UTF8Sequence.decode(name, at: index)
            let count = decoded?.count ?? 1
            if let decoded, decoded.scalar >= 0x80, !isInvisible(decoded.scalar) {
                index += count
                continue
            }
            bytes.append(copying: name.extracting(start..<index))
            switch byte {
            case UInt8(ascii: "&"): bytes.append("&amp;")
            case UInt8(ascii: "<"): bytes.append("&lt;")
            case UInt8(ascii: ">"): bytes.append("&gt;")
            case UInt8(ascii: "\""): bytes.append("&quot;")
            case UInt8(ascii: "'"): bytes.append("&#39;")
            default: appendEscape(of: byte, decoded?.scalar, to: &bytes, marked: marked)
            }
            index += count
            start = index
        }
        bytes.append(copying: name.extracting(start...))
    }

    /// Printable ASCII but for what HTML gives a meaning.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "'"): false
        default: (0x20..<0x7F).contains(byte)
        }
    }

    /// Appends a character that cannot be seen, or, without one, a byte that is not UTF-8.
    private static func appendEscape(of byte: UInt8, _ scalar: UInt32?, to bytes: inout [UInt8], marked: Bool) {
        if marked {
            bytes.append("<i>")
        }
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        default:
            if let scalar, scalar >= 0x80 {
                bytes.append(UInt8(ascii: "u"))
                bytes.appendHex(UInt8(truncatingIfNeeded: scalar >> 8))
                bytes.appendHex(UInt8(truncatingIfNeeded: scalar))
            } else {
                bytes.append(UInt8(ascii: "x"))
                bytes.appendHex(byte)
            }
        }
        if marked {
            bytes.append("</i>")
        }
    }

    /// Controls, and of the format characters those that reorder text, break lines or take no space. The joiners
    /// (U+200C, U+200D) and the directional marks (U+200E, U+200F, U+061C) belong to the spelling of names.
    private static func isInvisible(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x00..<0x20, 0x7F..<0xA0, 0xAD, 0x200B, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF: true
        default: false
        }
    }
}
