#if TLS
    import MartletReactor
    import MartletTLS

    /// How a `TestServer` speaks TLS: as it should, or with one thing wrong that clients have to notice.
    public enum TestCertificate: Sendable, Hashable, CaseIterable {
        /// For `localhost`, 127.0.0.1 and ::1, by the test CA: a client that trusts that is content.
        case testCA
        /// The same, but its time was over yesterday.
        case expired
        /// By the test CA, but for `wrong-host.test` alone.
        case wrongHost
        /// Signed by its own key: nobody vouches for it.
        case selfSigned
        /// By a CA that the test CA vouches for, whose own certificate is not sent along.
        case missingIntermediate
        /// With the certificate of `testCA`, but TLS 1.0 and 1.1 alone (RFC 8996 forbids both).
        case oldProtocol

        private static let local = ["DNS:localhost", "IP:127.0.0.1", "IP:::1"]

        var server: TLSServer {
            get throws {
                var configuration = TLSConfiguration()
                if self == .oldProtocol {
                    configuration.settings = [
                        TLSConfiguration.Setting("MinProtocol", "TLSv1"),
                        TLSConfiguration.Setting("MaxProtocol", "TLSv1.1"),
                        TLSConfiguration.Setting("CipherString", "DEFAULT:@SECLEVEL=0"),
                    ]
                }
                configuration.source = Source(credential: try credential)
                return try TLSServer(configuration)
            }
        }

        private var credential: Credential {
            get throws {
                let authority = try TestCA.authority
                return switch self {
                case .testCA, .oldProtocol: try authority.issue(Self.local)
                case .expired: try authority.issue(Self.local, days: -1)
                case .wrongHost: try authority.issue(["DNS:wrong-host.test"])
                case .selfSigned: try TestCA.Authority.selfSigned(Self.local)
                case .missingIntermediate: try authority.issueByIntermediate(Self.local)
                }
            }
        }

        private struct Source: CertificateSource {
            let credential: Credential

            func certificates() -> [Credential] { [credential] }
            func certificate(for name: String) -> Credential? { nil }
        }
    }

    extension TestServer {
        /// Speaks TLS on connections to come, with a certificate that is fine or deliberately is not; `url` then begins
        /// with https.
        /// - Throws: `TLSError` where OpenSSL cannot.
        public func tls(_ certificate: TestCertificate) throws {
            let security = try certificate.server
            state.withLock { $0.security = security }
        }
    }
#endif
