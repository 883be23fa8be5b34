import HTTPTypes
import Martlet
import MartletReactor
import MartletWire

/// Answers for folders without an index page: HTML for people, JSON for who asks for it.
struct DirectoryListing {
    let root: FileRoot
    let options: FilesOptions
    let shared: SharedListings

    func respond(to request: Request) async throws -> Response {
        guard let query = ListingQuery(query: Array((request.query ?? "").utf8)) else {
            throw HTTPError(.badRequest, "The query of a listing is ?sort=name, size or date, with order=asc or desc.")
        }
        let scan = DirectoryScan(root: root, options: options, path: request.path.bytes)
        let segments = request.path.segmentBytes
        let wantsJSON = Self.prefersJSON(request)
        do {
            let key = SharedListings.Key(path: scan.path, query: query, isJSON: wantsJSON)
            let content = try await shared.content(key) {
                let listing = Listing(path: segments, query: query, page: try scan.page(query))
                return wantsJSON ? listing.json() : listing.html()
            }
            return try Self.response(content, isJSON: wantsJSON, to: request)
        } catch is SystemError {
            var fields = Fields()
            fields.append(.retryAfter, "2")
            throw HTTPError(.serviceUnavailable, "Too many folders are being listed at the moment.", fields: fields)
        } catch let failure as FileRoot.Failure {
            switch failure {
            case .notFound: throw HTTPError(.notFound)
            case .forbidden: throw HTTPError(.forbidden, "The server is not allowed to list this folder.")
            case .replaced: throw FileRoot.replacement
            case .overloaded, .failed: throw HTTPError(.serviceUnavailable)
            }
        }
    }

    private static func response(_ content: [UInt8], isJSON: Bool, to request: Request) throws(HTTPError) -> Response {
        var response = Response.content(content, type: isJSON ? "application/json" : "text/html; charset=utf-8")
        response.fields.append(.cacheControl, "no-cache")
        response.fields.append(.vary, "Accept")
        response.fields.append(.xContentTypeOptions, "nosniff")
        if !isJSON { response.fields.append(.contentSecurityPolicy, Listing.contentSecurityPolicy) }
        // There is a listing, but neither a tag nor a date of it (RFC 9110 §13.1).
        switch request.evaluateConditions(Validators()) {
        case .proceed:
            return response
        case .failed:
            throw HTTPError(.preconditionFailed, "A listing has no entity tag.")
        case .notModified:
            response = Response(status: .notModified)
            response.fields.append(.cacheControl, "no-cache")
            response.fields.append(.vary, "Accept")
            return response
        }
    }

    private static func prefersJSON(_ request: Request) -> Bool {
        let fields = request.fields
        guard let accept = fields.combinedValue(.accept) else { return false }
        return Accept.quality(of: .json, in: accept.span) > Accept.quality(of: .html, in: accept.span)
    }
}

extension RequestPath {
    /// The decoded segments, whatever octets they have.
    var segmentBytes: [[UInt8]] {
        bytes.split(separator: UInt8(ascii: "/")).map { Array($0) }
    }
}
