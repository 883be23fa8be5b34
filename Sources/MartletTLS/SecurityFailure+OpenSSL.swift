import CMartletOpenSSL
import MartletReactor

extension SecurityFailure {
    /// The peer left within the handshake.
    static let closed = SecurityFailure(
        "closed",
        "the peer closed the connection within the handshake; a client that does so often does not trust the certificate"
    )
    /// The peer left before it.
    static let silent = SecurityFailure("silent", "the peer closed the connection before it said anything")

    /// The connection broke.
    static func lost(_ code: CInt) -> SecurityFailure {
        SecurityFailure("lost", "the connection is lost: \(SystemError.text(of: code))")
    }

    /// Makes of OpenSSL's words what helps.
    /// - Parameter stream: the SSL that failed.
    init(_ errors: [OpenSSLError], _ stream: OpaquePointer) {
        // Causes come first; errors of other parts of OpenSSL come before those of TLS, which say more.
        guard let error = errors.first(where: { $0.library == CInt(ERR_LIB_SSL) }) ?? errors.first else {
            self.init("unknown", "OpenSSL does not say why")
            return
        }
        let isServer = unsafe SSL_is_server(stream) == 1
        let alert = error.reason - CInt(SSL_AD_REASON_OFFSET)
        if error.library == CInt(ERR_LIB_SSL), (0...255).contains(alert) {
            self.init(alert: alert, isServer)
            return
        }
        if error.reason == SSL_R_CERTIFICATE_VERIFY_FAILED {
            let result = unsafe SSL_get_verify_result(stream)
            let why = unsafe String(cString: X509_verify_cert_error_string(result))
            self.init(
                isServer ? "client_certificate_refused" : "certificate_refused",
                isServer
                    ? "the client's certificate is refused (\(why)): it must be signed by one of the client CAs, for clients"
                    : "the server's certificate is refused: \(why)"
            )
            return
        }
        if error.reason == SSL_R_CALLBACK_FAILED, isServer {
            let name = unsafe HostName(askedOf: stream).map { "\"\($0.text)\"" } ?? "no name, or none that a host has"
            self.init(
                "unrecognized_name",
                "the client asks for \(name) (SNI), for which there is no certificate: "
                    + "add one, or let the first one stand for all names"
            )
            return
        }
        if let (kind, message) = Self.own[error.reason], error.library == CInt(ERR_LIB_SSL) {
            self.init(kind, message)
            return
        }
        self.init(Self.identifier(error.text), error.text)
    }

    /// An alert that the peer sent (RFC 8446 §6).
    private init(alert: CInt, _ isServer: Bool) {
        let name = unsafe String(cString: SSL_alert_desc_string_long(alert))
        let kind = Self.identifier(name)
        let hint = isServer ? Self.hints[alert] : nil
        let peer = isServer ? "client" : "server"
        self.init(kind, hint ?? "the \(peer) gave up and says: \(name)")
    }

    private static func identifier(_ text: String) -> String {
        String(text.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
    }

    private static let untrusted =
        "the client does not trust the certificate: let it trust the CA (for the local one, martlet trust install), "
        + "or name the CA to it, as with curl --cacert FILE"

    /// What clients' alerts mean for who runs the server.
    private static let hints: [CInt: String] = [
        SSL_AD_UNKNOWN_CA: untrusted,
        SSL_AD_CERTIFICATE_UNKNOWN: untrusted,
        SSL_AD_BAD_CERTIFICATE: untrusted,
        SSL_AD_CERTIFICATE_EXPIRED:
            "the client says that the certificate has expired: renew it, or set its clock right",
        SSL_AD_UNSUPPORTED_CERTIFICATE: "the client cannot use a certificate of this kind",
        SSL_AD_HANDSHAKE_FAILURE: "the client found nothing in common with what was offered",
        SSL_AD_PROTOCOL_VERSION: "the client does not speak the version of TLS that was chosen",
        SSL_AD_USER_CANCELLED: "the client gave up",
    ]

    /// What this end finds wrong.
    private static let own: [CInt: (String, String)] = [
        SSL_R_NO_SHARED_CIPHER: (
            "no_shared_cipher",
            "the client offers no cipher suite that is allowed here and fits the certificate's key: it is too old"
        ),
        SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM: (
            "no_shared_signature",
            "the client cannot check signatures of the certificate's key: an RSA certificate beside it may help"
        ),
        SSL_R_NO_SUITABLE_KEY_SHARE: (
            "no_shared_group", "the client offers no group for the key exchange that is allowed"
        ),
        SSL_R_UNSUPPORTED_PROTOCOL: (
            "unsupported_protocol", "the client speaks only versions of TLS that are not allowed here: it is too old"
        ),
        SSL_R_INAPPROPRIATE_FALLBACK: (
            "inappropriate_fallback",
            "the client tries an older version than it could: an earlier attempt must have failed"
        ),
        SSL_R_NO_APPLICATION_PROTOCOL: (
            "no_application_protocol", "the client does not offer HTTP/1.1 (ALPN), which is all that is spoken here"
        ),
        SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: (
            "client_certificate_missing",
            "the client sent no certificate, and one is required: as with curl --cert FILE"
        ),
        SSL_R_HTTP_REQUEST: ("http_request", "the client speaks HTTP in the clear: the URL must begin with https"),
        SSL_R_HTTPS_PROXY_REQUEST: ("http_request", "the client takes this server for a proxy"),
        SSL_R_WRONG_VERSION_NUMBER: ("not_tls", "what the peer sends is not TLS"),
        SSL_R_UNEXPECTED_EOF_WHILE_READING: ("closed", "the peer closed the connection without saying so"),
        SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC: ("bad_record", "a record was changed on its way, or is not TLS"),
        SSL_R_NO_RENEGOTIATION: ("renegotiation", "to renegotiate is not allowed"),
    ]
}
