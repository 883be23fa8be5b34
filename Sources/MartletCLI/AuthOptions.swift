import ArgumentParser
import Glibc
import Martlet
import MartletService

#if TLS
    import MartletAuth
#endif

/// Who has to log in, how, and for what.
struct AuthOptions: ParsableArguments {
    /// How the users of `--auth` log in.
    enum Scheme: String, ExpressibleByArgument, CaseIterable {
        case basic, digest
    }

    @Option(
        name: [.customShort("a"), .long],
        help: ArgumentHelp(
            "Let in only a user with this password; can be repeated. Everybody on this machine can read it in the list of processes: MARTLET_AUTH and --auth-file keep it to yourself.",
            valueName: "user:password"
        )
    )
    var auth: [String] = []

    @Option(
        help: ArgumentHelp(
            "How the users of --auth log in: basic, or digest, which sends no password. (default: basic)",
            valueName: "scheme"
        )
    )
    var authScheme: Scheme?

    @Option(
        help: ArgumentHelp(
            "Let in only the users of this file, as htpasswd -B writes it. It is read again when it changes.",
            valueName: "file"
        ),
        completion: .file()
    )
    var authFile: String?

    @Option(
        help: ArgumentHelp(
            "Users who log in by Digest, a line user:realm:SHA-256:hash for each; docs/authentication.md says how to make one.",
            valueName: "file"
        ),
        completion: .file()
    )
    var authDigests: String?

    @Option(
        help: ArgumentHelp(
            "Tokens that let in by Authorization: Bearer, a line name:scopes:SHA-256 for each.",
            valueName: "file"
        ),
        completion: .file()
    )
    var authTokens: String?

    @Option(
        help: ArgumentHelp("Which users are in which groups, a line group: user user for each.", valueName: "file"),
        completion: .file()
    )
    var authGroups: String?

    @Option(
        help: ArgumentHelp(
            "Who may do what where, as 'PUT,DELETE /inbox/** alice,@staff' or 'GET /public/** anyone'; can be repeated: the first that fits decides. (default: every user everything)",
            valueName: "rule"
        )
    )
    var authRule: [String] = []

    @Option(
        help: ArgumentHelp(
            "What browsers say the login is for. (default: martlet and the machine's name)",
            valueName: "text"
        )
    )
    var authRealm: String?

    @Flag(help: "Take passwords that are not hashed from --auth-file.")
    var authPlain = false

    @Flag(help: "Let clients that know nothing better use Digest with MD5.")
    var authMd5 = false

    @Flag(
        help:
            "Slow nobody down whose logins fail: for a server behind a proxy, to which all clients have one address. Limit them there."
    )
    var authNoLimit = false

    /// Whether anybody has to log in.
    var isOn: Bool { !auth.isEmpty || authFile != nil || authDigests != nil || authTokens != nil }

    /// Whether passwords or tokens come as they are, for all to read who are on the way.
    var sendsSecrets: Bool { authFile != nil || authTokens != nil || !auth.isEmpty && authScheme != .digest }

    /// Files that are read again while the server runs.
    var files: [String] { [authFile, authDigests, authTokens, authGroups].compactMap(\.self) }

    /// - Throws: for an option that does nothing without another: a slip that would leave the door open.
    func refuseIdle() throws {
        let given = [
            ("--auth-rule", !authRule.isEmpty), ("--auth-groups", authGroups != nil),
            ("--auth-realm", authRealm != nil),
            ("--auth-scheme", authScheme != nil), ("--auth-plain", authPlain), ("--auth-md5", authMd5),
            ("--auth-no-limit", authNoLimit),
        ]
        if !isOn, let name = given.first(where: \.1)?.0 {
            throw ValidationError("\(name) lets nobody in: add users by --auth-file, or --auth user:password.")
        }
        if authPlain, authFile == nil { throw ValidationError("--auth-plain is for the passwords of --auth-file.") }
    }

    /// What asks who a client is; none where nobody has to log in.
    func middleware() throws -> [any Middleware] {
        try refuseIdle()
        guard isOn else { return [] }
        #if TLS
            do throws(AuthError) {
                return [try authentication()]
            } catch {
                throw Problem("\(error)")
            }
        #else
            throw Problem(
                "this martlet was built without TLS, and so without logins. Build it with the trait TLS: swift build."
            )
        #endif
    }

