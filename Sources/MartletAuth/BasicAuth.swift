import HTTPTypes
import Logging
public import Martlet
public import MartletWire
import Synchronization

/// Basic (RFC 7617): a name and a password with every request, in a code that anybody can read. Use it over TLS only.
///
/// ```swift
/// Group("/private", middleware: [BasicAuth(realm: "example.org", users: try PasswordFile("users"))]) { … }
/// ```
/// Names and passwords are in UTF-8, which the challenge says, and compared in Normalization Form C; what is not UTF-8, has
/// control characters or no colon is nobody's. No other encoding is tried.
public struct BasicAuth: Authenticator {
    /// `Basic`.
    public let scheme = "Basic"
    /// Where failed logins are counted.
    public let failures: FailedLogins
    private let users: any PasswordVerifier
    private let challenge: Challenge
    private let warning: ClearTextWarning?

    /// Users of a realm.
    /// - Parameters:
    ///   - realm: what clients show their users, and know the password by: with the host's name in it, best.
    ///   - users: who knows them.
    ///   - warnsInClear: log once when somebody on another machine sends a password without TLS; default: yes. Not where a
    ///     proxy speaks TLS in front.
    ///   - failures: where failed logins are counted; default: a count of its own. `Authentication` has its own.
    public init(
        realm: String,
        users: some PasswordVerifier,
        warnsInClear: Bool = true,
        failures: FailedLogins = FailedLogins()
    ) {
        self.users = users
        self.failures = failures
        warning = warnsInClear ? ClearTextWarning() : nil
        var challenge = Challenge(scheme, realm: realm)
        challenge.parameters.quote("charset", "UTF-8")
        self.challenge = challenge
    }

    /// Looks the name and password up.
    public func authenticate(
        _ request: inout Request,
        with credentials: AuthorizationField?,
        attempt: LoginAttempt
    ) async throws -> AuthOutcome {
        guard let credentials else { return .none }
        warning?.look(at: request)
        guard let token = credentials.token68, let octets = Base64.decode(token) else {
            return .refused(AuthRefusal(.malformed, "Basic credentials are a name and a password in base64."))
        }
        guard let text = String(validating: octets, as: UTF8.self), !text.hasControl,
            let colon = text.utf8.firstIndex(of: UInt8(ascii: ":"))
        else {
            return .refused(
                AuthRefusal(
                    .unusable,
                    "Basic credentials are a name, a colon and a password in UTF-8, without controls."
                )
            )
        }
        let name = String(text[..<colon])
        let password = String(text[text.utf8.index(after: colon)...])
        let user = try await users.user(named: name, password: password, for: request, attempt: attempt)
        guard let user else { return .refused(AuthRefusal(.wrong, "Wrong user name or password.", userName: name)) }
        return .user(user)
    }

    /// `Basic realm="…", charset="UTF-8"`.
    public func challenges(to request: Request, after refusal: AuthRefusal?) -> [Challenge] {
        if case .insufficient = refusal?.kind { return [] }
        return [challenge]
    }
}

/// Tells once of secrets that came in the clear from another machine.
private final class ClearTextWarning: Sendable {
    private let hasWarned = Atomic<Bool>(false)

    func look(at request: Request) {
        guard request.tls == nil, !request.peer.isLoopback, !hasWarned.exchange(true, ordering: .relaxed) else {
            return
        }
        request.logger.warning(
            "Basic credentials came from \(request.peer.host) without TLS: anybody on the way can read them"
        )
    }
}
