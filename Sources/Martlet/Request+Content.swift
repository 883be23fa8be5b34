import HTTPTypes
public import MartletWire

/// The content as text, and what has to be known of it first.
extension Request {
    /// Reads the content as text, in UTF-8 unless Content-Type names `us-ascii` or `iso-8859-1`.
    /// - Parameter limit: octets allowed; default 1 MiB.
    /// - Throws: `HTTPError` 413 when it is longer, 415 when it is in another charset or has a Content-Encoding, 400 when it
    ///   is not in its charset; and what `body` throws.
    public func text(upTo limit: Int = 1 << 20) async throws -> String {
        try requireIdentityCoding()
        let charset = try contentType()?.charset
        return try TextDecoder(charset: charset).text(try await body.collect(upTo: limit))
    }

    /// The Content-Type; nil when there is none.
    /// - Throws: `HTTPError` 400 when it is no media type, or there are several.
    public func contentType() throws(HTTPError) -> MediaType? {
        let fields = fields
        guard let value = fields.combinedValue(.contentType) else { return nil }
        if value.isOneLine {
            // As browsers send it, it need not be parsed.
            if value.span.equals(ignoringCase: "application/x-www-form-urlencoded") { return .formURLEncoded }
            if let mediaType = MediaType(parsing: value.span) { return mediaType }
        }
        throw HTTPError(.badRequest, "Content-Type is not one media type.")
    }

    /// Puts content in memory in the place of what came: for middleware that had to read it, so that handlers can too.
    package mutating func replaceBody(with octets: [UInt8]) {
        received = received.with(RequestBody(bytes: octets))
    }

    /// Refuses content that is compressed, or coded otherwise: nothing here decodes it.
    /// - Throws: `HTTPError` 415 with `Accept-Encoding: identity` (RFC 9110 §12.5.3).
    package func requireIdentityCoding() throws(HTTPError) {
        guard fields.contains(.contentEncoding) else { return }
        guard fields.members(of: .contentEncoding).allSatisfy({ $0.lowercased() == "identity" }) else {
            throw HTTPError(
                .unsupportedMediaType,
                "Content with a Content-Encoding is not read here: send it as it is.",
                fields: Fields(.acceptEncoding, "identity")
            )
        }
    }

    /// 415 that says in `Accept` which media types are read (RFC 9110 §15.5.16).
    package static func unsupportedType(_ detail: String, accepted: [MediaType]) -> HTTPError {
        let types = accepted.map(\.description).joined(separator: ", ")
        return HTTPError(.unsupportedMediaType, detail, fields: Fields(.accept, types))
    }
}

/// Makes text of octets in the charset that a Content-Type names; UTF-8 where it names none.
struct TextDecoder {
    private enum Charset {
        case utf8
        case ascii
        case latin1
    }

    private let charset: Charset

    init(charset: String?) throws(HTTPError) {
        switch charset {
        case nil, "utf-8", "utf8": self.charset = .utf8
        case "us-ascii": self.charset = .ascii
        case "iso-8859-1": self.charset = .latin1
        default: throw HTTPError(.unsupportedMediaType, "Text in this charset is not read here: send UTF-8.")
        }
    }

    func text(_ octets: [UInt8]) throws(HTTPError) -> String {
        let text =
            switch charset {
            case .utf8: String(validating: octets, as: UTF8.self)
            case .ascii: String(validating: octets, as: Unicode.ASCII.self)
            case .latin1: String(String.UnicodeScalarView(octets.map { Unicode.Scalar($0) }))
            }
        guard let text else { throw HTTPError(.badRequest, "The content is not text in its charset.") }
        return text
    }
}
