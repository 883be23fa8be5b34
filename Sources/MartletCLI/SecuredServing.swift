import Glibc
import Martlet
import MartletReactor

/// What TLS adds to serving: certificates for the server, another server that leads to it, and what to tell of both.
///
/// In a program without TLS none is ever made.
final class SecuredServing {
    private let settings: TLSSettings
    /// All that works, the best first.
    private(set) var urls: [String] = []
    private var redirecting: Server?
    private let isAtTerminal = isatty(STDERR_FILENO) == 1

    #if TLS
        private var protection: Protection?
    #endif

    init(_ settings: TLSSettings) {
        self.settings = settings
    }

    /// Readies the configuration of the server, which has its addresses.
    func apply(to configuration: inout ServerConfiguration) throws {
        if settings.redirectPort != nil, !configuration.addresses.contains(where: { $0.port != nil }) {
            throw Problem(
                "--redirect-http has no port to lead to: --bind names Unix sockets alone. Leave one of them out."
            )
        }
        #if TLS
            let protection = try protection ?? Protection(settings, addresses: configuration.addresses)
            self.protection = protection
            protection.apply(to: &configuration)
        #endif
    }

    /// What SIGHUP does.
    var reload: (@Sendable () -> Void)? {
        #if TLS
            let (protection, isAtTerminal) = (protection, isAtTerminal)
            return {
                // The terminal was closed: who has no other way to stop it must not leave it behind.
                if isAtTerminal, isatty(STDERR_FILENO) != 1 { return _ = kill(getpid(), SIGTERM) }
                protection?.reload()
            }
        #else
            return nil
        #endif
    }

    /// Goes along with the server, which has started.
    func begin(_ server: Server) throws {
        #if TLS
            guard let protection else { return }
            protection.warn()
            try protection.keep()
            urls = ProtectionFacts.urls(protection, addresses: server.addresses)
        #endif
        guard let port = settings.redirectPort, let target = server.addresses.lazy.compactMap(\.port).first else {
            return
        }
        let other = RedirectToHTTPS.server(beside: server.configuration, tlsPort: target, port: port)
        do throws(SystemError) {
            try other.start()
        } catch {
            server.stop(grace: .zero)
            throw Problem("\(error). Choose another port for --redirect-http.")
        }
        redirecting = other
    }

    /// What to tell besides the URLs, a line each. May ask other programs, for a few hundredths of a second.
    func details() -> [String] {
        var details = (redirecting?.addresses ?? []).flatMap(Scheme.http.urls).prefix(1).map { "  \($0) leads there" }
        #if TLS
            if let protection { details += ProtectionFacts.lines(protection, url: urls.first) }
        #endif
        return details
    }

    /// Ends what `begin` began.
    func end() {
        redirecting?.stop(grace: .zero)
        redirecting?.join()
    }
}
