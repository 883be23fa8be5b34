/// A media type (RFC 9110 §8.3.1), such as `text/html; charset=utf-8`.
public struct MediaType: Sendable, Hashable {
    /// One parameter. Equality is exact; compare charsets without case by ``MediaType/charset``.
    public struct Parameter: Sendable, Hashable {
        /// The name in lower case: names have no case (RFC 9110 §5.6.6).
        public let name: String
        /// The value without quotes and backslashes.
        public let value: String

        init(uncheckedName name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The type in lower case, such as `text`.
    public let type: String
    /// The subtype in lower case, such as `html`.
    public let subtype: String
    /// The parameters in the order of the text.
    public let parameters: [Parameter]

    /// The media type that `value` spells; nil when it is not wholly one.
    public init?(parsing value: Span<UInt8>) {
        var scanner = ValueScanner(value)
        scanner.skipWhitespace()
        let type = scanner.token()
        guard !type.isEmpty, scanner.consume(UInt8(ascii: "/")) else { return nil }
        let subtype = scanner.token()
        guard !subtype.isEmpty, let parameters = scanner.parameters(), scanner.isAtEnd else { return nil }
        self.type = scanner.lowercasedString(type)
        self.subtype = scanner.lowercasedString(subtype)
        self.parameters = parameters
    }

    /// The media type that `text` spells; nil when it is not wholly one.
    public init?(_ text: String) {
        self.init(parsing: text.utf8.span)
    }

    private init(_ type: String, _ subtype: String, charset: String? = nil) {
        self.type = type
        self.subtype = subtype
        parameters = charset.map { [Parameter(uncheckedName: "charset", value: $0)] } ?? []
    }

    /// The value of the first parameter named `name` (given in lower case); nil when there is none.
    public func parameter(_ name: String) -> String? {
        parameters.first { $0.name == name }?.value
    }

    /// The charset in lower case (RFC 9110 §8.3.2); nil when none is given.
    public var charset: String? { parameter("charset")?.lowercased() }

    /// Whether type and subtype are those of `other`, whatever the parameters.
    public func hasSameEssence(as other: MediaType) -> Bool {
        type == other.type && subtype == other.subtype
    }

    /// `text/plain; charset=utf-8`
    public static let plainText = MediaType("text", "plain", charset: "utf-8")
    /// `text/html; charset=utf-8`
    public static let html = MediaType("text", "html", charset: "utf-8")
    /// `application/json`
    public static let json = MediaType("application", "json")
    /// `application/octet-stream`: octets of which nothing is known.
    public static let octetStream = MediaType("application", "octet-stream")
    /// `application/x-www-form-urlencoded`: what an HTML form sends; see ``QueryItems``.
    public static let formURLEncoded = MediaType("application", "x-www-form-urlencoded")
    /// `multipart/form-data`: what an HTML form with files sends, here without its boundary.
    public static let formData = MediaType("multipart", "form-data")
}

extension MediaType: CustomStringConvertible {
    /// The media type as a field spells it: `; ` before each parameter, values quoted only where they have to be.
    public var description: String {
        var text = "\(type)/\(subtype)"
        for parameter in parameters {
            text += "; \(parameter.name)="
            if !parameter.value.isEmpty, parameter.value.utf8.allSatisfy(OctetSet.token.contains) {
                text += parameter.value
            } else {
                text += "\"" + Self.escaped(parameter.value) + "\""
            }
        }
        return text
    }

    /// RFC 9110 §5.6.4: only the quote and the backslash get a backslash.
    private static func escaped(_ value: String) -> String {
        var octets: [UInt8] = []
        for octet in value.utf8 {
            if octet == UInt8(ascii: "\"") || octet == UInt8(ascii: "\\") { octets.append(UInt8(ascii: "\\")) }
            octets.append(octet)
        }
        return String(decoding: octets, as: UTF8.self)
    }
}
