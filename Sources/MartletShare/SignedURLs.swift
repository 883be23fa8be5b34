import HTTPTypes
import Logging
public import Martlet
import MartletReactor
import MartletWire

/// Lets in whoever has a signed URL, until its time or its count of uses is over, and nobody else.
///
/// ```swift
/// let folder = try ShareFolder.open("/var/lib/notes/shares")
/// Group("/reports", middleware: [SignedURLs(folder)]) { … }
/// let target = try folder.target(of: Share("/reports/may.pdf", for: .seconds(600), times: 1))
/// ```
/// It grants GET and HEAD of the path that was signed: of the path alone, with the query that was signed, or of everything
/// below a path that ends in "/". A request that it grants needs no login from authentication behind it.
///
/// **A use** is an answer with the whole content, taken before its first octet is sent: so of requests at once no more are
/// answered than there are uses. HEAD, redirections, 304 and errors are none. A part of the content (206) belongs to the
/// use that the same peer has taken already, if there is one: so downloads are resumed, players seek and several
/// connections load one file for one use. Peers are told apart as `RateLimit` does it.
///
/// In a folder each answer is a use, but for clients that keep cookies: they get one with the first, which lets them in
/// everywhere below until the share's end.
///
/// A share whose time or uses are over is answered with 410, one that was changed, or made for another server, with 403.
/// Answers say that caches must not share them, and send no Referer on.
public struct SignedURLs: Middleware {
    /// What becomes of requests without a share that holds.
    public enum Others: Sendable {
        /// They are answered with 403.
        case refused
        /// They are passed on, to authentication most likely.
        case passedOn
    }

    private let folder: ShareFolder
    private let audience: String
    private let others: Others
    /// What shares do not open: the decoded segments of paths.
    private let exceptions: [[[UInt8]]]
    private let now: @Sendable () -> Int

    /// - Parameters:
    ///   - folder: where the key is, and where uses are counted.
    ///   - audience: whom shares are for, where several servers or sites have one folder: a share for one is nothing to
    ///     the others. Default: all that have the same.
    ///   - others: default: they are refused.
    public init(_ folder: ShareFolder, for audience: String = "", others: Others = .refused) {
        self.init(folder, for: audience, others: others, except: [])
    }

    /// - Parameters:
    ///   - exceptions: paths that no share opens, nor what is below them: a share of a folder is one of files. Written as
    ///     those of routes: what no URL could hold as it is, such as "/café", counts all the same.
    ///   - now: seconds since 1970; for tests.
    package init(
        _ folder: ShareFolder,
        for audience: String,
        others: Others,
        except exceptions: [String],
        now: @escaping @Sendable () -> Int = WallClock.seconds
    ) {
        self.folder = folder
        self.audience = audience
        self.others = others
        self.exceptions = exceptions.map(Self.segments(of:))
        self.now = now
    }

    /// Passes a request on that has a share, or that needs none here; refuses it else.
    public func respond(to request: Request, next: Next) async throws -> Response {
        switch try find(in: request) {
        case .none:
            if others == .passedOn { return try await next(request) }
            throw HTTPError(.forbidden, "This needs a link that was made for it.")
        case .excepted:
            if others == .passedOn { return try await next(request) }
            throw HTTPError(.forbidden, "Links open files: this is not one, but a program or another server.")
        case .forged:
            if others == .passedOn { return try await next(request) }
            throw HTTPError(.forbidden, "This link is not valid here: it was changed, or made for another server.")
        case .granted(let share, isByLink: let isByLink):
            var request = request
            request.isGranted = true
            if isByLink, share.times != nil { return try await answer(request, share, next) }
            return try finished(try await next(request), request, share, isByLink: isByLink)
        }
    }

    // MARK: Which share

    private enum Finding {
        case none
        /// A link for what links do not open.
        case excepted
        case forged
        case granted(Share, isByLink: Bool)
    }

    /// More cookies of one name than this are not looked at.
    private static let mostCookies = 8

