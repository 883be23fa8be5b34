import HTTPTypes
public import Martlet
public import MartletReactor
public import MartletWire

/// Digest (RFC 7616): the password is never sent, and a digest is good for one request. It protects neither the content of
/// answers nor weak passwords, which can be guessed from a digest: use it over TLS, too.
///
/// ```swift
/// let users = try DigestFile("digests")
/// Group("/private", middleware: [DigestAuth(realm: "files@example.org", users: users)]) { … }
/// ```
/// Nonces are signed and good for five minutes; each count is taken once. A request with an old nonce, one of another
/// process or a count that came before gets 401 with `stale=true`: its client makes a new digest without asking anybody.
///
/// A client has to send qop, nc and cnonce: what was before RFC 2617 (1999) is not understood.
public struct DigestAuth: Authenticator {
    /// `Digest`.
    public let scheme = "Digest"
    /// Where failed logins are counted.
    public let failures: FailedLogins
    private let realm: String
    private let users: any DigestVerifier
    private let options: Options
    private let opaque: String
    private let nonces: Nonces

    /// How Digest is done.
    public struct Options: Sendable {
        /// What is offered, best first, each in a challenge of its own; default SHA-256 alone. One that no user has a secret
        /// for is left out. More clients fail at a choice than know the others: python-requests mixes several challenges up,
        /// urllib looks at the first alone, curl before 8.10 has another SHA-512-256 than the standard. MD5 only for clients
        /// that have nothing else, such as wget 1.
        public var algorithms: [DigestAlgorithm] = [.sha256]
        /// What digests may protect; default the method and URI. With `authInt` alone, clients have to protect the content,
        /// which few can.
        public var protections: [DigestProtection] = [.auth]
        /// Clients may hide their user's name behind a hash, and are told so; default yes.
        public var offersUserhash = true
        /// Clients have to hide their user's name; default no. What names it is nobody's.
        public var requiresUserhash = false
        /// The URIs where the same user and password are good, for clients; default none: the whole origin. Each is a path
        /// or a URI without spaces.
        public var domain: [String] = []
        /// How long a nonce is good; default 5 minutes.
        public var nonceLifetime: Duration = .seconds(300)
        /// Nonces in use that are kept; default 16,384, some 3 MiB. Beyond, the oldest are stale.
        public var nonceLimit = 16_384
        /// Answers prove that the server knows the password too, in `Authentication-Info`; default yes.
        public var sendsAuthenticationInfo = true
        /// Octets of content that are taken into memory where a digest protects them; default 1 MiB. More is a 413.
        public var contentLimit = 1 << 20

        /// The defaults.
        public init() {}
    }

    /// Users of a realm.
    /// - Parameters:
    ///   - realm: part of every hash: it cannot be changed without new passwords. With the host's name in it, best, and
    ///     unlike every other realm with the same users.
    ///   - users: who knows them.
    ///   - options: default: SHA-256, `qop=auth`.
    ///   - failures: where failed logins are counted; default: a count of its own. `Authentication` has its own.
    ///   - now: the clock; for tests.
    public init(
        realm: String,
        users: some DigestVerifier,
        options: Options = Options(),
        failures: FailedLogins = FailedLogins(),
        now: @escaping @Sendable () -> Instant = Instant.now
    ) {
        precondition(!options.algorithms.isEmpty && !options.protections.isEmpty, "DigestAuth: nothing is offered")
        precondition(Set(options.algorithms).count == options.algorithms.count, "DigestAuth: an algorithm twice")
        self.realm = realm
        self.users = users
        self.options = options
        self.failures = failures
        // The same after a restart: a browser that still has a challenge is told that it is stale, not that it is wrong.
        opaque = String(decoding: Hash.sha256.hex(of: Array("martlet:\(realm)".utf8))[..<32], as: UTF8.self)
        nonces = Nonces(lifetime: Nanoseconds(options.nonceLifetime), limit: options.nonceLimit, now: now)
    }

    // MARK: Credentials

