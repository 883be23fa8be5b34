import HTTPTypes
import MartletReactor
import TestSupport

@testable import Martlet
@testable import MartletShare

/// Requests to a handler behind `SignedURLs`, without a connection.
struct Desk {
    /// A clock that stands still until a test moves it.
    final class Clock: Sendable {
        private let seconds = Locked(1_800_000_000)
        var now: Int { seconds.withLock { $0 } }
        func advance(_ count: Int) { seconds.withLock { $0 += count } }
    }

    let directory: TemporaryDirectory
    let folder: ShareFolder
    let clock: Clock
    private let audience: String
    private let router: Router

    /// One with a folder and a key of its own.
    init(others: SignedURLs.Others = .refused) throws {
        let directory = try TemporaryDirectory()
        try self.init(directory, .open(directory.path(of: "shares")), Clock(), for: "site", others, [])
    }

    private init(
        _ directory: TemporaryDirectory,
        _ folder: ShareFolder,
        _ clock: Clock,
        for audience: String,
        _ others: SignedURLs.Others,
        _ exceptions: [String]
    ) throws {
        (self.directory, self.folder, self.clock, self.audience) = (directory, folder, clock, audience)
        let signed = SignedURLs(folder, for: audience, others: others, except: exceptions) { clock.now }
        router = try Router(middleware: [signed]) {
            Route("/**", Answers())
        }
    }

    /// Another server with the same folder, which is opened anew.
    func serving(for audience: String, except exceptions: [String] = []) throws -> Desk {
        try Desk(directory, .open(folder.path), clock, for: audience, .refused, exceptions)
    }

    func target(_ path: String, for duration: Duration = .seconds(600), times: Int? = nil) throws -> String {
        try folder.target(of: Share(path, for: duration, times: times, now: clock.now), for: audience)
    }

    func get(
        _ target: String,
        range: String? = nil,
        cookie: String? = nil,
        from peer: SocketAddress = .loopback(port: 1)
    ) async throws -> Response {
        try await send(.get, target, range: range, cookie: cookie, from: peer)
    }

    func send(
        _ method: HTTPRequest.Method,
        _ target: String,
        range: String? = nil,
        cookie: String? = nil,
        from peer: SocketAddress = .loopback(port: 1)
    ) async throws -> Response {
        var fields = Fields()
        if let range { fields.append(.range, range) }
        if let cookie { fields.append(.cookie, cookie) }
        return try await router.respond(to: Request(method, target, fields: fields, peer: peer))
    }

    /// A file server's answers, as far as they matter here.
    private struct Answers: Handler {
        func respond(to request: Request) async throws -> Response {
            switch request.head.path.segments.last {
            case "granted": .text(request.isGranted ? "yes" : "no")
            case "none": throw HTTPError(.notFound)
            case "same": Response(status: .notModified)
            case "elsewhere": .redirect(to: "/f/")
            default:
                request.fields[.range].map { $0 != "none" } ?? false
                    ? Response(status: .partialContent, body: .string("art")) : .text("part")
            }
        }
    }
}

extension Response {
    var text: String {
        if case .string(let text) = body { text } else { "" }
    }
}
