public import Martlet
import MartletReactor

/// Knows users by their passwords: a ``PasswordFile``, ``Passwords`` in memory, or what you have, such as a directory
/// service.
///
/// Called on the loop of the request's connection: what takes long, as every good hash of a password does, belongs on a
/// pool (`Blocking.run`). Passwords come in Unicode's Normalization Form C. Never store them as they are: keep a slow, salted
/// hash (RFC 7617 §4).
public protocol PasswordVerifier: Sendable {
    /// Says whose name and password these are.
    /// - Parameters:
    ///   - request: what it is for.
    ///   - attempt: is asked before anything is compared: `try attempt.admit()`.
    /// - Returns: the user; nil when there is none of this name, or it is not the password, in the same time.
    /// - Throws: `HTTPError` when it cannot be said, such as 503.
    func user(
        named name: String,
        password: String,
        for request: Request,
        attempt: LoginAttempt
    ) async throws -> AuthenticatedUser?
}

/// Users and passwords in memory, for a server that a few people share. Passwords are not kept, only a code of each under a
/// key that lives as long as the process.
public struct Passwords: PasswordVerifier {
    private let key = Cryptography.random(32)
    private let codes: [String: (name: String, code: [UInt8])]
    private let nobody = Cryptography.random(32)
    /// So that who is logged in goes on when others at the same address fail.
    private let remembered = RememberedLogins(lifetime: Nanoseconds(.seconds(300)), now: Instant.now)

    /// Passwords by user.
    /// - Throws: `AuthError` for a name that is empty, or has a colon or control characters: no client could send it.
    public init(_ passwords: [String: String]) throws(AuthError) {
        var codes: [String: (name: String, code: [UInt8])] = [:]
        for (name, password) in passwords {
            if let fault = UserName.fault(in: name) { throw AuthError("The user \"\(name)\" cannot be: \(fault)") }
            codes[name] = (name, Cryptography.code(key, password.normalized))
        }
        self.codes = codes
    }

    /// Says whose name and password these are.
    public func user(
        named name: String,
        password: String,
        for request: Request,
        attempt: LoginAttempt
    ) async throws -> AuthenticatedUser? {
        let known = codes[name]
        let code = Cryptography.code(key, password.normalized)
        let isRight = try await remembered.isRight(
            Cryptography.code(key, name.normalized + [0] + code),
            joined: attempt.join
        ) { wasRight in
            if !wasRight { try attempt.admit() }
            return Cryptography.areEqual(known?.code ?? nobody, code) && known != nil
        }
        guard let known, isRight else { return nil }
        return AuthenticatedUser(name: known.name, scheme: "Basic")
    }
}

/// What a user may be called.
enum UserName {
    /// Octets that a name may have.
    static let limit = 255

    /// What keeps `name` from being a user's; nil: nothing does. A colon would end it (RFC 7617 §2).
    static func fault(in name: String) -> String? {
        if name.isEmpty { return "it has no name." }
        if name.utf8.count > limit { return "the name is longer than \(limit) octets." }
        if name.utf8.contains(UInt8(ascii: ":")) {
            return "a name has no colon, which ends it where a client sends it."
        }
        if name.hasControl { return "a name has no control characters." }
        return nil
    }
}

extension String {
    /// Whether one of its characters is a control, of either set.
    var hasControl: Bool {
        unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
    }
}
