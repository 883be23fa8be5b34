import HTTPTypes
public import Martlet
import MartletWire

/// Compresses answers for clients that take it (RFC 9110 §8.4, §12.5.3).
///
/// Left as they are: content shorter than `minimum`, types that do not get smaller, event streams, ranges, answers that
/// have a `Content-Encoding`, a digest or `Cache-Control: no-transform`, and whatever does not become shorter. Wherever
/// `Accept-Encoding` could have made a difference, `Vary` says so.
///
/// **Secrets.** Who can make a browser send requests, and can see how long the compressed answers are, can guess a secret
/// in them if the answer repeats a part of the request (the BREACH attack). So nothing is compressed for a request with
/// `Cookie` or `Authorization`, or with `Set-Cookie` in the answer, unless `credentials` says so.
///
/// **Entity tags.** Compressed content is another representation: its strong tag gets the coding's name, `"a"` becomes
/// `"a-gzip"` (RFC 9110 §8.8.3.3); weak tags stay. Handlers need not know: in `If-Match` and `If-None-Match` such a tag
/// comes with the original beside it, and a 304 names the tag that the client has.
///
/// Content of more than 64 KiB is compressed on a few threads beside the loops. When too much of it waits, answers are
/// sent as they are.
public struct Compression: Middleware {
    private let minimum: Int
    private let fileLimit: Int
    private let credentials: Bool
    private let codings: [ContentCoding]

    /// Settles what is compressed.
    /// - Parameters:
    ///   - minimum: octets of content from which on it is worth the while; default 1,024.
    ///   - fileLimit: octets up to which files are read and compressed, each time anew; default 1 MiB. Longer ones go out
    ///     as they are: compress them in advance, as `Files` serves them. 0 leaves all files alone.
    ///   - credentials: compress also for requests with `Cookie` or `Authorization`; only for routes whose answers hold no
    ///     secret, or repeat nothing of the request. Default false.
    ///   - codings: those to use; of equally welcome ones the first. Default all of this build, zstd and br before gzip.
    public init(
        minimum: Int = 1024,
        fileLimit: Int = 1 << 20,
        credentials: Bool = false,
        codings: [ContentCoding] = ContentCoding.allCases
    ) {
        self.minimum = minimum
        self.fileLimit = fileLimit
        self.credentials = credentials
        self.codings = codings
    }

    /// Passes the request on, and compresses the answer where that is right.
    public func respond(to request: Request, next: Next) async throws -> Response {
        let coding = coding(for: request)
        var response = try await next(withOriginalTags(request, coding))
        if response.status == .notModified {
            // Without content nobody can tell whether the 200 would have been compressed.
            response.fields.addVary(.acceptEncoding)
            if let coding { restoreTag(in: &response, request, coding) }
            return response
        }
        if response.status == .partialContent {
            if Self.mayBePartOfCompressible(response) { response.fields.addVary(.acceptEncoding) }
            return response
        }
        guard isCompressible(response) else { return response }
        response.fields.addVary(.acceptEncoding)
        guard let coding, credentials || !response.fields.contains(.setCookie),
            let body = try await coding.encoded(response.body)
        else { return response }
        response.body = body
        response.fields[.contentEncoding] = coding.rawValue
        response.fields[.acceptRanges] = nil
        if let tag = response.fields[.eTag].flatMap({ EntityTag(parsing: $0.utf8.span) }), !tag.isWeak {
            response.fields[.eTag] = tag.adding(coding.tagSuffix).description
        }
        return response
    }

    /// The coding that the client likes best, if no less than plain content.
    private func coding(for request: Request) -> ContentCoding? {
        let fields = request.fields
        guard let accepted = fields.combinedValue(.acceptEncoding) else { return nil }
        guard credentials || !request.fields.contains(.cookie) && !request.fields.contains(.authorization) else {
            return nil
        }
        var best: (coding: ContentCoding, quality: Int)?
        for coding in codings {
            let quality = AcceptEncoding.quality(of: coding.rawValue, in: accepted.span)
            if quality > best?.quality ?? 0 { best = (coding, quality) }
        }
        let plain = AcceptEncoding.quality(of: "identity", in: accepted.span)
        guard let best, best.quality >= plain else { return nil }
        return best.coding
    }

    /// Whether an answer gets smaller, and may be changed; whoever asked for it.
    private func isCompressible(_ response: Response) -> Bool {
        let fields = response.fields
        switch response.body {
        case .bytes(let bytes): if bytes.count < minimum { return false }
        case .string(let text): if text.utf8.count < minimum { return false }
        case .file(_, let range): if range.count < minimum || range.count > fileLimit { return false }
        case .none, .parts, .upgrade: return false
        case .stream(let stream): if let length = stream.length, length < minimum { return false }
        }
        guard ResponseHead.allowsContent(response.status) else { return false }
        guard let type = fields[.contentType]?.lowercased(), MediaType.isCompressible(type),
            !type.hasPrefix("text/event-stream")
        else { return false }
        // Digests are of the content as it is sent (RFC 9530).
        let isFixed = Self.fixing.contains { fields.contains($0) }
        return !isFixed && !(fields[.cacheControl]?.lowercased().contains("no-transform") ?? false)
    }

    /// Whether the whole might have been compressed (RFC 9110 §15.3.7: a 206 says Vary as the 200 would).
    private static func mayBePartOfCompressible(_ response: Response) -> Bool {
        guard let type = response.fields[.contentType]?.lowercased() else { return false }
        return MediaType.isCompressible(type) || type.hasPrefix("multipart/byteranges")
    }

    private static let fixing: [HTTPField.Name] =
        [.contentEncoding, .contentRange]
        + ["Content-Digest", "Repr-Digest", "Digest", "Content-MD5"].compactMap { HTTPField.Name($0) }
}

// MARK: - Entity tags

extension Compression {
    /// The request as handlers understand it: beside each tag of compressed content, the tag it was made of.
    private func withOriginalTags(_ request: Request, _ coding: ContentCoding?) -> Request {
        var request = request
        // A change may build on any form that the client has seen.
        addOriginals(to: .ifMatch, of: codings, in: &request)
        guard let coding else { return request }
        // But what is still fresh must be the form that would be sent.
        addOriginals(to: .ifNoneMatch, of: [coding], in: &request)
        // A date is the same for both forms: it does not say of which one the client has a part (RFC 9110 §13.1.5).
        if let ifRange = request.fields[.ifRange], !ifRange.contains("\"") { request.fields[.range] = nil }
        return request
    }

    private func addOriginals(to name: HTTPField.Name, of codings: [ContentCoding], in request: inout Request) {
        let fields = request.fields
        guard let field = fields.combinedValue(name) else { return }
        let tags = EntityTag.list(in: field.span)
        let originals = tags.flatMap { tag in codings.compactMap { tag.removing($0.tagSuffix) } }
        guard !originals.isEmpty else { return }
        request.fields[name] = (tags + originals).map(\.description).joined(separator: ", ")
    }

    /// A 304 names the tag of the form that the client has.
    private func restoreTag(in response: inout Response, _ request: Request, _ coding: ContentCoding) {
        let fields = request.fields
        guard let field = fields.combinedValue(.ifNoneMatch),
            let tag = response.fields[.eTag].flatMap({ EntityTag(parsing: $0.utf8.span) })
        else { return }
        let compressed = tag.adding(coding.tagSuffix)
        guard EntityTag.list(in: field.span).contains(where: { $0.weaklyMatches(compressed) }) else { return }
        response.fields[.eTag] = compressed.description
    }
}
