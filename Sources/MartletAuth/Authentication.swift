public import Martlet

/// Asks who sends a request, and lets through whom the rules allow: several schemes at once, strongest first.
///
/// ```swift
/// let users = try PasswordFile("/etc/martlet/users")
/// Group("/private", middleware: [
///     Authentication(
///         BearerAuth(realm: "example.org", tokens: try TokenFile("/etc/martlet/tokens")),
///         BasicAuth(realm: "example.org", users: users),
///         rules: try AccessRules(["PUT,DELETE /inbox/** alice,bob", "* /public/** anyone"])
///     )
/// ]) { … }
/// ```
/// A request that needs a user gets 401 with a `WWW-Authenticate` line for each scheme when it has no credentials or wrong
/// ones, 400 when they are malformed, 403 when its user is not allowed, 429 when its peer failed too often. Handlers read
/// `request.user`. Where a rule lets anyone in, credentials are not looked at. Who a connection's last request was of says
/// nothing of the next (RFC 9110 §3.3).
///
/// With several schemes, protection is no better than by the weakest (RFC 7616 §5.6).
public struct Authentication: Middleware {
    private let exchange: AuthenticatedExchange

    /// Users of these schemes, by these rules.
    /// - Parameters:
    ///   - authenticators: the schemes, strongest first: clients choose the first that they know. None is a mistake in the
    ///     program, and ends it.
    ///   - rules: default: every user may do everything, and nobody else anything.
    ///   - groups: the groups of users, beside those that their scheme knows; default: none.
    ///   - failures: where failed logins are counted; default: a count of its own.
    public init(
        _ authenticators: any Authenticator...,
        rules: AccessRules = AccessRules(),
        groups: UserGroups = UserGroups(),
        failures: FailedLogins = FailedLogins()
    ) {
        self.init(authenticators, rules: rules, groups: groups, failures: failures)
    }

    /// The same, for schemes that are put together while the program runs.
    public init(
        _ authenticators: [any Authenticator],
        rules: AccessRules = AccessRules(),
        groups: UserGroups = UserGroups(),
        failures: FailedLogins = FailedLogins()
    ) {
        precondition(!authenticators.isEmpty, "Authentication: no scheme, so nobody could log in")
        exchange = AuthenticatedExchange(authenticators, rules, groups, failures)
    }

    /// Passes the request on with its user, or refuses it.
    public func respond(to request: Request, next: Next) async throws -> Response {
        try await exchange.respond(to: request, next)
    }
}
