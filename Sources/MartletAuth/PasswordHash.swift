/// What a password file has of a user's password.
enum PasswordHash: Sendable, Equatable {
    /// For crypt(3): bcrypt, SHA-256 crypt, SHA-512 crypt or yescrypt.
    case crypt(String)
    /// The password itself.
    case plain([UInt8])

    /// The work of bcrypt doubles with each step: 16 takes seconds for every login.
    private static let bcryptLimit = 16
    private static let roundsLimit = 5_000_000

    /// Reads what follows the name.
    /// - Parameter allowsPlain: what is no hash is a password.
    /// - Throws: `AuthError` that says what is wrong and what to do, to be prefixed by the place.
    init(_ text: String, allowsPlain: Bool) throws(AuthError) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false).map(String.init)
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), parts.count > 1, parts[0].isEmpty else {
            self = try Self.old(text, allowsPlain: allowsPlain)
            return
        }
        let rest = parts.dropFirst(2)
        switch parts[1] {
        case "2a", "2b", "2y":
            guard rest.count == 2, let cost = Int(rest[2]), rest[2].utf8.count == 2, rest[3].utf8.count == 53 else {
                throw Self.damaged("bcrypt")
            }
            guard (4...Self.bcryptLimit).contains(cost) else {
                throw AuthError("the cost of a bcrypt hash is 4 to \(Self.bcryptLimit), not \(cost). \(Self.remedy)")
            }
        case "5": try Self.checkSHA(Array(rest), digits: 43)
        case "6": try Self.checkSHA(Array(rest), digits: 86)
        case "y":
            // Parameters, salt, hash.
            guard rest.count == 3, rest[4].utf8.count == 43, !rest[2].isEmpty else { throw Self.damaged("yescrypt") }
        case "apr1": throw Self.weak("MD5 (apr1)")
        case "1": throw Self.weak("MD5")
        default: throw AuthError("a password hash of the kind $\(parts[1])$ is not known here. \(Self.remedy)")
        }
        self = .crypt(text)
    }

    private static func checkSHA(_ parts: [String], digits: Int) throws(AuthError) {
        var parts = parts[...]
        if let first = parts.first, first.hasPrefix("rounds=") {
            guard let rounds = Int(first.dropFirst(7)), (1000...roundsLimit).contains(rounds) else {
                throw AuthError("the rounds of a SHA hash are 1000 to \(roundsLimit). \(remedy)")
            }
            parts = parts.dropFirst()
        }
        guard parts.count == 2, parts.last?.utf8.count == digits else { throw damaged("SHA") }
    }

    private static func old(_ text: String, allowsPlain: Bool) throws(AuthError) -> PasswordHash {
        if text.hasPrefix("{SHA}") || text.hasPrefix("{SSHA}") { throw weak("SHA-1, which is fast to guess") }
        if allowsPlain {
            guard !text.isEmpty, !text.hasControl else { throw AuthError("the password is empty. \(remedy)") }
            return .plain(text.normalized)
        }
        let isDES =
            text.utf8.count == 13
            && text.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: ".")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"):
                    true
                default: false
                }
            }
        if isDES { throw weak("DES, or a password as it is") }
        throw AuthError("the password is not hashed. \(remedy)")
    }

    private static func weak(_ name: String) -> AuthError {
        AuthError("the password is hashed by \(name), too weak to be used. \(remedy)")
    }

    private static func damaged(_ name: String) -> AuthError {
        AuthError("the \(name) hash is not whole. \(remedy)")
    }

    private static let remedy = "Make the line anew: htpasswd -B FILE USER"
}