    /// Computes the digest anew and compares.
    public func authenticate(
        _ request: inout Request,
        with credentials: AuthorizationField?,
        attempt: LoginAttempt
    ) async throws -> AuthOutcome {
        guard let credentials else { return .none }
        // What a script led to has the digest of the request for the script.
        if let login = request.provenLogin, login.verifier === nonces { return .user(login.user) }
        let digest: DigestCredentials
        do throws(DigestCredentials.Fault) {
            guard let parameters = credentials.parameters else {
                throw DigestCredentials.Fault(detail: "Digest credentials are parameters.")
            }
            digest = try DigestCredentials(parameters)
        } catch {
            return .refused(AuthRefusal(.malformed, error.detail))
        }
        if let refusal = misfit(of: digest, request) { return .refused(refusal) }
        let state = nonces.state(of: digest.nonce, by: digest.name)
        let session = nonces.sessionCnonce(of: digest.nonce, by: digest.name)
        // Whoever has logged in with this nonce, or with that before it, is no stranger.
        if !nonces.isOfUser(digest.nonce, digest.name) { try attempt.admit() }
        var content: [UInt8] = []
        if digest.protection == .authInt {
            // Nothing is collected for a nonce that will not do.
            if state == .stale { return .refused(Self.stale(digest)) }
            content = try await request.body.collect(upTo: options.contentLimit)
            request.replaceBody(with: content)
        }
        guard let computation = computation(for: digest, request, content, session) else {
            let name = loggedName(of: digest, request)
            return .refused(AuthRefusal(.wrong, "Wrong user name or password.", userName: name))
        }
        guard state != .stale, nonces.use(digest.nonce, count: digest.count, by: digest.name, cnonce: digest.cnonce)
        else {
            request[RightNameKey.self] = digest.name
            return .refused(Self.stale(digest))
        }
        let user = AuthenticatedUser(name: computation.name, scheme: scheme)
        request.provenLogin = ProvenLogin(by: nonces, of: user)
        guard options.sendsAuthenticationInfo else { return .user(user) }
        let isHead = request.head.method == .head
        let next = state == .old && !digest.algorithm.isSession ? nonces.make(after: digest.name) : nil
        return .user(user) { Self.complete(&$0, computation.digest, next: next, isHead: isHead) }
    }

    /// The user as the log has it: of a hash, the name that it is of where that is known.
    private func loggedName(of digest: DigestCredentials, _ request: Request) -> String {
        let secret = users.secret(of: digest.name, realm: realm, algorithm: digest.algorithm, logger: request.logger)
        return secret?.name ?? digest.loggedName
    }

    private static func stale(_ digest: DigestCredentials) -> AuthRefusal {
        AuthRefusal(.stale, "The nonce is not good any more.", userName: digest.loggedName)
    }

    /// What does not fit the challenge or the request.
    private func misfit(of digest: DigestCredentials, _ request: Request) -> AuthRefusal? {
        guard options.protections.contains(digest.protection) else {
            return AuthRefusal(.malformed, "This qop was not offered.")
        }
        guard isTarget(digest.uri, of: request) else {
            return AuthRefusal(.malformed, "The uri of the digest is not that of the request.")
        }
        guard options.algorithms.contains(digest.algorithm), digest.realm == realm,
            digest.opaque == Array(opaque.utf8)
        else { return AuthRefusal(.unusable, "The credentials are for another challenge.") }
        if options.requiresUserhash, case .plain = digest.name {
            return AuthRefusal(.unusable, "The user name has to be hashed.")
        }
        return nil
    }

    /// Whether `uri` names what the request is for (RFC 7616 §3.4.6): the very path and query, with or without the origin.
    private func isTarget(_ uri: String, of request: Request) -> Bool {
        let head = request.head
        if uri == head.target { return true }
        let path = head.rawPath + (head.query.map { "?\($0)" } ?? "")
        if uri == path { return !path.isEmpty }
        let prefix = "\(request.scheme)://"
        guard head.form == .origin, uri.lowercased().hasPrefix(prefix), let authority = head.authority else {
            return false
        }
        let rest = uri.utf8.dropFirst(prefix.utf8.count)
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        let port: UInt16 = request.scheme == "https" ? 443 : 80
        guard let other = Authority(parsing: Array(rest[..<end]).span), other.host == authority.host,
            other.port ?? port == authority.port ?? port
        else { return false }
        let relative = String(Substring(rest[end...]))
        return (relative.hasPrefix("/") ? relative : "/" + relative) == path
    }

