/// How a digest is made (RFC 7616 §3.4.2, §6.1).
public enum DigestAlgorithm: String, Sendable, Hashable, CaseIterable {
    /// SHA-256, which every client of RFC 7616 has.
    case sha256 = "SHA-256"
    /// SHA-256, hashed once for each session: the server needs only the session's key.
    case sha256Session = "SHA-256-sess"
    /// SHA-512/256, should SHA-256 fall.
    case sha512over256 = "SHA-512-256"
    /// SHA-512/256, hashed once for each session.
    case sha512over256Session = "SHA-512-256-sess"
    /// MD5, for clients that are older than RFC 7616 (2015) only.
    case md5 = "MD5"
    /// MD5, hashed once for each session.
    case md5Session = "MD5-sess"

    var hash: Hash {
        switch self {
        case .sha256, .sha256Session: .sha256
        case .sha512over256, .sha512over256Session: .sha512over256
        case .md5, .md5Session: .md5
        }
    }

    var isSession: Bool {
        switch self {
        case .sha256Session, .sha512over256Session, .md5Session: true
        case .sha256, .sha512over256, .md5: false
        }
    }

    /// The algorithm of a name in any case.
    init?(name: String) {
        let name = name.lowercased()
        guard let algorithm = Self.allCases.first(where: { $0.rawValue.lowercased() == name }) else { return nil }
        self = algorithm
    }
}

/// What a digest protects (RFC 7616 §3.3, `qop`).
public enum DigestProtection: String, Sendable, Hashable {
    /// The method and the URI.
    case auth
    /// The content too. It has to be in memory for that, before the handler sees it.
    case authInt = "auth-int"
}
