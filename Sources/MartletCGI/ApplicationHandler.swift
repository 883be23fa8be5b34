import HTTPTypes
import Martlet
import MartletReactor
import MartletWire

/// What `FastCGI` and `SCGI` have in common: everything but how records are written.
struct ApplicationHandler: Sendable {
    let core: ApplicationCore
    let finder: ScriptFinder
    let otherwise: (any Handler)?

    init(
        _ place: String,
        _ scripts: ApplicationScripts,
        _ options: ApplicationOptions,
        _ otherwise: (any Handler)?,
        isFastCGI: Bool
    ) throws(ApplicationError) {
        core = ApplicationCore(try ApplicationPlace(place), isFastCGI: isFastCGI, options: options)
        finder = try ScriptFinder(scripts, documentRoot: options.documentRoot)
        self.otherwise = otherwise
    }

    func respond(to request: Request) async throws -> Response {
        if let loop = EventLoop.current { return try await respond(to: request, on: loop) }
        // Called off the loops, by a test or behind middleware that left its own.
        let loop = try Self.spareLoop.get()
        return try await withTaskExecutorPreference(loop) { @concurrent in
            try await self.respond(to: request, on: loop)
        }
    }

    private func respond(to request: Request, on loop: EventLoop) async throws -> Response {
        // It would send back what a client's script must not see (RFC 9110 §9.3.8).
        guard request.method != .trace else { throw HTTPError(.notImplemented, "TRACE is not answered here.") }
        switch try finder.find(request) {
        case .script(let place): return try await run(place, request, loop)
        case .folder: return redirectToFolder(request)
        case .nothing: throw HTTPError(.notFound)
        case .other: return try await respondOtherwise(to: request, loop)
        }
    }

    private func run(_ place: ScriptPlace, _ request: Request, _ loop: EventLoop) async throws -> Response {
        try await ApplicationExchange(request, for: place, core: core, loop: loop).respond()
    }

    /// No script is here: perhaps there is a file of another kind, else the front controller answers.
    private func respondOtherwise(to request: Request, _ loop: EventLoop) async throws -> Response {
        let fallback = finder.fallback(for: request)
        if let otherwise, fallback == nil || request.method == .get || request.method == .head {
            do {
                return try await otherwise.respond(to: request)
            } catch let error as HTTPError where error.status == .notFound && fallback != nil {}
        }
        guard let fallback else {
            if request.isOfNoScript { return Response(status: .noContent) }
            throw HTTPError(.notFound)
        }
        return try await run(fallback, request, loop)
    }

    /// A folder's address ends with a slash, or the relative links of its page would lead elsewhere.
    private func redirectToFolder(_ request: Request) -> Response {
        var location = request.head.path.encoded + [UInt8(ascii: "/")]
        if let query = request.query {
            location.append(UInt8(ascii: "?"))
            location.append(contentsOf: query.utf8)
        }
        var response = Response(status: .permanentRedirect)
        response.fields.append(.location, location)
        // Browsers keep a 308 for good; the folder may be gone tomorrow.
        response.fields.append(.cacheControl, "no-cache")
        return response
    }

    private static let spareLoop = Result {
        let loop = try EventLoop(name: "application")
        try loop.start()
        return loop
    }
}