    /// Tells a plan what goes with logins.
    /// - Parameters:
    ///   - settings: what there is beside the command line.
    ///   - content: what is served; nil: no files.
    func tell(_ plan: inout ServingPlan, _ settings: Settings.Values, _ content: ServedContent? = nil) {
        guard isOn else { return }
        plan.files += files
        #if TLS
            let slips = slips()
        #else
            let slips: [String] = []
        #endif
        let secret = [authFile, authDigests, authTokens].compactMap(\.self)
        let warnings = secret.flatMap { Self.warnings(of: $0, content) } + slips
        // Several sites may have the same users.
        for warning in warnings where !plan.warnings.contains(warning) { plan.warnings.append(warning) }
        plan.takesSecrets = plan.takesSecrets || sendsSecrets
        guard !auth.isEmpty else { return }
        plan.secretOption = "--auth"
        // Without other settings nobody has looked where it comes from.
        switch settings["auth"]?.origin ?? .commandLine {
        case .commandLine:
            plan.warnings.append(
                "everybody on this machine can read the password of --auth in the list of processes. MARTLET_AUTH or --auth-file keep it to yourself."
            )
        case .file(let file, line: _): plan.warnings += Self.warnings(of: file, content)
        case .environment: break
        }
    }

    /// Who else might read a file of users, in sentences.
    private static func warnings(of file: String, _ content: ServedContent?) -> [String] {
        var warnings: [String] = []
        var status = stat()
        if unsafe stat(file, &status) == 0, status.st_mode & S_IROTH != 0 {
            warnings.append("everybody on this machine can read \(file). Keep it to the server: chmod 600 \(file)")
        }
        if let content, let subject = try? Subject(file), content.serves(subject) {
            warnings.append(
                "\(file) is among the files that are served: whoever is let in can read it. Move it out of there."
            )
        }
        return warnings
    }

    func validate() throws {
        for text in auth {
            guard let colon = text.firstIndex(of: ":"), colon != text.startIndex,
                text.index(after: colon) != text.endIndex
            else {
                throw ValidationError("--auth takes a user and a password with a colon between them, user:password.")
            }
        }
        if let authFile, !auth.isEmpty {
            throw ValidationError(
                "--auth and --auth-file are both given. Put all users into the file: htpasswd -B \(authFile) USER"
            )
        }
        guard authScheme != .digest || !auth.isEmpty else {
            throw ValidationError("--auth-scheme is for the users of --auth; --auth-digests names a file of others.")
        }
        guard authScheme != .digest || authDigests == nil else {
            throw ValidationError(
                "--auth-scheme digest and --auth-digests are both given. Put all users into the file."
            )
        }
    }

    /// What the login is for.
    var realm: String { authRealm ?? "martlet@\(Self.host)" }

    /// The machine's name, for it belongs into a realm.
    private static var host: String {
        var name = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

#if TLS
    extension AuthOptions {
        /// The schemes, strongest first.
        private func authentication() throws(AuthError) -> Authentication {
            var schemes: [any Authenticator] = []
            if let authTokens { schemes.append(BearerAuth(realm: realm, tokens: try TokenFile(authTokens))) }
            if let digest = try digest() { schemes.append(digest) }
            // The warning at the start says more.
            if let authFile {
                let users = try PasswordFile(authFile, allowsPlain: authPlain)
                schemes.append(BasicAuth(realm: realm, users: users, warnsInClear: false))
            } else if !auth.isEmpty, authScheme != .digest {
                schemes.append(BasicAuth(realm: realm, users: try Passwords(given()), warnsInClear: false))
            }
            let groups = if let authGroups { try UserGroups(file: authGroups) } else { UserGroups() }
            let failures: FailedLogins = authNoLimit ? .off : FailedLogins()
            return Authentication(schemes, rules: try rules(), groups: groups, failures: failures)
        }

        /// The algorithms of Digest, best first.
        var algorithms: [DigestAlgorithm] { authMd5 ? [.sha256, .md5] : [.sha256] }

        private func digest() throws(AuthError) -> DigestAuth? {
            var options = DigestAuth.Options()
            options.algorithms = algorithms
            if let authDigests {
                return DigestAuth(realm: realm, users: try DigestFile(authDigests), options: options)
            }
            guard authScheme == .digest else { return nil }
            let users = try DigestPasswords(given(), realm: realm, algorithms: options.algorithms)
            return DigestAuth(realm: realm, users: users, options: options)
        }

        /// The users of `--auth` and their passwords.
        private func given() throws(AuthError) -> [String: String] {
            var users: [String: String] = [:]
            for text in auth {
                let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                guard users.updateValue(parts.last ?? "", forKey: parts[0]) == nil else {
                    throw AuthError("--auth has two passwords for \(parts[0]). Give one.")
                }
            }
            return users
        }
    }
#endif
