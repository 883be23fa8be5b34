import Glibc
import MartletReactor

/// A certificate authority of this user and machine, for servers in development: its folder holds a root and its key,
/// made once. It signs for this machine's names and addresses alone, and only what trusts its root believes it.
///
/// Can be used from any thread.
public final class LocalAuthority: Sendable {
    /// What is to be trusted.
    public let root: LocalRoot
    private let key: PrivateKey

    private static let day = 86_400
    /// Ten years, two or three leap days among them.
    static let rootLifetime = 3652 * day
    /// Of what it signs, in seconds.
    static let leafLifetime = 30 * day

    private init(root: LocalRoot, key: PrivateKey) {
        self.root = root
        self.key = key
    }

    /// `martlet` in the user's data directory (XDG_DATA_HOME, else .local/share at home); nil for a user without a home.
    public static var defaultFolder: String? {
        func variable(_ name: String) -> String? {
            guard let value = unsafe getenv(name) else { return nil }
            let text = unsafe String(cString: value)
            // The specification has relative ones ignored.
            return text.hasPrefix("/") ? text : nil
        }
        if let data = variable("XDG_DATA_HOME") { return "\(data)/martlet" }
        if let home = variable("HOME") { return "\(home)/.local/share/martlet" }
        guard let entry = unsafe getpwuid(geteuid()), let home = unsafe entry.pointee.pw_dir else { return nil }
        return "\(unsafe String(cString: home))/.local/share/martlet"
    }

    /// The local CA in a folder. Makes the folder (mode 0700) and the CA if there is none; of several processes that do so
    /// at once, one makes it.
    /// - Parameter now: seconds since 1970.
    /// - Throws: `TLSError` also for a key that others may read, and for a CA whose time is over.
    public static func open(
        _ folder: String,
        now: Int = WallClock.seconds()
    ) throws(TLSError) -> LocalAuthority {
        let folder = AuthorityFolder(path: folder)
        try folder.make()
        if let found = try load(folder, now: now) { return found }
        return try folder.locked { () throws(TLSError) in
            if let found = try load(folder, now: now) { return found }
            return try make(in: folder, now: now)
        }
    }

    private static func load(_ folder: AuthorityFolder, now: Int) throws(TLSError) -> LocalAuthority? {
        guard let root = try LocalRoot.find(in: folder) else { return nil }
        let remedy = "Remove '\(folder.certificateFile)', and the next start makes another CA, to be trusted anew."
        guard let octets = try folder.read(folder.keyFile, isSecret: true) else {
            throw TLSError("The local CA has no key '\(folder.keyFile)'. \(remedy)")
        }
        let key = try PrivateKey(pem: octets, from: folder.keyFile)
        guard root.certificate.matches(key) else {
            throw TLSError("The local CA's key '\(folder.keyFile)' is not that of its certificate. \(remedy)")
        }
        guard root.notAfter > now else {
            throw TLSError("The time of the local CA is over. Run martlet trust uninstall. \(remedy)")
        }
        return LocalAuthority(root: root, key: key)
    }

    private static func make(in folder: AuthorityFolder, now: Int) throws(TLSError) -> LocalAuthority {
        let hostName = DomainName.own
        let template = CertificateTemplate(
            commonName: commonName(user: userName, host: hostName),
            // Clocks differ a little.
            notBefore: now - day,
            notAfter: now + rootLifetime,
            usages: [],
            authority: .init(pathLength: 0, permitted: PermittedNames.constraints(hostName: hostName))
        )
        let key = try PrivateKey(generating: .p256)
        let certificate = try template.issue(for: key)
        // Where there is a certificate, there is its key.
        try folder.write(folder.keyFile, try key.pem(), mode: 0o600)
        try folder.write(folder.certificateFile, try certificate.pem(), mode: 0o644)
        return LocalAuthority(root: try LocalRoot(certificate, file: folder.certificateFile), key: key)
    }

    /// At most 64 characters, as X.520 has it.
    static func commonName(user: String, host: String?) -> String {
        let name = "Martlet local CA \(user)@\(host ?? "localhost")".unicodeScalars
        return String(String.UnicodeScalarView(name.filter { $0.value >= 32 && !(127..<160 ~= $0.value) }.prefix(64)))
    }

    private static var userName: String {
        guard let entry = unsafe getpwuid(geteuid()), let name = unsafe entry.pointee.pw_name else {
            return "\(geteuid())"
        }
        return unsafe String(cString: name)
    }

    // MARK: Leaves

    /// Makes a certificate for 30 days, or until the root's end.
    /// - Parameters:
    ///   - names: as `Certificate.names` has them.
    ///   - now: seconds since 1970.
    package func issue(for names: [String], key: PrivateKey, now: Int) throws(TLSError) -> Credential {
        let template = CertificateTemplate(
            names: names,
            notBefore: max(root.certificate.notBefore, now - Self.day),
            notAfter: min(root.notAfter, now + Self.leafLifetime)
        )
        let leaf = try template.issue(for: key, by: (root.certificate, self.key))
        guard let credential = Credential(chain: [leaf], key: key) else { throw TLSError("The key is unfit.") }
        return credential
    }

    /// Those of `names` that the root lets it vouch for: with one of the others a certificate would be refused whole.
    func permitted(_ names: [String], key: PrivateKey, now: Int) throws(TLSError) -> [String] {
        var permitted: [String] = []
        for name in names where root.permits(try issue(for: [name], key: key, now: now).leaf) { permitted.append(name) }
        return permitted
    }
}