    /// - Throws: `HTTPError` 410 for a share whose time is over.
    private func find(in request: Request) throws -> Finding {
        guard request.method == .get || request.method == .head else { return .none }
        let parameter = ShareParameter(request.query ?? "")
        guard !isException(request.head.path) else { return parameter.tokens.isEmpty ? .none : .excepted }
        for text in request.cookies.values(of: ShareParameter.name).prefix(Self.mostCookies) {
            guard let share = share(text, request, "", .cookie), share.expires > now() else { continue }
            return .granted(share, isByLink: false)
        }
        guard let text = parameter.tokens.first else { return .none }
        guard parameter.tokens.count == 1, let share = share(text, request, parameter.rest, .link) else {
            return .forged
        }
        guard share.expires > now() else { throw Self.over(share) }
        return .granted(share, isByLink: true)
    }

    private func share(_ text: String, _ request: Request, _ query: String, _ kind: ShareToken.Kind) -> Share? {
        guard let token = ShareToken(text), let key = folder.key else { return nil }
        return token.share(request.head.path, query: query, kind, for: audience, with: key)
    }

    private func isException(_ path: RequestPath) -> Bool {
        exceptions.contains { exception in
            path.segmentCount >= exception.count
                && exception.indices.allSatisfy { index in
                    let octets = exception[index]
                    return path.segment(index).equals(octets.span)
                }
        }
    }

    /// Never none: a path that cannot be read would be no exception, and open.
    private static func segments(of path: String) -> [[UInt8]] {
        path.utf8.split(separator: UInt8(ascii: "/")).map { piece in
            let octets = Array(piece)
            return PercentEncoding.decode(octets.span) ?? octets
        }
    }

    // MARK: Uses

    /// Answers for a share with a count.
    private func answer(_ request: Request, _ share: Share, _ next: Next) async throws -> Response {
        let user = CountedPeer(request.peer).description
        let ledger = folder.ledger
        let uses = try await Self.counted(request) { try ledger.uses(of: share) }
        let mayBePart = request.method == .head || request.fields.contains(.range)
        guard uses.count < share.times ?? .max || (mayBePart && uses.users.contains(user)) else {
            throw Self.usedUp(share)
        }
        let response = try await next(request)
        if request.method == .get, response.isUse {
            let isPart = response.status == .partialContent
            let now = now()
            let isTaken = try await Self.counted(request) {
                try ledger.take(share, by: user, isPart: isPart, now: now)
            }
            guard isTaken else { throw Self.usedUp(share) }
        }
        return try finished(response, request, share, isByLink: true)
    }

    /// Runs what reads and writes files on a thread that may wait. What cannot be counted is not granted.
    private static func counted<Value: Sendable>(
        _ request: Request,
        _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        do {
            return try await Blocking.run(work)
        } catch let error as ShareError {
            request.logger.error("The uses of a share cannot be counted: \(error)")
            throw HTTPError(.serviceUnavailable, "The server cannot count the uses of this link at the moment.")
        }
    }

    // MARK: Answers

    /// - Parameter isByLink: else it came with a cookie, and has one.
    private func finished(
        _ response: Response,
        _ request: Request,
        _ share: Share,
        isByLink: Bool
    ) throws -> Response {
        var response = response
        // Another one would get from a cache what only this one was granted; the address must not travel on.
        response.fields[.cacheControl] = "private, no-cache"
        if !response.fields.contains(.referrerPolicy) { response.fields.append(.referrerPolicy, "no-referrer") }
        guard isByLink, share.depth != nil, request.method == .get, response.isUse, let key = folder.key else {
            return response
        }
        let token = try ShareToken(share, .cookie, for: audience, with: key).text
        let left = Duration.seconds(share.expires - now())
        let isSecure = request.tls != nil
        func cookie(_ path: String?) throws(SetCookie.Invalid) -> SetCookie {
            try SetCookie(ShareParameter.name, token, path: path, maxAge: left, secure: isSecure)
        }
        // A folder's name may have what no cookie's path can: then it is for the folder of this very request.
        response.setCookie(try (try? cookie(share.path)) ?? cookie(nil))
        return response
    }

    private static func over(_ share: Share) -> HTTPError {
        HTTPError(.gone, "The time of this link is over. Whoever sent it can make another one.")
    }

    private static func usedUp(_ share: Share) -> HTTPError {
        let uses = share.times == 1 ? "This link was good for one download" : "The downloads of this link are used up"
        return HTTPError(.gone, "\(uses). Whoever sent it can make another one.")
    }
}

extension Response {
    /// Whether it hands out something: content, or a connection.
    fileprivate var isUse: Bool {
        (200..<300).contains(status.code) && status != .noContent || status == .switchingProtocols
    }
}
