import HTTPTypes
public import Martlet
public import MartletWire

/// Bearer (RFC 6750): whoever has the token is its user. Use it over TLS only.
///
/// ```swift
/// Group("/api", middleware: [BearerAuth(realm: "example.org", tokens: try TokenFile("tokens"))]) { … }
/// ```
/// A request without a token gets 401 with no error code; one whose token is nobody's `invalid_token`; one that is sent in
/// two ways, or malformed, 400 with `invalid_request`; and where rules ask for scopes that it does not have, 403 with
/// `insufficient_scope`.
public struct BearerAuth: Authenticator {
    /// Where a token may stand beside `Authorization`.
    public struct Sources: OptionSet, Sendable {
        /// The bits of the set.
        public let rawValue: UInt8

        /// A set of these bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// `access_token` in the query: for clients that can set no field. It ends up in logs, histories and links, so it is
        /// better not used (RFC 6750 §2.3). Martlet's own logs leave it out, and answers get `Cache-Control: private`.
        public static let query = Sources(rawValue: 1)
        /// `access_token` in a form, sent as `application/x-www-form-urlencoded` by another method than GET (§2.2). Forms of
        /// up to 1 MiB are read for that.
        public static let form = Sources(rawValue: 2)
    }

    /// `Bearer`.
    public let scheme = "Bearer"
    /// Where failed logins are counted.
    public let failures: FailedLogins
    private let realm: String
    private let scopes: [String]
    private let tokens: any TokenVerifier
    private let sources: Sources

    private static let formLimit = 1 << 20
    private static let parameter = "access_token"

    /// Users of a realm by their tokens.
    /// - Parameters:
    ///   - realm: what is protected: with the host's name in it, best.
    ///   - tokens: who knows them.
    ///   - scopes: told to clients as what they will need; default: nothing is told. It is the rules that ask for scopes. One
    ///     that is not a scope is a mistake in the program, and ends it.
    ///   - sources: where tokens may stand beside `Authorization`; default: nowhere.
    ///   - failures: where failed logins are counted; default: a count of its own. `Authentication` has its own. Nobody is
    ///     slowed for wrong tokens.
    public init(
        realm: String,
        tokens: some TokenVerifier,
        scopes: [String] = [],
        sources: Sources = [],
        failures: FailedLogins = FailedLogins()
    ) {
        precondition(scopes.allSatisfy(Self.isScope), "BearerAuth: \(scopes) has something that is no scope")
        self.realm = realm
        self.tokens = tokens
        self.scopes = scopes
        self.sources = sources
        self.failures = failures
    }

    /// Looks the token up.
    public func authenticate(
        _ request: inout Request,
        with credentials: AuthorizationField?,
        attempt: LoginAttempt
    ) async throws -> AuthOutcome {
        var found: [String] = []
        if let credentials {
            guard let token = credentials.token68 else { return Self.malformed("The token is missing, or is none.") }
            found.append(token)
        }
        var isInQuery = false
        if sources.contains(.query), let query = request.query {
            let inQuery = QueryItems(query).values(of: Self.parameter)
            isInQuery = !inQuery.isEmpty
            found += inQuery
        }
        if sources.contains(.form) { found += try await formTokens(&request) }
        guard let token = found.first else { return .none }
        // Credentials of another scheme are a second way too (§2).
        guard found.count == 1, credentials != nil || !request.fields.contains(.authorization) else {
            return Self.malformed("The token was sent in more than one way.")
        }
        guard AuthorizationField("Bearer \(token)")?.token68 == token else {
            return Self.malformed("This is no token.")
        }
        do {
            if let user = try await tokens.user(of: token, for: request) {
                return .user(user, completion: isInQuery ? Self.keepPrivate : nil)
            }
            return .refused(AuthRefusal(.wrong, "The access token is unknown, expired or revoked."))
        } catch let reason as TokenRefusal {
            return .refused(AuthRefusal(.wrong, reason.detail, page: reason.uri))
        }
    }

    private static func malformed(_ detail: String) -> AuthOutcome {
        .refused(AuthRefusal(.malformed, detail))
    }

    /// The tokens in a form; its content is there for handlers afterwards.
    private func formTokens(_ request: inout Request) async throws -> [String] {
        guard ![.get, .head, .trace].contains(request.method), request.body.contentLength != 0,
            try request.contentType()?.hasSameEssence(as: .formURLEncoded) == true,
            !request.fields.contains(.contentEncoding)
        else { return [] }
        let content = try await request.body.collect(upTo: Self.formLimit)
        request.replaceBody(with: content)
        // A form with a token is ASCII as a whole (§2.2).
        guard content.allSatisfy({ $0 < 0x80 }) else { return [] }
        return QueryItems(content).values(of: Self.parameter)
    }

    /// A token in the URL must not stay in a cache that many share (§2.3).
    private static let keepPrivate: @Sendable (inout Response) -> Void = { response in
        guard (200...299).contains(response.status.code) else { return }
        let shared = ["public", "private", "s-maxage"]
        let others = response.fields.members(of: .cacheControl).filter { member in
            !shared.contains { member.lowercased() == $0 || member.lowercased().hasPrefix($0 + "=") }
        }
        response.fields[.cacheControl] = (["private"] + others).joined(separator: ", ")
    }

    /// `Bearer realm="…"`, with what was wrong.
    public func challenges(to request: Request, after refusal: AuthRefusal?) -> [Challenge] {
        var challenge = Challenge(scheme, realm: realm)
        if !scopes.isEmpty { challenge.parameters.quote("scope", scopes.joined(separator: " ")) }
        guard let refusal else { return [challenge] }
        switch refusal.kind {
        case .malformed: challenge.parameters.quote("error", "invalid_request")
        case .unusable, .wrong, .stale: challenge.parameters.quote("error", "invalid_token")
        case .insufficient(let groups):
            challenge.parameters.quote("error", "insufficient_scope")
            let needed = groups.filter(Self.isScope).sorted()
            if !needed.isEmpty { challenge.parameters.quote("scope", needed.joined(separator: " ")) }
        }
        let detail = refusal.detail.utf8.map { Self.isText($0) ? $0 : UInt8(ascii: "?") }
        challenge.parameters.quote("error_description", String(decoding: detail, as: UTF8.self))
        if let page = refusal.page { challenge.parameters.quote("error_uri", page) }
        return [challenge]
    }

    /// What `error` and `error_description` may have: %x20-21 / %x23-5B / %x5D-7E (§3).
    static func isText(_ octet: UInt8) -> Bool {
        (0x20...0x7E).contains(octet) && octet != UInt8(ascii: "\"") && octet != UInt8(ascii: "\\")
    }

    /// Whether it is one scope: %x21 / %x23-5B / %x5D-7E (§3).
    static func isScope(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 != 0x20 && isText($0) }
    }
}
