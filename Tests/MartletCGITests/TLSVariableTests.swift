#if TLS
    import Glibc
    import Martlet
    import MartletCGI
    import MartletReactor
    import MartletTLS
    import TestSupport
    import Testing

    @Suite("CGI: over TLS", .timeLimit(.patient))
    struct TLSVariableTests {
        /// A certificate that nobody vouches for.
        private struct Source: CertificateSource {
            let credential: Credential

            init() throws {
                let now = WallClock.seconds()
                let key = try PrivateKey(generating: .p256)
                let template = CertificateTemplate(
                    commonName: "localhost",
                    names: ["DNS:localhost"],
                    notBefore: now - 86_400,
                    notAfter: now + 86_400,
                    usages: [.server]
                )
                let certificate = try template.issue(for: key, by: nil)
                credential = try #require(Credential(chain: [certificate], key: key))
            }

            func certificates() -> [Credential] { [credential] }
            func certificate(for name: String) -> Credential? { nil }
        }

        @Test("a script that is asked over TLS finds HTTPS=on", .rfc("3875-4.1.18-09"))
        func https() async throws {
            var tls = TLSConfiguration()
            tls.source = try Source()
            let security = try TLSServer(tls)
            try await withSite(configure: { $0.security = security }) { site in
                try site.write("env.cgi", printEnvironment)
                let url = "https://localhost:\(site.port)/cgi-bin/env.cgi"
                let lines = try run("curl", arguments: ["-sk", "--max-time", "60", url]).text.split(separator: "\n")
                #expect(lines.contains("HTTPS=on"))
                #expect(lines.contains("REQUEST_SCHEME=https"))
                #expect(lines.contains("SERVER_NAME=localhost"))
                #expect(lines.contains("SERVER_PORT=\(site.port)"))
            }
        }
    }
#endif
