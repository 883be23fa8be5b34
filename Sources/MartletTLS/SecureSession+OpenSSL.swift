import CMartletOpenSSL
import MartletReactor

extension SecureSession {
    /// What an SSL has agreed on.
    convenience init(of stream: OpaquePointer) {
        let cipher = unsafe SSL_CIPHER_get_name(SSL_get_current_cipher(stream))
        unsafe self.init(
            version: String(cString: SSL_get_version(stream)),
            cipher: cipher.map { unsafe String(cString: $0) } ?? "",
            serverName: HostName(askedOf: stream)?.text,
            isResumed: SSL_session_reused(stream) == 1,
            clientCertificate: SSL_is_server(stream) == 1 ? ClientCertificate(of: stream) : nil
        )
    }
}

extension ClientCertificate {
    /// Nil: the client sent none. In a resumed session it is the one that began it.
    init?(of stream: OpaquePointer) {
        guard let pointer = unsafe SSL_get1_peer_certificate(stream),
            let certificate = unsafe Certificate(owning: pointer)
        else { return nil }
        self.init(
            subject: certificate.subject,
            names: certificate.names,
            fingerprint: certificate.fingerprint,
            isVerified: unsafe SSL_get_verify_result(stream) == Int(X509_V_OK)
        )
    }
}

/// The name that a client asks for (SNI, RFC 6066 §3), in lower case and without a dot at its end.
struct HostName {
    let text: String

    /// Nil: none, or none that could be a host's.
    init?(askedOf stream: OpaquePointer) {
        guard let name = unsafe SSL_get_servername(stream, TLSEXT_NAMETYPE_host_name) else { return nil }
        unsafe self.init(String(cString: name))
    }

    /// Nil: it could not be a host's.
    init?(_ name: String) {
        let lower = name.hasSuffix(".") ? name.dropLast().lowercased() : name.lowercased()
        let isWell = lower.utf8.allSatisfy { octet in
            switch octet {
            // An address is no name, but is sent for one, and does no harm.
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"):
                true
            default: false
            }
        }
        guard isWell, !lower.isEmpty, lower.utf8.count <= 253 else { return nil }
        text = lower
    }

    /// The name of a certificate that stands for all names beside this one: `*.example` for `a.example`.
    var wildcard: String? {
        text.firstIndex(of: ".").map { "*" + text[$0...] }
    }
}