    /// The computation that gives what the client sent; nil: there is none, as the user or the password is wrong.
    private func computation(
        for digest: DigestCredentials,
        _ request: Request,
        _ content: [UInt8],
        _ session: [UInt8]?
    ) -> (digest: DigestComputation, name: String)? {
        let secret = users.secret(of: digest.name, realm: realm, algorithm: digest.algorithm, logger: request.logger)
        // The same work for a user that there is not.
        let hashedA1 = secret?.hashedA1 ?? digest.algorithm.hash.hex(of: [])
        // Some clients begin a session anew with every request, others keep to the first cnonce.
        let cnonces = digest.algorithm.isSession ? [digest.cnonce, session ?? digest.cnonce] : [digest.cnonce]
        var right: DigestComputation?
        for cnonce in cnonces {
            let computation = DigestComputation(credentials: digest, hashedA1: hashedA1, sessionCnonce: cnonce)
            let expected = computation.response(method: request.head.method.rawValue, content: content)
            if Cryptography.areEqual(expected, digest.response) { right = computation }
        }
        guard let secret, let right else { return nil }
        return (right, secret.name)
    }

    // MARK: Answers

    /// Adds `Authentication-Info` (RFC 7616 §3.5). Where content is protected and is not in memory, there is none.
    private static func complete(
        _ response: inout Response,
        _ computation: DigestComputation,
        next: String?,
        isHead: Bool
    ) {
        let digest = computation.credentials
        var content: [UInt8] = []
        if digest.protection == .authInt, !isHead {
            switch response.body {
            case .none: break
            case .bytes(let octets): content = octets
            case .string(let text): content = Array(text.utf8)
            case .file, .parts, .stream, .upgrade: return
            }
        }
        func text(_ octets: [UInt8]) -> String { String(decoding: octets, as: UTF8.self) }
        var parameters = AuthParameters()
        parameters.quote("rspauth", text(computation.responseAuth(content: content)))
        parameters.set("qop", digest.protection.rawValue)
        parameters.quote("cnonce", octets: digest.cnonce)
        parameters.set("nc", text(digest.countText))
        if let next { parameters.quote("nextnonce", next) }
        response.fields.append(.authenticationInfo, parameters.fieldValue)
    }

    /// What is offered: clients take the first that they know, also where nobody has a secret for it.
    private func offered(_ request: Request) -> [DigestAlgorithm] {
        let usable = options.algorithms.filter { algorithm in
            users.hasSecrets(realm: realm, algorithm: algorithm, logger: request.logger)
        }
        return usable.isEmpty ? options.algorithms : usable
    }

    /// A challenge for each algorithm that a user has a secret for, best first, all with one new nonce.
    public func challenges(to request: Request, after refusal: AuthRefusal?) -> [Challenge] {
        switch refusal?.kind {
        case .insufficient, .malformed: return []
        default: break
        }
        let nonce = nonces.make(after: refusal?.kind == .stale ? request[RightNameKey.self] : nil)
        return offered(request).map { algorithm in
            var challenge = Challenge(scheme, realm: realm)
            if !options.domain.isEmpty {
                challenge.parameters.quote("domain", options.domain.joined(separator: " "))
            }
            challenge.parameters.quote("qop", options.protections.map(\.rawValue).joined(separator: ", "))
            challenge.parameters.set("algorithm", algorithm.rawValue)
            challenge.parameters.quote("nonce", nonce)
            challenge.parameters.quote("opaque", opaque)
            if refusal?.kind == .stale { challenge.parameters.set("stale", "true") }
            challenge.parameters.set("charset", "UTF-8")
            if options.offersUserhash || options.requiresUserhash { challenge.parameters.set("userhash", "true") }
            return challenge
        }
    }
}

/// Whose digest was right, where only the nonce was not good any more.
private struct RightNameKey: RequestKey {
    typealias Value = DigestName
}
