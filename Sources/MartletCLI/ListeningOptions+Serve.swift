import ArgumentParser
import Glibc
import Martlet

extension ListeningOptions {
    /// Serves until a signal ends it.
    /// - Parameters:
    ///   - port: the operand, if there is one.
    ///   - title: what is done here, for the start-up message.
    func serve(
        _ handler: any Handler,
        _ configuration: ServerConfiguration,
        port: UInt16?,
        tls: TLSOptions,
        title: String,
        isQuiet: Bool
    ) throws {
        var configuration = configuration
        if let threads = try resolvedThreads() { configuration.threads = threads }
        configuration.proxies = try AddressRange.ranges(proxyProtocol, of: "proxy-protocol")
        let secured = try tls.resolved().map(SecuredServing.init)
        let server = try start(port: port) { addresses in
            configuration.addresses = addresses
            var configuration = configuration
            try secured?.apply(to: &configuration)
            let server = Server(configuration: configuration, handler: handler)
            server.reportCrashes()
            server.stopOnSignals(reload: secured?.reload) {
                guard isatty(STDERR_FILENO) == 1 else { return }
                Messages.complain("stopping; answers in flight have ten seconds. Ctrl-C again ends at once.")
            }
            return server
        }
        try secured?.begin(server)
        defer { secured?.end() }
        let banner = Banner(
            title: title,
            addresses: server.addresses,
            urls: secured?.urls ?? server.addresses.flatMap(Scheme.http.urls),
            details: isQuiet ? [] : secured?.details() ?? []
        )
        if !isQuiet { banner.write() }
        if opensBrowser, let url = banner.urls.first { Browser.open(url) }
        server.join()
    }
}
