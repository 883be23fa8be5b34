import CMartletOpenSSL
import CMartletTLS

/// A private key, with its public one.
///
/// `@unchecked Sendable`: never changed, and OpenSSL counts its owners atomically.
@safe
package final class PrivateKey: @unchecked Sendable {
    /// An EVP_PKEY.
    let pointer: OpaquePointer

    /// What keys are made for.
    package enum Kind: Sendable {
        /// ECDSA on the curve P-256: small and fast.
        case p256
        /// RSA with 2,048 bits, for clients of long ago.
        case rsa2048
    }

    /// Takes over a reference.
    private init(owning pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe EVP_PKEY_free(pointer)
    }

    /// Makes a new one.
    package convenience init(generating kind: Kind) throws(TLSError) {
        let made = unsafe kind == .p256 ? cmt_generate_p256() : cmt_generate_rsa(2048)
        guard let made = unsafe made else { throw .failure("make a private key") }
        unsafe self.init(owning: made)
    }

    /// Reads the first private key of a PEM text: PKCS #8, PKCS #1 or SEC 1, encrypted or not.
    /// - Parameters:
    ///   - source: where the text is from, for messages: mostly a path.
    ///   - password: for an encrypted key.
    package convenience init(pem: [UInt8], from source: String, password: String? = nil) throws(TLSError) {
        cmt_clear_errors()
        var wasAsked = false
        let key =
            if let password {
                unsafe cmt_read_key(pem, pem.count, password, &wasAsked)
            } else {
                unsafe cmt_read_key(pem, pem.count, nil, &wasAsked)
            }
        guard let key = unsafe key else {
            let reason = OpenSSLError.take().last?.text ?? "no reason is known"
            throw Self.refusal(pem, source, wasAsked, password, reason)
        }
        // What was tried before the right thing leaves errors.
        cmt_clear_errors()
        unsafe self.init(owning: key)
    }

    private static func refusal(
        _ pem: [UInt8],
        _ source: String,
        _ wasAsked: Bool,
        _ password: String?,
        _ reason: String
    ) -> TLSError {
        if wasAsked {
            return password == nil
                ? TLSError("The private key in \(source) is encrypted: give its password, in a file.", lack: .password)
                : TLSError("The password does not open the private key in \(source).")
        }
        let text = String(decoding: pem, as: UTF8.self)
        if text.contains("PRIVATE KEY-----") {
            return TLSError("The private key in \(source) cannot be read: \(reason).")
        }
        if text.contains("-----BEGIN ") {
            return TLSError("\(source) holds no private key: give the file that begins BEGIN PRIVATE KEY.", lack: .key)
        }
        return TLSError(
            "\(source) holds no private key in PEM, a text between BEGIN PRIVATE KEY and END PRIVATE KEY. "
                + "From DER: openssl pkey -inform DER -in FILE"
        )
    }

    /// PKCS #8 in PEM; encrypted by AES-256 where there is a password.
    package func pem(password: String? = nil) throws(TLSError) -> [UInt8] {
        let octets =
            if let password {
                unsafe octetsWritten { bio in
                    let length = CInt(clamping: password.utf8.count)
                    return unsafe PEM_write_bio_PKCS8PrivateKey(
                        bio,
                        pointer,
                        EVP_aes_256_cbc(),
                        password,
                        length,
                        nil,
                        nil
                    )
                }
            } else {
                unsafe octetsWritten { unsafe PEM_write_bio_PKCS8PrivateKey($0, pointer, nil, nil, 0, nil, nil) }
            }
        guard let octets else { throw .failure("write a private key") }
        return octets
    }

    /// What algorithm it is for, by OpenSSL's number: a context has room for one certificate of each.
    var type: CInt { unsafe EVP_PKEY_get_base_id(pointer) }
}
