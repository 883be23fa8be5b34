import HTTPTypes
public import Martlet
public import MartletReactor
import MartletWire

/// Serves the files of a folder, or one file: GET and HEAD, with conditions and ranges.
///
/// Answers at once on the loop; only directory listings are made on another thread.
public struct Files: ImmediateHandler {
    let root: FileRoot
    let options: FilesOptions
    let index: [UInt8]
    /// The name of the one file that is served; nil serves all.
    let only: [UInt8]?
    private let listings = SharedListings()

    /// Serves the folder at `path`.
    /// - Throws: `SystemError` when the folder cannot be opened.
    public init(_ path: String, options: FilesOptions = FilesOptions()) throws(SystemError) {
        try self.init(folder: path, only: nil, options: options)
    }

    /// Serves one file, as `/name`; `/` leads there.
    /// - Throws: `SystemError` when the folder it is in cannot be opened.
    public init(file name: String, in folder: String, options: FilesOptions = FilesOptions()) throws(SystemError) {
        try self.init(folder: folder, only: Array(name.utf8), options: options)
    }

    private init(folder: String, only: [UInt8]?, options: FilesOptions) throws(SystemError) {
        self.init(root: try FileRoot(path: folder, followsLinks: options.followsLinks), only: only, options: options)
    }

    init(root: FileRoot, only: [UInt8]? = nil, options: FilesOptions) {
        self.root = root
        self.only = only
        self.options = options
        index = Array(options.indexName.utf8)
    }

    /// Answers everything but listings.
    public func respondImmediately(to request: Request) throws -> Response? {
        if let response = try answerWithoutFile(request) { return response }
        let path = request.path
        let name = path.bytes
        if let only {
            if path.bytes.isEmpty { return redirectToFile(only, request) }
            guard path.bytes == only, !path.hasTrailingSlash else { throw HTTPError(.notFound) }
        } else if !mayServe(path) {
            return try fallback(request)
        }
        let wanted = path.hasTrailingSlash ? pathOfIndex(in: name) : name
        if let found = FileCache.current(of: root)?.file(at: wanted) { return try serve(found, request) }
        let file: OpenFile
        do throws(FileRoot.Failure) {
            file = try open(name)
        } catch {
            return try fallback(request, after: error)
        }
        switch file.kind {
        case .regular:
            guard !path.hasTrailingSlash else { return try fallback(request) }
            return try serve(file, at: name, request)
        case .directory:
            guard only == nil else { throw HTTPError(.notFound) }
            guard path.hasTrailingSlash else { return redirectToFolder(request) }
            return try serveIndex(of: name, request)
        case .other:
            return try fallback(request)
        }
    }

    /// Answers everything; for handlers that hand requests on to this one.
    public func respond(to request: Request) async throws -> Response {
        if let response = try respondImmediately(to: request) { return response }
        return try await DirectoryListing(root: root, options: options, shared: listings).respond(to: request)
    }

    // MARK: Methods

    private static let allowed: [HTTPRequest.Method] = [.get, .head, .options]

    /// Answers for every method but GET and HEAD (RFC 9110 §9).
    private func answerWithoutFile(_ request: Request) throws -> Response? {
        switch request.method {
        case .get, .head:
            return nil
        case .options:
            var response = Response(status: .noContent)
            response.fields.append(.allow, Self.allowed.map(\.rawValue).joined(separator: ", "))
            return response
        case .post, .put, .delete, .patch, .connect, .trace, .query:
            throw HTTPError.methodNotAllowed(
                allowed: Self.allowed,
                "Files can be read here (GET, HEAD), not changed."
            )
        default:
            throw HTTPError(.notImplemented)
        }
    }

    // MARK: Paths

    /// False for what is never looked for: a "/" within a name cannot exist, a leading dot hides.
    private func mayServe(_ path: RequestPath) -> Bool {
        guard !path.hasEncodedSlash else { return false }
        guard !options.showsHidden else { return true }
        let (dot, slash) = (UInt8(ascii: "."), UInt8(ascii: "/"))
        let bytes = path.bytes
        for start in bytes.indices where bytes[start] == dot && (start == 0 || bytes[start - 1] == slash) {
            let name = bytes[start...].prefix { $0 != slash }
            guard start == 0, name.elementsEqual(".well-known".utf8) else { return false }
        }
        return true
    }

    /// Where there is nothing: 404, or the application's page.
    private func fallback(_ request: Request, after failure: FileRoot.Failure = .notFound) throws -> Response {
        switch failure {
        case .notFound: break
        case .forbidden: throw HTTPError(.forbidden, "The server is not allowed to read this.")
        case .overloaded: throw HTTPError(.serviceUnavailable)
        case .replaced: throw FileRoot.replacement
        case .failed(let code): throw SystemError(code: code, operation: "open a file")
        }
        guard options.fallsBackToIndex, wantsPage(request), let file = try? open(index), file.kind == .regular
        else { throw HTTPError(.notFound) }
        var response = try serve(file, at: index, request)
        response.fields.append(.vary, "Accept")
        return response
    }

    /// A page is asked for by a name without an extension and an `Accept` that names HTML.
    private func wantsPage(_ request: Request) -> Bool {
        let name = request.path.bytes.split(separator: UInt8(ascii: "/")).last ?? []
        return !name.contains(UInt8(ascii: ".")) && request.fields.namesHTML
    }

    private func serveIndex(of folder: [UInt8], _ request: Request) throws -> Response? {
        let path = pathOfIndex(in: folder)
        let file: OpenFile?
        do throws(FileRoot.Failure) {
            file = try open(path)
        } catch {
            guard error == .notFound else { return try fallback(request, after: error) }
            file = nil
        }
        if let file, file.kind == .regular { return try serve(file, at: path, request) }
        return options.listsFolders ? nil : try fallback(request)
    }

    private func pathOfIndex(in folder: [UInt8]) -> [UInt8] {
        folder.isEmpty ? index : folder + [UInt8(ascii: "/")] + index
    }

    private func open(_ path: [UInt8]) throws(FileRoot.Failure) -> OpenFile {
        do {
            return try root.open(path)
        } catch {
            // What is held for later must not keep out what is needed now.
            guard error == .overloaded, let cache = FileCache.current(of: root) else { throw error }
            cache.removeAll()
            return try root.open(path)
        }
    }

    private func serve(_ file: OpenFile, at path: [UInt8], _ request: Request) throws(HTTPError) -> Response {
        let found = FoundFile(file, at: path, options.freshness)
        FileCache.current(of: root)?.hold(found)
        return try serve(found, request)
    }

    // MARK: Redirects

    /// A folder's address ends with a slash, or the relative links of its page would lead elsewhere.
    private func redirectToFolder(_ request: Request) -> Response {
        redirect(to: request.head.path.encoded + [UInt8(ascii: "/")], .movedPermanently, request)
    }

    /// Where one file is served: from the root to it.
    private func redirectToFile(_ name: [UInt8], _ request: Request) -> Response {
        var location = request.head.path.encoded
        PercentEncoding.appendSegment(name, to: &location)
        return redirect(to: location, .found, request)
    }

    /// `path` is that of the whole site, also where the files stand under a prefix.
    private func redirect(to path: [UInt8], _ status: HTTPResponse.Status, _ request: Request) -> Response {
        var location = path
        if let query = request.query {
            location.append(UInt8(ascii: "?"))
            location.append(contentsOf: query.utf8)
        }
        var response = Response(status: status)
        response.fields.append(.location, location)
        // Browsers keep a 301 for good; the folder may be a file tomorrow.
        response.fields.append(.cacheControl, "no-cache")
        return response
    }
}
