import CMartletOpenSSL
import CMartletTLS

/// What a certificate to be made shall say.
package struct CertificateTemplate: Sendable {
    /// Of the subject. Nil: none.
    package var commonName: String?
    /// Of the subject. Nil: none.
    package var organization: String?
    /// The subject alternative names, as `Certificate.names` has them.
    package var names: [String]
    /// Seconds since 1970 from which on it is valid.
    package var notBefore: Int
    /// Seconds since 1970 up to which it is valid.
    package var notAfter: Int
    /// What it may be used for; nothing is said for a CA.
    package var usages: [Usage]
    /// Set: it may sign certificates.
    package var authority: Authority?

    /// What the holder of a certificate may be (RFC 5280 §4.2.1.12).
    package enum Usage: String, Sendable {
        /// A TLS server.
        case server = "serverAuth"
        /// A TLS client.
        case client = "clientAuth"
    }

    /// What a CA may sign.
    package struct Authority: Sendable {
        /// How many CAs may stand between it and a leaf; nil: any number.
        package var pathLength: Int?
        /// The only names it may vouch for: `DNS:localhost`, `IP:127.0.0.0/255.0.0.0`. Empty: any.
        package var permitted: [String]

        /// Makes one.
        package init(pathLength: Int? = 0, permitted: [String] = []) {
            self.pathLength = pathLength
            self.permitted = permitted
        }
    }

    /// Makes one.
    package init(
        commonName: String? = nil,
        organization: String? = nil,
        names: [String] = [],
        notBefore: Int,
        notAfter: Int,
        usages: [Usage] = [.server],
        authority: Authority? = nil
    ) {
        self.commonName = commonName
        self.organization = organization
        self.names = names
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.usages = usages
        self.authority = authority
    }

    /// Makes the certificate of a key.
    /// - Parameters:
    ///   - key: of which the public part is certified.
    ///   - issuer: who signs it; nil: the key itself, as roots are.
    package func issue(
        for key: PrivateKey,
        by issuer: (certificate: Certificate, key: PrivateKey)? = nil
    ) throws(TLSError) -> Certificate {
        cmt_clear_errors()
        guard let made = unsafe X509_new() else { throw .failure("make a certificate") }
        do throws(TLSError) {
            try unsafe fill(made, key, issuer?.certificate.pointer)
            let signer = issuer?.key ?? key
            guard unsafe X509_sign(made, signer.pointer, EVP_sha256()) > 0 else { throw .failure("sign a certificate") }
        } catch {
            unsafe X509_free(made)
            throw error
        }
        guard let certificate = unsafe Certificate(owning: made) else { throw .failure("date a certificate") }
        return certificate
    }

    private func fill(_ made: OpaquePointer, _ key: PrivateKey, _ issuer: OpaquePointer?) throws(TLSError) {
        let subject = unsafe X509_get_subject_name(made)
        var isWell = unsafe X509_set_version(made, 2) == 1 && cmt_set_random_serial(made) == 1
        for (type, value) in [("O", organization), ("CN", commonName)] {
            guard let value else { continue }
            let octets = Array(value.utf8)
            let count = CInt(clamping: octets.count)
            let code = unsafe X509_NAME_add_entry_by_txt(subject, type, MBSTRING_UTF8, octets, count, -1, 0)
            isWell = isWell && code == 1
        }
        let issuerName = unsafe issuer == nil ? subject : X509_get_subject_name(issuer)
        isWell = unsafe isWell && X509_set_issuer_name(made, issuerName) == 1
        isWell = unsafe isWell && ASN1_TIME_set(X509_getm_notBefore(made), notBefore) != nil
        isWell = unsafe isWell && ASN1_TIME_set(X509_getm_notAfter(made), notAfter) != nil
        isWell = unsafe isWell && X509_set_pubkey(made, key.pointer) == 1
        guard isWell else { throw .failure("make a certificate") }
        // The identifier of the key first: for a root, the issuer's is taken from it.
        try unsafe add(NID_subject_key_identifier, "hash", made, issuer)
        try unsafe add(NID_authority_key_identifier, "keyid:always", made, issuer)
        if let authority {
            try unsafe addAuthority(authority, made)
        } else {
            try unsafe add(NID_basic_constraints, "critical,CA:FALSE", made, issuer)
            try unsafe add(NID_key_usage, "critical,digitalSignature", made, issuer)
        }
        if !usages.isEmpty, authority == nil {
            try unsafe add(NID_ext_key_usage, usages.map(\.rawValue).joined(separator: ","), made, issuer)
        }
        try unsafe addNames(made)
    }

    private func addAuthority(_ authority: Authority, _ made: OpaquePointer) throws(TLSError) {
        let path = authority.pathLength.map { ",pathlen:\($0)" } ?? ""
        try unsafe add(NID_basic_constraints, "critical,CA:TRUE\(path)", made, nil)
        try unsafe add(NID_key_usage, "critical,keyCertSign,cRLSign", made, nil)
        guard !authority.permitted.isEmpty else { return }
        // A comma or a semicolon would begin something else.
        for name in authority.permitted
        where name.utf8.contains(where: { !(0x21...0x7e).contains($0) || $0 == 0x2c || $0 == 0x3b }) {
            throw TLSError("\(name) is no name to constrain a CA to.")
        }
        let names = authority.permitted.map { "permitted;\($0)" }.joined(separator: ",")
        try unsafe add(NID_name_constraints, "critical,\(names)", made, nil)
    }

    private func add(
        _ extension: CInt,
        _ value: String,
        _ made: OpaquePointer,
        _ issuer: OpaquePointer?
    ) throws(TLSError) {
        guard unsafe cmt_add_extension(made, issuer ?? made, `extension`, value) == 1 else {
            throw .failure("make a certificate with \(value)")
        }
    }

    private func addNames(_ made: OpaquePointer) throws(TLSError) {
        guard !names.isEmpty else { return }
        guard let list = unsafe cmt_names_new() else { throw .failure("make a certificate") }
        defer { unsafe GENERAL_NAMES_free(list) }
        for text in names {
            guard let name = AlternativeName(text) else { throw TLSError("\(text) is no name for a certificate.") }
            guard unsafe cmt_names_add(list, name.kind, name.octets, name.octets.count) == 1 else {
                throw .failure("make a certificate")
            }
        }
        // Critical where there is no other name (RFC 5280 §4.2.1.6).
        let isCritical: CInt = commonName == nil && organization == nil ? 1 : 0
        guard unsafe X509_add1_ext_i2d(made, NID_subject_alt_name, UnsafeMutableRawPointer(list), isCritical, 0) == 1
        else { throw .failure("make a certificate") }
    }
}
