public import Martlet

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

// The one target with Foundation: its Codable decoder and encoder.

extension Request {
    /// Reads the content as a value in JSON (RFC 8259): `application/json`, or any type with `+json` at its end.
    /// - Parameters:
    ///   - type: what it is to be.
    ///   - limit: octets allowed; default 1 MiB.
    ///   - decoder: default one without options.
    /// - Throws: `HTTPError` 413 when it is longer; 415 when it is something else or has a Content-Encoding; 400, which names
    ///   the place, when it is no JSON or no such value; and what `body` throws.
    public func json<Value: Decodable>(
        _ type: Value.Type = Value.self,
        upTo limit: Int = 1 << 20,
        decoder: JSONDecoder = JSONDecoder()
    ) async throws -> Value {
        try requireIdentityCoding()
        guard let mediaType = try contentType(), mediaType.isJSON else {
            throw Self.unsupportedType("JSON is read here: send application/json.", accepted: [.json])
        }
        let content = Data(try await body.collect(upTo: limit))
        do {
            return try decoder.decode(type, from: content)
        } catch let error as DecodingError {
            throw HTTPError(
                .badRequest,
                error.reason(isValidJSON: (try? decoder.decode(Anything.self, from: content)) != nil)
            )
        }
    }
}

extension Response {
    /// A value in JSON, `application/json`.
    /// - Parameter encoder: by default one that sorts keys, so that equal values are equal octets, and leaves slashes be.
    /// - Throws: what encoding throws, such as `EncodingError` for a number that is not finite.
    public static func json(
        _ value: some Encodable,
        status: HTTPResponse.Status = .ok,
        encoder: JSONEncoder? = nil
    ) throws -> Response {
        let encoder = encoder ?? plainEncoder()
        return .content(Array(try encoder.encode(value)), type: "application/json", status: status)
    }

    private static func plainEncoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}

/// Whatever JSON there is.
private struct Anything: Decodable {
    init(from decoder: any Decoder) {}
}

extension MediaType {
    /// JSON itself, or a format made of it (RFC 6839 §3.1).
    fileprivate var isJSON: Bool {
        hasSameEssence(as: .json) || subtype.hasSuffix("+json")
    }
}
