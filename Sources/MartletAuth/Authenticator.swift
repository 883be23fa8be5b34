public import Martlet
public import MartletWire

/// One way to find out who sends a request: Basic, Digest, Bearer, or one of your own.
///
/// By itself an authenticator is a middleware that lets every user in and nobody else; ``Authentication`` puts several side
/// by side, with rules. Its functions are called on the loop of the request's connection: what blocks belongs on a pool.
public protocol Authenticator: Middleware {
    /// The scheme as it is registered, such as `Basic`; compared without case.
    var scheme: String { get }

    /// Finds out who sends a request.
    /// - Parameters:
    ///   - request: may be changed for those behind, as where its content had to be read.
    ///   - credentials: those of this scheme; nil: the request has none in `Authorization`, or some of another scheme.
    ///   - attempt: has to be asked before a secret is compared that can be guessed.
    /// - Returns: a user, a refusal, or that there was nothing to look at.
    /// - Throws: `HTTPError` when the request cannot be judged, such as 503; `CancellationError`.
    func authenticate(
        _ request: inout Request,
        with credentials: AuthorizationField?,
        attempt: LoginAttempt
    ) async throws -> AuthOutcome

    /// What a refused client is told to come back with, best first.
    /// - Parameter refusal: why, if this authenticator refused; nil: there were no credentials that it could look at.
    func challenges(to request: Request, after refusal: AuthRefusal?) -> [Challenge]

    /// Where failed logins are counted.
    var failures: FailedLogins { get }
}

/// What came of looking at credentials.
public enum AuthOutcome: Sendable {
    /// There were none.
    case none
    /// They are a user's. The function, if there is one, completes the answer: it is called with what the handler gave.
    case user(AuthenticatedUser, completion: (@Sendable (inout Response) -> Void)? = nil)
    /// They are nobody's.
    case refused(AuthRefusal)
}

/// Why credentials were refused.
public struct AuthRefusal: Sendable, Hashable {
    /// What was wrong, which decides the status.
    public enum Kind: Sendable, Hashable {
        /// They are not what the scheme prescribes: 400.
        case malformed
        /// They cannot be anybody's, and nothing secret was compared: 401.
        case unusable
        /// There is no such user, or it is not the secret: 401; logged as a failed login, and counted as one if the attempt
        /// was asked.
        case wrong
        /// They were right, but are to be made anew: 401; clients do so without asking their user.
        case stale
        /// The user is known, but has not one of these groups or scopes: 403.
        case insufficient(groups: Set<String>)
    }

    /// What was wrong.
    public let kind: Kind
    /// A sentence for the client and the log; never a secret.
    public let detail: String
    /// The user that the credentials name, where they do.
    public let userName: String?
    /// A page about it, for schemes whose challenges can name one (`error_uri`).
    public let page: String?

    /// A refusal.
    public init(_ kind: Kind, _ detail: String, userName: String? = nil, page: String? = nil) {
        self.kind = kind
        self.detail = detail
        self.userName = userName
        self.page = page
    }
}

extension Authenticator {
    /// Lets users in, whoever they are.
    public func respond(to request: Request, next: Next) async throws -> Response {
        try await AuthenticatedExchange([self], AccessRules(), UserGroups(), failures).respond(to: request, next)
    }
}
