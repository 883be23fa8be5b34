import CMartletOpenSSL
import CMartletTLS

/// An SSL_CTX: what the connections with one set of certificates have in common.
///
/// `@unchecked Sendable`: set up by one thread, never changed after that, and OpenSSL locks what it changes itself.
@safe
final class SSLContext: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ role: TLSStream.Role) throws(TLSError) {
        cmt_clear_errors()
        guard let pointer = unsafe SSL_CTX_new(role == .server ? TLS_server_method() : TLS_client_method()) else {
            throw .failure("start OpenSSL")
        }
        unsafe self.pointer = pointer
        unsafe cmt_set_up(pointer, role == .server)
    }

    deinit {
        unsafe SSL_CTX_free(pointer)
    }

    /// Adds a certificate; one of the same kind of key is replaced.
    func use(_ credential: Credential) throws(TLSError) {
        cmt_clear_errors()
        let rest = unsafe credential.chain.dropFirst().map { unsafe Optional($0.pointer) }
        let code = unsafe cmt_use(pointer, credential.leaf.pointer, credential.key.pointer, rest, rest.count)
        guard code == 1 else {
            let name = credential.leaf.names.first ?? credential.leaf.subject
            throw .failure("The certificate for \(name) cannot be used")
        }
    }

    /// Sets what `SSL_CONF_cmd` knows. What all OpenSSLs cannot is tried first, then without it.
    func set(_ settings: [TLSConfiguration.Setting], for role: TLSStream.Role) throws(TLSError) {
        guard let configuration = unsafe SSL_CONF_CTX_new() else { throw .failure("start OpenSSL") }
        defer { unsafe SSL_CONF_CTX_free(configuration) }
        let side = role == .server ? SSL_CONF_FLAG_SERVER : SSL_CONF_FLAG_CLIENT
        _ = unsafe SSL_CONF_CTX_set_flags(configuration, UInt32(SSL_CONF_FLAG_FILE | side))
        unsafe SSL_CONF_CTX_set_ssl_ctx(configuration, pointer)
        for setting in settings {
            cmt_clear_errors()
            let code = unsafe SSL_CONF_cmd(configuration, setting.name, setting.value)
            if code > 0 { continue }
            if code == -2 { throw TLSError("OpenSSL knows no setting \(setting.name) for this.") }
            let why = OpenSSLError.take().first { $0.library != CInt(ERR_LIB_CONF) }?.text ?? "not understood"
            throw TLSError("OpenSSL refuses the setting \(setting.name)=\(setting.value): \(why).")
        }
        guard unsafe SSL_CONF_CTX_finish(configuration) == 1 else { throw .failure("set OpenSSL up") }
    }

    /// Mozilla's intermediate policy, version 6.0, but for the order of the suites, which is ours: scanners want one. It is
    /// Mozilla's, the quickest first; a client that puts ChaCha20 first, as one without AES in hardware does, gets that.
    func setPolicy(minimum: TLSConfiguration.Version, for role: TLSStream.Role) throws(TLSError) {
        let suites = [
            "ECDSA-AES128-GCM-SHA256", "RSA-AES128-GCM-SHA256", "ECDSA-AES256-GCM-SHA384",
            "RSA-AES256-GCM-SHA384", "ECDSA-CHACHA20-POLY1305", "RSA-CHACHA20-POLY1305",
        ]
        try set(
            [
                TLSConfiguration.Setting("MinProtocol", "TLSv\(minimum.rawValue)"),
                TLSConfiguration.Setting("CipherString", suites.map { "ECDHE-\($0)" }.joined(separator: ":")),
                TLSConfiguration.Setting(
                    "Ciphersuites",
                    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
                ),
            ],
            for: role
        )
        let groups = "X25519:prime256v1:secp384r1"
        do throws(TLSError) {
            try set([TLSConfiguration.Setting("Groups", "X25519MLKEM768:\(groups)")], for: role)
        } catch {
            // Before OpenSSL 3.5.
            try set([TLSConfiguration.Setting("Groups", groups)], for: role)
        }
    }
}
