import Glibc
import MartletReactor

/// The certificates that a local CA makes for one server: one for all names and addresses of this machine that lead to it,
/// and one for each further name below `localhost` and `test` that a client asks for.
///
/// All have the one key, which lives in memory alone. Can be used from any thread.
public final class LocalCertificates: CertificateSource {
    /// Who vouches for them.
    public let authority: LocalAuthority
    private let key: PrivateKey
    private let hosts: [String]
    private let addresses: [SocketAddress]
    private let clock: @Sendable () -> Int
    private let current: Locked<Main>

    /// With less left, another is made.
    static let renewal = 10 * 86_400
    /// Names of a certificate.
    private static let nameLimit = 100

    private struct Main {
        /// All that lead here.
        let names: [String]
        let credential: Credential
        /// Those of them for which the root may not vouch.
        let omitted: [String]
    }

    /// Makes the first certificate.
    /// - Parameters:
    ///   - addresses: where the server is to listen; those for every address stand for those of the interfaces.
    ///   - hosts: further names for the certificate.
    ///   - clock: tells the time in seconds since 1970.
    public init(
        of authority: LocalAuthority,
        addresses: [SocketAddress],
        hosts: [String] = [],
        clock: @escaping @Sendable () -> Int = WallClock.seconds
    ) throws(TLSError) {
        self.authority = authority
        self.addresses = addresses
        self.hosts = hosts
        self.clock = clock
        key = try PrivateKey(generating: .p256)
        current = Locked(try Self.made(by: authority, for: Self.names(addresses, hosts), key, clock()))
    }

    private static func made(
        by authority: LocalAuthority,
        for names: [String],
        _ key: PrivateKey,
        _ now: Int
    ) throws(TLSError) -> Main {
        let permitted = try authority.permitted(names, key: key, now: now)
        return Main(
            names: names,
            credential: try authority.issue(for: permitted, key: key, now: now),
            omitted: names.filter { !permitted.contains($0) }
        )
    }

    /// The names, with `DNS:` or `IP:` before each.
    private static func names(_ addresses: [SocketAddress], _ hosts: [String]) -> [String] {
        let own = DomainName.own
        let local = own?.split(separator: ".").first.map { "\($0).local" }
        let domains = (["localhost", own, local] + hosts.map(DomainName.valid)).compactMap { $0 }
        let bound = addresses.flatMap { $0.isAny ? SocketAddress.ofInterfaces().map(\.address) : [$0] }
        let numbers = ["127.0.0.1", "::1"] + bound.filter { $0.family != AF_UNIX }.map(\.host)
        // Without the zone of a link-local address.
        let all = domains.map { "DNS:\($0)" } + numbers.map { "IP:\($0.prefix { $0 != "%" })" }
        var seen: Set<String> = []
        return Array(all.filter { seen.insert($0).inserted }.prefix(nameLimit))
    }

    /// The names and addresses that lead here but for which the CA may not vouch, such as addresses of the Internet; with
    /// `DNS:` or `IP:` before each.
    public var omitted: [String] { current.withLock { $0.omitted } }

    /// Makes the certificate anew if its time is nearly over, or if this machine has other names or addresses than before.
    /// To be called now and then; `TLSServer.reload` takes it into use.
    /// - Returns: whether it did.
    public func renew() throws(TLSError) -> Bool {
        let names = Self.names(addresses, hosts)
        let now = clock()
        let isFresh = current.withLock { $0.names == names && $0.credential.leaf.notAfter - now >= lifetimeToKeep }
        if isFresh { return false }
        let made = try Self.made(by: authority, for: names, key, now)
        current.withLock { $0 = made }
        return true
    }

    /// Close to the root's end they get shorter, and would else be made over and over.
    private var lifetimeToKeep: Int { min(Self.renewal, (authority.root.notAfter - clock()) / 2) }

    package func certificates() throws(TLSError) -> [Credential] {
        [current.withLock { $0.credential }]
    }

    package func certificate(for name: String) -> Credential? {
        guard let name = DomainName.valid(name), PermittedNames.isMadeUp(name) else { return nil }
        return try? authority.issue(for: ["DNS:\(name)"], key: key, now: clock())
    }
}
