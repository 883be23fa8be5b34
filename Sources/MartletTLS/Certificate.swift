import CMartletOpenSSL
import CMartletTLS

/// An X.509 certificate (RFC 5280).
///
/// `@unchecked Sendable`: never changed, and OpenSSL counts its owners atomically.
@safe
package final class Certificate: @unchecked Sendable {
    /// An X509.
    let pointer: OpaquePointer
    /// The subject alternative names: `DNS:a.example`, `IP:192.0.2.1`, `email:a@b.example`, `URI:spiffe://a/b`. What is
    /// not printable ASCII in them is written as a backslash and two hexadecimal digits.
    package let names: [String]
    /// Seconds since 1970 from which on it is valid.
    package let notBefore: Int
    /// Seconds since 1970 up to which it is valid.
    package let notAfter: Int

    /// Takes over a reference. Nil: its dates make no sense.
    init?(owning pointer: OpaquePointer) {
        unsafe self.pointer = pointer
        names = unsafe AlternativeName.all(of: pointer).map(\.description)
        var start: Int64 = 0
        var end: Int64 = 0
        let hasStart = unsafe cmt_seconds(X509_get0_notBefore(pointer), &start)
        let hasEnd = unsafe cmt_seconds(X509_get0_notAfter(pointer), &end)
        notBefore = Int(start)
        notAfter = Int(end)
        if !hasStart || !hasEnd { return nil }
    }

    deinit {
        unsafe X509_free(pointer)
    }

    /// Reads all certificates of a PEM text, at least one, in their order. Private keys between them are passed over.
    /// - Parameter source: where the text is from, for messages: mostly a path.
    package static func read(pem: [UInt8], from source: String) throws(TLSError) -> [Certificate] {
        cmt_clear_errors()
        guard let bio = unsafe BIO_new(BIO_s_mem()) else { throw .failure("read \(source)") }
        defer { unsafe BIO_free_all(bio) }
        let count = CInt(clamping: pem.count)
        guard unsafe count == 0 || BIO_write(bio, pem, count) == count else { throw .failure("read \(source)") }
        var found: [Certificate] = []
        while let pointer = unsafe cmt_read_certificate(bio) {
            guard let certificate = unsafe Certificate(owning: pointer) else {
                throw TLSError("A certificate in \(source) has dates that cannot be read.")
            }
            found.append(certificate)
        }
        let end = OpenSSLError.take().last
        guard end?.library == CInt(ERR_LIB_PEM), end?.reason == PEM_R_NO_START_LINE else {
            throw TLSError("A certificate in \(source) cannot be read: \(end?.text ?? "out of memory").")
        }
        guard !found.isEmpty else {
            throw TLSError(
                "\(source) holds no certificate in PEM, a text between BEGIN CERTIFICATE and END CERTIFICATE. "
                    + "From DER: openssl x509 -inform DER -in FILE"
            )
        }
        return found
    }

    /// The certificate in PEM.
    package func pem() throws(TLSError) -> [UInt8] {
        guard let octets = unsafe octetsWritten(by: { unsafe PEM_write_bio_X509($0, pointer) }) else {
            throw .failure("write a certificate")
        }
        return octets
    }

    /// The subject's distinguished name (RFC 4514), such as `CN=Ada,O=Example`; empty when it has none.
    package var subject: String {
        unsafe Self.text(of: X509_get_subject_name(pointer))
    }

    /// The distinguished name of who signed it.
    package var issuer: String {
        unsafe Self.text(of: X509_get_issuer_name(pointer))
    }

    private static func text(of name: OpaquePointer?) -> String {
        guard let name = unsafe name, let text = unsafe cmt_name_text(name) else { return "" }
        defer { unsafe cmt_free(text) }
        return unsafe String(cString: text)
    }

    /// SHA-256 of the certificate, 64 lower-case hexadecimal digits.
    package var fingerprint: String {
        var digest = [UInt8](repeating: 0, count: 32)
        guard unsafe X509_digest(pointer, EVP_sha256(), &digest, nil) == 1 else { return "" }
        return hexadecimal(digest)
    }

    /// True when the key is the one whose public part this certifies.
    package func matches(_ key: PrivateKey) -> Bool {
        defer { cmt_clear_errors() }
        return unsafe X509_check_private_key(pointer, key.pointer) == 1
    }

    /// True when `other` is, by names and key identifiers, who signed it. The signature is not checked.
    package func isIssued(by other: Certificate) -> Bool {
        unsafe X509_check_issued(other.pointer, pointer) == X509_V_OK
    }

    /// True when its issuer is its subject: a root, or a certificate that nobody vouches for.
    package var isSelfIssued: Bool {
        unsafe X509_get_extension_flags(pointer) & UInt32(EXFLAG_SI) != 0
    }

    /// True when it says where to find the certificate that signed it: public CAs do, and few of them sign by their root.
    var namesIssuerAddress: Bool {
        unsafe X509_get_ext_by_NID(pointer, NID_info_access, -1) >= 0
    }

    /// The DNS names in it, in lower case.
    var hostNames: [String] {
        names.filter { $0.hasPrefix("DNS:") }.map { $0.dropFirst(4).lowercased() }
    }
}

/// Two digits an octet, in lower case.
func hexadecimal(_ octets: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for octet in octets { text += [digits[Int(octet >> 4)], digits[Int(octet & 15)]] }
    return String(decoding: text, as: UTF8.self)
}
