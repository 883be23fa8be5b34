public import Logging
public import MartletReactor

/// Knows users by what Digest needs of them: H(A1), the hash of name, realm and password. It is as good as the password to
/// whoever has it.
public protocol DigestVerifier: Sendable {
    /// The user of a name, or of the hash of one.
    /// - Parameters:
    ///   - name: in Normalization Form C or not: it is compared by what it means.
    ///   - realm: of the challenge.
    ///   - algorithm: of the hash; its session form has the same.
    /// - Returns: nil: there is none, or nothing for this algorithm.
    func secret(of name: DigestName, realm: String, algorithm: DigestAlgorithm, logger: Logger) -> DigestSecret?

    /// Whether anybody has a secret for this algorithm; one that is nobody's is not offered, unless all are. Default: yes.
    func hasSecrets(realm: String, algorithm: DigestAlgorithm, logger: Logger) -> Bool
}

extension DigestVerifier {
    /// Yes: whoever keeps secrets for some algorithms only says for which.
    public func hasSecrets(realm: String, algorithm: DigestAlgorithm, logger: Logger) -> Bool { true }
}

/// How a client names its user.
public enum DigestName: Sendable, Hashable {
    /// As it is.
    case plain(String)
    /// As H(name:realm), in lower-case hexadecimal (`userhash`, RFC 7616 §3.4.4).
    case hashed(String)
}

/// A user, and what only that one knows.
public struct DigestSecret: Sendable {
    /// The name as it is kept.
    public let name: String
    /// H(A1) in lower-case hexadecimal.
    let hashedA1: [UInt8]

    /// A user's secret.
    /// - Parameter hashedA1: H(name:realm:password) in hexadecimal.
    public init(name: String, hashedA1: String) {
        self.name = name
        self.hashedA1 = Array(hashedA1.lowercased().utf8)
    }

    init(name: String, hashedA1: [UInt8]) {
        (self.name, self.hashedA1) = (name, hashedA1)
    }
}

/// Secrets by realm, algorithm and name.
struct DigestTable: Sendable {
    private struct Key: Hashable {
        let realm: String
        let hash: Hash
        let name: DigestName
    }

    /// What there is somebody's secret for.
    private struct Offer: Hashable {
        let realm: String
        let hash: Hash
    }

    private var secrets: [Key: DigestSecret] = [:]
    /// The users that have one.
    private var users: [Offer: Set<String>] = [:]

    /// All realms that somebody has a secret for.
    var realms: Set<String> { Set(users.keys.map(\.realm)) }

    /// Who has a secret for a realm and algorithm.
    func users(realm: String, algorithm: DigestAlgorithm) -> Set<String> {
        users[Offer(realm: realm, hash: algorithm.hash)] ?? []
    }

    func hasSecrets(realm: String, algorithm: DigestAlgorithm) -> Bool {
        users[Offer(realm: realm, hash: algorithm.hash)] != nil
    }

    func secret(of name: DigestName, realm: String, algorithm: DigestAlgorithm) -> DigestSecret? {
        secrets[Key(realm: realm, hash: algorithm.hash, name: name)]
    }

    /// - Returns: false when there is one already.
    mutating func add(_ name: String, realm: String, hash: Hash, _ hashedA1: [UInt8]) -> Bool {
        let secret = DigestSecret(name: name, hashedA1: hashedA1)
        let key = Key(realm: realm, hash: hash, name: .plain(name))
        guard secrets[key] == nil else { return false }
        secrets[key] = secret
        let hashed = hash.hex(of: name.normalized + Array(":\(realm)".utf8))
        secrets[Key(realm: realm, hash: hash, name: .hashed(String(decoding: hashed, as: UTF8.self)))] = secret
        users[Offer(realm: realm, hash: hash), default: []].insert(name)
        return true
    }
}

/// Users and passwords in memory; only hashes of them are kept.
public struct DigestPasswords: DigestVerifier {
    private var table = DigestTable()

    /// Passwords by user.
    /// - Parameters:
    ///   - realm: that of the `DigestAuth`.
    ///   - algorithms: those of the `DigestAuth`.
    /// - Throws: `AuthError` for a name that is empty, or has a colon or control characters.
    public init(
        _ passwords: [String: String],
        realm: String,
        algorithms: [DigestAlgorithm] = [.sha256]
    ) throws(AuthError) {
        for (name, password) in passwords {
            if let fault = UserName.fault(in: name) { throw AuthError("The user \"\(name)\" cannot be: \(fault)") }
            for hash in Set(algorithms.map(\.hash)) {
                let a1 = name.normalized + Array(":\(realm):".utf8) + password.normalized
                _ = table.add(name, realm: realm, hash: hash, hash.hex(of: a1))
            }
        }
    }

