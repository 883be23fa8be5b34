import HTTPTypes
import Martlet
import MartletWire

/// A request on its way through authentication.
struct AuthenticatedExchange: Sendable {
    private let authenticators: [any Authenticator]
    private let rules: AccessRules
    private let groups: UserGroups
    private let failures: FailedLogins

    init(
        _ authenticators: [any Authenticator],
        _ rules: AccessRules,
        _ groups: UserGroups,
        _ failures: FailedLogins
    ) {
        self.authenticators = authenticators
        self.rules = rules
        self.groups = groups
        self.failures = failures
    }

    func respond(to request: Request, _ next: Next) async throws -> Response {
        // A signed URL is as good as a login.
        if request.isGranted { return try await next(request) }
        let subject = try rules.subject(of: request)
        if case .anyone = subject { return try await next(request) }
        var request = request
        let credentials = try credentials(of: request)
        for authenticator in authenticators {
            let isOwn = credentials?.scheme == authenticator.scheme.lowercased()
            let outcome = try await judge(&request, isOwn ? credentials : nil, authenticator)
            switch outcome {
            case .none: continue
            case .refused(let refusal): throw error(refusal, by: authenticator, request)
            case .user(var user, let completion):
                user.groups.formUnion(groups[user.name])
                // Before the rules are asked: the access log has the name of who may not, too.
                request.user = user
                guard subject.includes(user) else { throw denied(user, subject, by: authenticator, request) }
                var response = try await next(request)
                completion?(&response)
                return response
            }
        }
        throw HTTPError(
            .unauthorized,
            credentials == nil ? "Log in to see this." : "This way to log in is not known here.",
            fields: fields(authenticators.flatMap { $0.challenges(to: request, after: nil) })
        )
    }

    private func judge(
        _ request: inout Request,
        _ credentials: AuthorizationField?,
        _ authenticator: any Authenticator
    ) async throws -> AuthOutcome {
        let attempt = LoginAttempt(failures, request.peer)
        defer { attempt.end() }
        let outcome = try await authenticator.authenticate(&request, with: credentials, attempt: attempt)
        if case .refused(let refusal) = outcome, refusal.kind == .wrong { attempt.fail(refusal, request.logger) }
        return outcome
    }

    /// The credentials of a request; nil: there are none.
    private func credentials(of request: Request) throws(HTTPError) -> AuthorizationField? {
        let fields = request.fields
        guard let value = fields.combinedValue(.authorization) else { return nil }
        // Two lines are no list: which of them counts would be a guess.
        if value.isOneLine, let credentials = AuthorizationField(parsing: value.span) { return credentials }
        let scheme = value.isOneLine ? AuthorizationField.scheme(of: value.span) : nil
        let refusal = AuthRefusal(.malformed, "The Authorization field is malformed.")
        let challenges = authenticators.flatMap {
            $0.challenges(to: request, after: $0.scheme.lowercased() == scheme ? refusal : nil)
        }
        throw HTTPError(.badRequest, refusal.detail, fields: self.fields(challenges))
    }

    private func denied(
        _ user: AuthenticatedUser,
        _ subject: AccessRule.Subject,
        by authenticator: any Authenticator,
        _ request: Request
    ) -> HTTPError {
        let groups: Set<String> = if case .some(_, let groups) = subject { groups } else { [] }
        let refusal = AuthRefusal(.insufficient(groups: groups), "You may not do this here.", userName: user.name)
        return error(refusal, by: authenticator, request)
    }

    /// The answer to refused credentials. All schemes are offered again where others might do; else the one that was used.
    private func error(_ refusal: AuthRefusal, by authenticator: any Authenticator, _ request: Request) -> HTTPError {
        let status: HTTPResponse.Status
        var challenges: [Challenge] = []
        switch refusal.kind {
        case .malformed: status = .badRequest
        case .unusable, .wrong, .stale: status = .unauthorized
        case .insufficient: status = .forbidden
        }
        if status == .unauthorized {
            for other in authenticators {
                let isSame = other.scheme == authenticator.scheme
                challenges += other.challenges(to: request, after: isSame ? refusal : nil)
            }
        } else {
            challenges = authenticator.challenges(to: request, after: refusal)
        }
        return HTTPError(status, refusal.detail, fields: fields(challenges))
    }

    /// A line each (RFC 9110 §11.6.1).
    private func fields(_ challenges: [Challenge]) -> Fields {
        var fields = Fields()
        for challenge in challenges { fields.append(.wwwAuthenticate, challenge.fieldValue) }
        return fields
    }
}
