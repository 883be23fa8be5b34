import Glibc
import Martlet
import MartletReactor

#if TLS
    import MartletTLS
#endif

/// What TLS adds to serving: certificates for the server, another server that leads to it, and what to tell of both.
///
/// In a program without TLS none is ever made.
final class SecuredServing {
    private let settings: TLSSettings

    #if TLS
        private var protection: Protection?
    #endif

    init(_ settings: TLSSettings) {
        self.settings = settings
    }

    /// Reads the certificates for a server, whose configuration has its addresses.
    func apply(to configuration: inout ServerConfiguration) throws {
        if settings.redirectPort != nil, !configuration.addresses.contains(where: { $0.port != nil }) {
            throw Problem(
                "--redirect-http has no port to lead to: --bind names Unix sockets alone. Leave one of them out."
            )
        }
        #if TLS
            let protection = try Protection(settings, addresses: configuration.addresses)
            self.protection = protection
            protection.apply(to: &configuration)
        #endif
    }

    /// Where the server that leads to `configuration`'s is to listen, if there is one.
    func redirectAddresses(beside configuration: ServerConfiguration) -> [SocketAddress] {
        guard let port = settings.redirectPort else { return [] }
        return configuration.addresses.filter { $0.port != nil }.map { $0.with(port: port) }
    }

    /// All URLs that work, the best first.
    func urls(_ addresses: [SocketAddress]) -> [String] {
        #if TLS
            protection.map { ProtectionFacts.urls($0, addresses: addresses) } ?? []
        #else
            []
        #endif
    }

    /// Starts to look after the certificates, and tells what is likely to be wrong with them.
    func begin() throws {
        #if TLS
            protection?.warn()
            try protection?.keep()
        #endif
    }

    /// What to tell besides the URLs, a line each. May ask other programs, for a few hundredths of a second.
    /// - Parameter redirecting: where the server listens that leads here.
    func details(url: String?, redirecting: [SocketAddress]) -> [String] {
        var details = redirecting.flatMap(Scheme.http.urls).prefix(1).map { "  \($0) leads there" }
        #if TLS
            if let protection { details += ProtectionFacts.lines(protection, url: url) }
        #endif
        return details
    }

    /// Files and folders that are read again while the server runs.
    var files: [String] {
        var files = settings.certificateFiles + settings.keyFiles
        files += [settings.passwordFile, settings.clientAuthorities].compactMap(\.self)
        #if TLS
            if settings.certificateFiles.isEmpty {
                files += [settings.authorityFolder ?? LocalAuthority.defaultFolder].compactMap(\.self)
            }
        #endif
        return files
    }

    /// Ends what `begin` began.
    func end() {
        #if TLS
            protection?.end()
        #endif
    }
}
