/// The `Content-Disposition` of a part of a form (RFC 7578 §4.2), such as `form-data; name="photo"; filename="a.jpg"`.
///
/// In quotes, a backslash escapes a quote or a backslash and is itself before anything else, as in the paths that old
/// browsers send; and `%22`, `%0D` and `%0A` are the quote, CR and LF that browsers write so (WHATWG HTML, "multipart form
/// data"). No other percent-encoding is decoded. `filename*` is ignored, as are all parameters but `name` and `filename`.
public struct ContentDisposition: Sendable, Equatable {
    /// The type in lower case, such as `form-data`.
    public let type: String
    /// The name of the form's field; nil when there is none.
    public let name: String?
    /// The name the file has at the client, as sent; empty where a form's file was not chosen; nil when there is none. It
    /// may be a path and hold anything: see ``safeFilename``.
    public let filename: String?

    /// The disposition that `value` spells; nil when it is not wholly one, has a parameter twice, or a name that is not
    /// UTF-8.
    public init?(parsing value: Span<UInt8>) {
        var scanner = ValueScanner(value)
        let type = scanner.token()
        guard !type.isEmpty else { return nil }
        var name: String?
        var filename: String?
        scanner.skipWhitespace()
        while scanner.consume(UInt8(ascii: ";")) {
            scanner.skipWhitespace()
            let parameter = scanner.token()
            if !parameter.isEmpty {
                guard scanner.consume(UInt8(ascii: "=")), let value = scanner.dispositionValue() else { return nil }
                if scanner.matches(parameter, "name") {
                    guard name == nil else { return nil }
                    name = value
                } else if scanner.matches(parameter, "filename") {
                    guard filename == nil else { return nil }
                    filename = value
                }
            }
            scanner.skipWhitespace()
        }
        guard scanner.isAtEnd else { return nil }
        self.type = scanner.lowercasedString(type)
        self.name = name
        self.filename = filename
    }

    /// The disposition that `text` spells; see ``init(parsing:)``.
    public init?(_ text: String) {
        self.init(parsing: text.utf8.span)
    }

    /// What follows the last slash or backslash of `filename`: never a path. Nil when that is empty, `.` or `..`, or holds a
    /// control character.
    public var safeFilename: String? {
        guard let filename else { return nil }
        let octets = filename.utf8
        let start = octets.lastIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
        let last = String(filename[(start.map { octets.index(after: $0) } ?? octets.startIndex)...])
        guard !last.isEmpty, last != ".", last != "..", last.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else { return nil }
        return last
    }
}

extension ValueScanner {
    /// Steps over a token or quoted-string; nil when it is neither, or not UTF-8.
    fileprivate mutating func dispositionValue() -> String? {
        guard consume(UInt8(ascii: "\"")) else {
            let token = token()
            return token.isEmpty ? nil : string(token)
        }
        var octets: [UInt8] = []
        while let octet = current {
            position += 1
            switch octet {
            case UInt8(ascii: "\""): return String(validating: octets, as: UTF8.self)
            case UInt8(ascii: "\\") where current == UInt8(ascii: "\"") || current == UInt8(ascii: "\\"):
                octets.append(bytes[position])
                position += 1
            case UInt8(ascii: "%"): octets.append(browserEscape() ?? octet)
            case _ where OctetSet.isText(octet): octets.append(octet)
            default: return nil
            }
        }
        return nil
    }

    /// Steps over `22`, `0D` or `0A` and returns the octet that they stand for after a `%`.
    private mutating func browserEscape() -> UInt8? {
        guard let octet = PercentEncoding.triplet(bytes, at: position - 1),
            octet == UInt8(ascii: "\"") || octet == 0x0D || octet == 0x0A
        else { return nil }
        position += 2
        return octet
    }
}
