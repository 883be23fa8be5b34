/// The media type of a file, guessed from its name (the counterpart of `guess_type` in Python's `http.server`).
///
/// The types are those of the system's table when the sources were made, with what developers miss there: see
/// `scripts/mime-types.py`. Every `text` type says `; charset=utf-8`. JSON needs no charset (RFC 8259 §11) and XML says
/// its own (RFC 7303 §3), so neither gets one. Source code is `text/plain`, so that every browser shows it; `.ts` is
/// taken for TypeScript, not for an MPEG transport stream (whose other extension, `.m2ts`, is known).
public enum MIMETypes {
    /// What a file of an unknown kind is sent as (RFC 2046 §4.5.1).
    public static let unknown = "application/octet-stream"

    /// What a text file whose kind is not known more closely is sent as.
    public static let plainText = "text/plain; charset=utf-8"

    /// The value of `Content-Type` for a file of this name.
    ///
    /// The last extension decides, without regard to ASCII case. A name without one is looked up whole (`README`,
    /// `Makefile`, `.gitignore`: plain text). The look-up allocates nothing: the result is a constant of the program.
    ///
    /// - Parameter name: The last segment of a path, any bytes.
    /// - Returns: The media type with its parameters; `unknown` where the name says nothing.
    public static func contentType(forFileName name: Span<UInt8>) -> String {
        guard let dot = lastDot(of: name) else {
            return isTextName(name) ? plainText : unknown
        }
        return type(ofExtension: name.extracting((dot + 1)...)) ?? unknown
    }

    /// The value of `Content-Type` for a file of this name, as `contentType(forFileName:)` of a span gives it.
    public static func contentType(forFileName name: [UInt8]) -> String {
        contentType(forFileName: name.span)
    }

    /// The place of the dot before the extension; `nil` without an extension. A leading dot hides a file: `.profile`
    /// has no extension.
    private static func lastDot(of name: Span<UInt8>) -> Int? {
        var index = name.count - 1
        while index > 0 {
            if name[index] == UInt8(ascii: ".") {
                return index
            }
            index -= 1
        }
        return nil
    }

    private static func isTextName(_ name: Span<UInt8>) -> Bool {
        MIMETable.textNames.contains { textName in
            let text = textName.utf8.span
            guard text.count == name.count else {
                return false
            }
            for index in text.indices where text[index] != lowercased(name[index]) {
                return false
            }
            return true
        }
    }

    /// A binary search in the lines of `MIMETable.extensions`, all of one width.
    private static func type(ofExtension wanted: Span<UInt8>) -> String? {
        guard !wanted.isEmpty, wanted.count <= MIMETable.extensionWidth else {
            return nil
        }
        let table = MIMETable.extensions.utf8.span
        let recordWidth = MIMETable.extensionWidth + MIMETable.indexWidth + 1
        var low = 0
        var high = (table.count + 1) / recordWidth
        while low < high {
            let middle = low + (high - low) / 2
            switch order(of: wanted, inRecordAt: middle * recordWidth, of: table) {
            case 0: return type(inRecordAt: middle * recordWidth, of: table)
            case ..<0: high = middle
            default: low = middle + 1
            }
        }
        return nil
    }

    /// Less than, equal to or greater than 0 as `wanted` comes before, is or comes after the extension of the record.
    private static func order(of wanted: Span<UInt8>, inRecordAt start: Int, of table: Span<UInt8>) -> Int {
        for index in 0..<MIMETable.extensionWidth {
            // The padding is a space, less than any byte of an extension in the table.
            let byte = index < wanted.count ? lowercased(wanted[index]) : UInt8(ascii: " ")
            let other = table[start + index]
            if byte != other {
                return Int(byte) - Int(other)
            }
            if byte == UInt8(ascii: " ") {
                // Both ended, unless the name has a space of its own.
                return index < wanted.count ? 1 : 0
            }
        }
        return 0
    }

    private static func type(inRecordAt start: Int, of table: Span<UInt8>) -> String {
        let first = start + MIMETable.extensionWidth
        var index = 0
        for place in first..<(first + MIMETable.indexWidth) {
            index = index * 10 + Int(table[place] &- UInt8(ascii: "0"))
        }
        return MIMETable.types[index]
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
