/// HTML text whose interpolated values are escaped, so that what a peer sent cannot become markup.
///
/// What the program spells out is markup; what it interpolates is text:
///
/// ```swift
/// let name = "<script>"
/// let page: HTML = "<p title=\"\(name)\">Hello, \(name)</p>"
/// // <p title="&lt;script&gt;">Hello, &lt;script&gt;</p>
/// ```
///
/// `&`, `<`, `>`, `"` and `'` are escaped, which is right for element content and for **quoted** attribute values. It is
/// not enough inside `<script>`, `<style>`, an unquoted attribute, or for the scheme of a link. An interpolated `HTML`
/// is taken as it is; `\(raw: text)` takes any other text as it is.
public struct HTML: Sendable, Hashable {
    /// The markup in UTF-8.
    public private(set) var bytes: [UInt8]

    /// Makes an empty piece of HTML.
    public init() {
        bytes = []
    }

    /// Makes HTML of text that is markup already; nothing is escaped.
    public init(raw text: String) {
        bytes = Array(text.utf8)
    }

    /// Adds more HTML to the end.
    public mutating func append(_ other: HTML) {
        bytes.append(contentsOf: other.bytes)
    }

    /// Joins two pieces of HTML.
    public static func + (first: HTML, second: HTML) -> HTML {
        var joined = first
        joined.append(second)
        return joined
    }

    /// Adds more HTML to the end.
    public static func += (first: inout HTML, second: HTML) {
        first.append(second)
    }
}

extension HTML {
    /// Appends `text` to `bytes` in UTF-8 with `&`, `<`, `>`, `"` and `'` escaped.
    public static func escape(_ text: String, into bytes: inout [UInt8]) {
        escape(text.utf8, into: &bytes)
    }

    /// Appends `text` to `bytes` with `&`, `<`, `>`, `"` and `'` escaped; every other byte is kept as it is.
    ///
    /// The bytes need not be valid UTF-8: the five are ASCII, and no other byte can end a text or an attribute value.
    @inlinable
    public static func escape(_ text: some Sequence<UInt8>, into bytes: inout [UInt8]) {
        for byte in text {
            switch byte {
            case UInt8(ascii: "&"): bytes.append(contentsOf: "&amp;".utf8)
            case UInt8(ascii: "<"): bytes.append(contentsOf: "&lt;".utf8)
            case UInt8(ascii: ">"): bytes.append(contentsOf: "&gt;".utf8)
            case UInt8(ascii: "\""): bytes.append(contentsOf: "&quot;".utf8)
            case UInt8(ascii: "'"): bytes.append(contentsOf: "&#39;".utf8)
            default: bytes.append(byte)
            }
        }
    }
}

extension HTML: CustomStringConvertible {
    /// The markup as a `String`.
    public var description: String {
        String(decoding: bytes, as: UTF8.self)
    }
}

extension HTML: ExpressibleByStringInterpolation {
    /// Makes HTML of a literal, which is markup.
    public init(stringLiteral markup: String) {
        self.init(raw: markup)
    }

    /// Makes HTML of a literal with interpolated values.
    public init(stringInterpolation: StringInterpolation) {
        bytes = stringInterpolation.bytes
    }

    /// Collects the pieces of an interpolated literal.
    ///
    /// An `Optional` is not accepted: a page that says `Optional("Ada")` is a mistake, so say what stands for `nil`.
    public struct StringInterpolation: StringInterpolationProtocol, Sendable {
        var bytes: [UInt8] = []

        /// Begins an interpolated literal of about the given size.
        public init(literalCapacity: Int, interpolationCount: Int) {
            bytes.reserveCapacity(literalCapacity + 16 * interpolationCount)
        }

        /// Adds a literal part: markup, kept as it is.
        public mutating func appendLiteral(_ markup: String) {
            bytes.append(contentsOf: markup.utf8)
        }

        /// Adds text, escaped.
        public mutating func appendInterpolation(_ text: String) {
            HTML.escape(text, into: &bytes)
        }

        /// Adds the description of a value, escaped.
        public mutating func appendInterpolation(_ value: some CustomStringConvertible) {
            HTML.escape(value.description, into: &bytes)
        }

        /// Adds HTML as it is.
        public mutating func appendInterpolation(_ html: HTML) {
            bytes.append(contentsOf: html.bytes)
        }

        /// Adds pieces of HTML as they are, one after the other: `"<ul>\(names.map { "<li>\($0)" as HTML })</ul>"`.
        public mutating func appendInterpolation(_ pieces: [HTML]) {
            for piece in pieces {
                bytes.append(contentsOf: piece.bytes)
            }
        }

        /// Adds text as it is: only for what is markup already and comes from nobody else.
        public mutating func appendInterpolation(raw markup: String) {
            bytes.append(contentsOf: markup.utf8)
        }
    }
}
