#if TLS
    import Glibc
    import MartletReactor
    import MartletTLS

    /// A certificate authority for tests, made once in each process. Nothing trusts it but what is told to.
    ///
    /// ```swift
    /// server.tls(.testCA)
    /// let answer = try run("curl", "--cacert", TestCA.file, server.url("/"))
    /// ```
    public enum TestCA {
        private static let made: Swift.Result<Authority, TLSError> = Swift.Result { () throws(TLSError) in
            try Authority()
        }

        /// Its certificate in PEM.
        /// - Throws: `TLSError` where OpenSSL cannot make one.
        public static var pem: String {
            get throws { try String(decoding: authority.root.pem(), as: UTF8.self) }
        }

        /// A file that holds `pem`, until the process ends.
        /// - Throws: `TLSError`; `SystemError` when the file cannot be written.
        public static var file: String {
            get throws { try written.get() }
        }

        /// A certificate and its key in PEM.
        public struct Certificate: Sendable {
            /// The certificate.
            public let certificate: String
            /// Its private key.
            public let key: String
        }

        /// Makes a certificate for a server or a client: to give to other programs.
        /// - Parameter names: such as `DNS:a.example`, `IP:192.0.2.1`, `email:a@b.example`, `URI:spiffe://a/b`.
        /// - Throws: `TLSError` for names that are none.
        public static func certificate(for names: [String]) throws -> Certificate {
            let credential = try authority.issue(names, usages: [.server, .client])
            return Certificate(
                certificate: String(decoding: try credential.leaf.pem(), as: UTF8.self),
                key: String(decoding: try credential.key.pem(), as: UTF8.self)
            )
        }

        static var authority: Authority {
            get throws { try made.get() }
        }

        /// A client that trusts it and nobody else.
        static var client: TLSClient {
            get throws { try TLSClient(authorities: [authority.root]) }
        }

        private static let written: Swift.Result<String, any Error> = Swift.Result { () throws -> String in
            let octets = try authority.root.pem()
            let folder = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
            var template = Array("\(folder)/martlet-test-ca.XXXXXX".utf8CString)
            let fd = unsafe mkstemp(&template)
            guard fd >= 0 else { throw SystemError(operation: "mkostemp in \(folder)") }
            defer { close(fd) }
            _ = fcntl(fd, F_SETFD, FD_CLOEXEC)
            let count = unsafe octets.withUnsafeBytes { unsafe write(fd, $0.baseAddress, $0.count) }
            let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
            guard count == octets.count else { throw SystemError(operation: "write \(path)") }
            atexit { if let path = try? TestCA.written.get() { unsafe unlink(path) } }
            return path
        }

        /// A root, and what it signs.
        struct Authority: Sendable {
            let root: MartletTLS.Certificate
            private let key: PrivateKey

            private static let day = 86_400

            fileprivate init() throws(TLSError) {
                let now = WallClock.seconds()
                key = try PrivateKey(generating: .p256)
                root = try CertificateTemplate(
                    commonName: "Martlet test CA",
                    notBefore: now - Self.day,
                    notAfter: now + Self.day,
                    authority: CertificateTemplate.Authority(pathLength: 1)
                ).issue(for: key)
            }

            /// A certificate that is good from a day ago for so many days more, or was.
            func issue(
                _ names: [String],
                days: Int = 1,
                usages: [CertificateTemplate.Usage] = [.server]
            ) throws -> Credential {
                try Self.leaf(names, days: days, usages: usages, by: (root, key))
            }

            /// One that it vouches for through another CA.
            func issueByIntermediate(_ names: [String]) throws -> Credential {
                let now = WallClock.seconds()
                let middle = try PrivateKey(generating: .p256)
                let certificate = try CertificateTemplate(
                    commonName: "Martlet test CA, intermediate",
                    notBefore: now - Self.day,
                    notAfter: now + Self.day,
                    authority: CertificateTemplate.Authority()
                ).issue(for: middle, by: (root, key))
                return try Self.leaf(names, days: 1, usages: [.server], by: (certificate, middle))
            }

            /// One that nobody vouches for.
            static func selfSigned(_ names: [String]) throws -> Credential {
                try leaf(names, days: 1, usages: [.server], by: nil)
            }

            private static func leaf(
                _ names: [String],
                days: Int,
                usages: [CertificateTemplate.Usage],
                by issuer: (certificate: MartletTLS.Certificate, key: PrivateKey)?
            ) throws -> Credential {
                let now = WallClock.seconds()
                let key = try PrivateKey(generating: .p256)
                let template = CertificateTemplate(
                    commonName: issuer == nil ? "localhost" : nil,
                    names: names,
                    notBefore: now + min(-1, days - 1) * day,
                    notAfter: now + days * day - (days > 0 ? 60 : 0),
                    usages: usages
                )
                let certificate = try template.issue(for: key, by: issuer)
                guard let credential = Credential(chain: [certificate], key: key) else {
                    throw SystemError(code: EINVAL, operation: "make a certificate")
                }
                return credential
            }
        }
    }
#endif
