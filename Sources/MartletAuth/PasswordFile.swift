import Logging
public import Martlet
public import MartletReactor

/// A password file as htpasswd writes it: `alice:$2y$05$…`, a line for each user.
///
/// Passwords are hashed by bcrypt (`htpasswd -B`), yescrypt, SHA-512 crypt or SHA-256 crypt (`mkpasswd`, `openssl passwd -6`),
/// and compared by the system's libcrypt. Weaker hashes are refused, and passwords that are not hashed unless they are
/// allowed. Empty lines and those that begin with `#` are skipped.
///
/// The file is looked at once a second, and read again when it changed; if it cannot be used then, users stay what they were
/// and the log says why. A hash takes its time on threads of its own, never on a loop: when 64 wait, more are answered 503.
/// A login that was right is remembered for some minutes, unless its line changes.
public final class PasswordFile: PasswordVerifier {
    private struct Entry: Sendable {
        let name: String
        let hash: PasswordHash
    }

    private struct Users: Sendable {
        var entries: [String: Entry] = [:]
        /// For names that nobody has.
        var all: [Entry] = []
    }

    /// Two threads: more would leave no processor for anything else while somebody guesses.
    private static let pool = ThreadPool(name: "martlet-crypt", threads: 2, queueLimit: 64)
    /// A bcrypt hash for a file without users. Whoever has its password is not let in either.
    private static let stranger = PasswordHash.crypt(
        "$2y$10$CCCCCCCCCCCCCCCCCCCCC.L3VMBSLhknvFvny9GVuWkMr/kOk30LG"
    )
    /// Octets of a password that libcrypt takes.
    private static let longest = 511

    private let path: String
    private let file: WatchedFile<Users>
    private let remembered: RememberedLogins
    private let pool: ThreadPool
    private let key = Cryptography.random(32)

    /// Reads the file.
    /// - Parameters:
    ///   - allowsPlain: lines may have the password as it is; default: no. Anybody who reads the file then has them all.
    ///   - remembers: how long a right password need not be hashed again; default 5 minutes, zero: never.
    ///   - pool: where hashes are computed; default: two threads that all password files share.
    ///   - now: the clock; for tests.
    /// - Throws: `AuthError` that names the line, what is wrong there and what to do.
    public init(
        _ path: String,
        allowsPlain: Bool = false,
        remembers: Duration = .seconds(300),
        pool: ThreadPool? = nil,
        now: @escaping @Sendable () -> Instant = Instant.now
    ) throws(AuthError) {
        self.path = path
        self.pool = pool ?? Self.pool
        remembered = RememberedLogins(lifetime: Nanoseconds(remembers), now: now)
        file = try WatchedFile(path, "passwords", now: now) { file throws(AuthError) in
            try Self.users(in: file, path, allowsPlain: allowsPlain)
        }
    }

    /// What is likely to be wrong with the file now, in sentences for people.
    public var warnings: [String] {
        file.isOpenToAll ? ["Everybody on this machine can read the passwords in \(path): chmod 600 \(path)"] : []
    }

    /// All who have a line.
    package var userNames: Set<String> { Set(file.lastContents.entries.keys) }

    private static func users(in file: TextFile, _ path: String, allowsPlain: Bool) throws(AuthError) -> Users {
        var users = Users()
        for (number, line) in file.lines() {
            func refusal(_ reason: String) -> AuthError { AuthError("\(path):\(number): \(reason)") }
            guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else {
                throw refusal("a line is \"user:hash\". Make it anew: htpasswd -B \(path) USER")
            }
            let name = String(line[..<colon])
            // htpasswd knows no more fields; others put a comment there. A hash has no colon.
            let rest = line[line.utf8.index(after: colon)...]
            if let fault = UserName.fault(in: name) { throw refusal(fault) }
            guard users.entries[name] == nil else { throw refusal("\"\(name)\" has a line already: remove one.") }
            let entry: Entry
            do throws(AuthError) {
                entry = Entry(name: name, hash: try PasswordHash(String(rest), allowsPlain: allowsPlain))
            } catch {
                let reason = error.description.replacing("FILE USER", with: "\(path) \(name)")
                throw refusal("\(name): \(reason)")
            }
            users.entries[name] = entry
            users.all.append(entry)
        }
        return users
    }

    /// Says whose name and password these are.
    public func user(
        named name: String,
        password: String,
        for request: Request,
        attempt: LoginAttempt
    ) async throws -> AuthenticatedUser? {
        let users = file.contents(request.logger)
        let entry = users.entries[name]
        let password = password.normalized
        guard password.count <= Self.longest else {
            try attempt.admit()
            return nil
        }
        let hash = entry?.hash ?? stranger(name, users)
        let code = code(of: name, password, hash, isKnown: entry != nil)
        let isRight = try await remembered.isRight(code, joined: attempt.join) { wasRight in
            if !wasRight { try attempt.admit() }
            switch hash {
            case .plain(let plain):
                return Cryptography.areEqual(Cryptography.code(key, plain), Cryptography.code(key, password))
                    && entry != nil
            case .crypt(let hash):
                let matches = try await Blocking.run(on: pool) { Cryptography.matches(password, crypt: hash) }
                if matches == nil {
                    request.logger.error("\(path): this system cannot check the password hash of one of the users")
                }
                return matches == true && entry != nil
            }
        }
        guard let entry, isRight else { return nil }
        return AuthenticatedUser(name: entry.name, scheme: "Basic")
    }

    /// A hash that takes as long as a user's would, always the same for one name.
    private func stranger(_ name: String, _ users: Users) -> PasswordHash {
        guard !users.all.isEmpty else { return Self.stranger }
        let number = Cryptography.code(key, name.normalized).prefix(4).reduce(0) { $0 << 8 | Int($1) }
        return users.all[number % users.all.count].hash
    }

    /// What a login is known by: name, password and line, so that none is known under another line.
    private func code(of name: String, _ password: [UInt8], _ hash: PasswordHash, isKnown: Bool) -> [UInt8] {
        var octets: [UInt8] = [isKnown ? 1 : 0]
        let stored: [UInt8] =
            switch hash {
            case .crypt(let text): Array(text.utf8)
            case .plain(let plain): plain
            }
        for part in [name.normalized, password, stored] {
            octets += self.octets(of: part.count)
            octets += part
        }
        return Cryptography.code(key, octets)
    }

    private func octets(of count: Int) -> [UInt8] {
        [
            UInt8(truncatingIfNeeded: count >> 16), UInt8(truncatingIfNeeded: count >> 8),
            UInt8(truncatingIfNeeded: count),
        ]
    }
}
