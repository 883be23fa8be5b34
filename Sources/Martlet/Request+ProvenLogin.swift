/// A login that was proved for a request, so that another request that comes of it needs no proof of its own.
package struct ProvenLogin: Sendable {
    /// Who has seen the proof: it is worth nothing to anybody else.
    package let verifier: any AnyObject & Sendable
    /// Whose login it is.
    package let user: AuthenticatedUser

    /// A login that `verifier` has seen the proof of.
    package init(by verifier: any AnyObject & Sendable, of user: AuthenticatedUser) {
        self.verifier = verifier
        self.user = user
    }
}

extension Request {
    /// The login that was proved for this request, or for the one that led to it on the server (`redispatched`): credentials
    /// that are good for one target alone, as those of Digest, are still those of the first. Never taken from anything that
    /// was received.
    package var provenLogin: ProvenLogin? {
        get { self[ProvenLoginKey.self] }
        set { self[ProvenLoginKey.self] = newValue }
    }
}

private struct ProvenLoginKey: RequestKey {
    typealias Value = ProvenLogin
}