    /// The user of a name, or of the hash of one.
    public func secret(
        of name: DigestName,
        realm: String,
        algorithm: DigestAlgorithm,
        logger: Logger
    ) -> DigestSecret? {
        table.secret(of: name, realm: realm, algorithm: algorithm)
    }

    /// Whether anybody has a secret for this algorithm.
    public func hasSecrets(realm: String, algorithm: DigestAlgorithm, logger: Logger) -> Bool {
        table.hasSecrets(realm: realm, algorithm: algorithm)
    }
}

/// A file of H(A1)s, a line for each user and algorithm: `user:realm:SHA-256:hex`, the last part SHA-256 or SHA-512/256 of
/// `user:realm:password` in hexadecimal. Lines of `htdigest`, `user:realm:hex`, are MD5.
///
/// Guard it as you would the passwords: whoever reads it can log in (RFC 7616 §5.2). It is read again when it changes, as a
/// ``PasswordFile`` is.
public final class DigestFile: DigestVerifier {
    private let path: String
    private let file: WatchedFile<DigestTable>

    /// Reads the file.
    /// - Parameter now: the clock; for tests.
    /// - Throws: `AuthError` that names the line, what is wrong there and what to do.
    public init(_ path: String, now: @escaping @Sendable () -> Instant = Instant.now) throws(AuthError) {
        self.path = path
        file = try WatchedFile(path, "digests", now: now) { file throws(AuthError) in
            var table = DigestTable()
            for (number, line) in file.lines() { try Self.add(line, "\(path):\(number)", to: &table) }
            return table
        }
    }

    /// What is likely to be wrong with the file now, in sentences for people.
    public var warnings: [String] {
        file.isOpenToAll
            ? ["Everybody on this machine can read \(path), which is as good as its passwords: chmod 600 \(path)"] : []
    }

    /// Who can log in with one of these algorithms.
    package func users(realm: String, algorithms: [DigestAlgorithm]) -> Set<String> {
        let table = file.lastContents
        return algorithms.reduce(into: []) { $0.formUnion(table.users(realm: realm, algorithm: $1)) }
    }

    /// The realms of all lines.
    package var realms: Set<String> { file.lastContents.realms }

    private static func add(_ line: String, _ place: String, to table: inout DigestTable) throws(AuthError) {
        // The realm may have colons, as with a port in it.
        let parts = line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        func refusal(_ reason: String) -> AuthError { AuthError("\(place): \(reason)") }
        guard parts.count >= 3, let digits = parts.last, let hashed = Cryptography.octets(ofHex: Array(digits.utf8))
        else {
            throw refusal("a line is \"user:realm:SHA-256:hash\", the hash in hexadecimal.")
        }
        if let fault = UserName.fault(in: parts[0]) { throw refusal(fault) }
        var algorithm = DigestAlgorithm.md5
        var realm = parts[1..<(parts.count - 1)]
        if realm.count > 1, let last = realm.last, let named = DigestAlgorithm(name: last) {
            algorithm = named
            realm.removeLast()
        }
        guard hashed.count == algorithm.hash.size else {
            throw refusal(
                "a \(algorithm.rawValue) hash has \(2 * algorithm.hash.size) digits, not \(2 * hashed.count)."
            )
        }
        let name = parts[0]
        let text = realm.joined(separator: ":")
        guard table.add(name, realm: text, hash: algorithm.hash, Cryptography.hex(hashed)) else {
            throw refusal("\"\(name)\" has a line for this realm and algorithm already: remove one.")
        }
    }

    /// The user of a name, or of the hash of one.
    public func secret(
        of name: DigestName,
        realm: String,
        algorithm: DigestAlgorithm,
        logger: Logger
    ) -> DigestSecret? {
        file.contents(logger).secret(of: name, realm: realm, algorithm: algorithm)
    }

    /// Whether anybody has a line for this algorithm.
    public func hasSecrets(realm: String, algorithm: DigestAlgorithm, logger: Logger) -> Bool {
        file.contents(logger).hasSecrets(realm: realm, algorithm: algorithm)
    }
}
