/// Who a request is of, as middleware found out: by a password, a token or a certificate.
///
/// A handler reads it from `request.user`. It is what CGI calls REMOTE_USER and AUTH_TYPE, and the access log tells the name.
public struct AuthenticatedUser: Sendable, Hashable {
    /// The name, as whoever keeps the users writes it, not as it was sent.
    public let name: String
    /// How the user was found out, as the scheme is registered: `Basic`, `Digest`, `Bearer`.
    public let scheme: String
    /// The groups that the user is in, and the scopes of a token: what rules call `@group`.
    public var groups: Set<String>

    /// A user.
    /// - Parameters:
    ///   - name: any text; whoever logs it escapes it.
    ///   - scheme: `Basic`, or what else it was.
    ///   - groups: default: none.
    public init(name: String, scheme: String, groups: Set<String> = []) {
        self.name = name
        self.scheme = scheme
        self.groups = groups
    }
}

extension Request {
    /// Who sent the request; nil: nobody asked, or nobody knows. Set by middleware that has found out, such as those of
    /// MartletAuth; from then on the access log knows too. It belongs to this request alone, never to its connection.
    public var user: AuthenticatedUser? {
        get { self[UserKey.self] }
        set {
            self[UserKey.self] = newValue
            received.connection?.connection?.note(user: newValue?.name, of: received.exchange)
        }
    }
}

private struct UserKey: RequestKey {
    typealias Value = AuthenticatedUser
}

extension Connection {
    /// Keeps for the access log who a request is of.
    fileprivate func note(user: String?, of number: UInt64) {
        guard worker.logs else { return }
        guard loop.isCurrent else {
            loop.execute { [self] in note(user: user, of: number) }
            return
        }
        guard number == exchangeNumber else { return }
        exchange?.user = user
    }
}
