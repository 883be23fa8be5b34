/// How a server speaks TLS: what `TLSServer` is made of.
///
/// What is not said here is Mozilla's intermediate policy (version 6.0): TLS 1.2 and 1.3 with forward secrecy and
/// authenticated ciphers only, the client's order of preference, no compression, renegotiation or early data.
public struct TLSConfiguration: Sendable {
    /// The certificates, in files. A client gets one that stands for the name it asks for (SNI); of several for one name,
    /// one whose kind of key it can use, so that RSA and ECDSA can stand side by side. Who asks for none or another gets
    /// the first.
    public var certificates: [CertificateFiles]
    /// The oldest version that is spoken; default TLS 1.2.
    public var minimumVersion: Version
    /// True: clients that ask for no name, or one without a certificate, are refused. Default false.
    public var strictSNI: Bool
    /// The path of the CA certificates, in PEM, that vouch for clients. Default nil: none do.
    public var clientCA: String?
    /// Whether clients are asked for certificates; default they are not.
    public var clientAuthentication: ClientAuthentication
    /// Further settings by the names of OpenSSL's `SSL_CONF_cmd` for configuration files, such as `Groups`. They come
    /// last, and can weaken everything.
    public var settings: [Setting]
    /// The path of a file where the secrets of all connections are appended, for Wireshark. Whoever reads it reads all
    /// that is sent. Default nil: nowhere.
    public var keyLog: String?
    /// Makes certificates, in place of files or for names that they do not have.
    package var source: (any CertificateSource)?

    /// A certificate in files.
    public struct CertificateFiles: Hashable, Sendable {
        /// The path of the certificates in PEM: first the server's own, then the one that signed it, and so on.
        public var chain: String
        /// The path of the private key in PEM; nil: it is in the file of the certificates.
        public var key: String?
        /// The path of a file whose first line is the password of the key; nil: there is none.
        public var passwordFile: String?
        /// The password of the key where no file holds it; nil: it needs none.
        public var password: String?

        /// Names the files.
        public init(chain: String, key: String? = nil, passwordFile: String? = nil, password: String? = nil) {
            self.chain = chain
            self.key = key
            self.passwordFile = passwordFile
            self.password = password
        }
    }

    /// A version of TLS.
    public enum Version: String, Sendable, CaseIterable {
        /// RFC 5246.
        case tls12 = "1.2"
        /// RFC 8446.
        case tls13 = "1.3"
    }

    /// Whether clients are asked for certificates.
    public enum ClientAuthentication: String, Sendable, CaseIterable {
        /// No.
        case none
        /// They are asked, and let in whatever they answer: `SecureSession.clientCertificate` tells.
        case request
        /// Only clients that one of the client CAs vouches for are let in.
        case require
    }

    /// A setting of OpenSSL's.
    public struct Setting: Hashable, Sendable {
        /// Such as `Groups`.
        public var name: String
        /// Such as `X25519:P-256`.
        public var value: String

        /// Makes one.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Makes one; everything but the certificates has a default.
    public init(
        certificates: [CertificateFiles] = [],
        minimumVersion: Version = .tls12,
        strictSNI: Bool = false,
        clientCA: String? = nil,
        clientAuthentication: ClientAuthentication = .none,
        settings: [Setting] = [],
        keyLog: String? = nil
    ) {
        self.certificates = certificates
        self.minimumVersion = minimumVersion
        self.strictSNI = strictSNI
        self.clientCA = clientCA
        self.clientAuthentication = clientAuthentication
        self.settings = settings
        self.keyLog = keyLog
    }
}
