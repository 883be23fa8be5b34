import CMartletOpenSSL
import Glibc

/// The root certificate of a local CA: what is to be trusted.
public struct LocalRoot: Sendable {
    /// Its common name: `Martlet local CA user@host`.
    public let name: String
    /// SHA-256 of the certificate, 64 lower-case hexadecimal digits.
    public let fingerprint: String
    /// The file that it is in, for `curl --cacert`.
    public let file: String
    /// The certificate in PEM.
    public let pem: String
    /// Seconds since 1970 up to which it is valid.
    public let notAfter: Int

    let certificate: Certificate

    init(_ certificate: Certificate, file: String) throws(TLSError) {
        self.certificate = certificate
        self.file = file
        let subject = certificate.subject
        name = subject.hasPrefix("CN=") ? String(subject.dropFirst(3)) : subject
        fingerprint = certificate.fingerprint
        notAfter = certificate.notAfter
        pem = String(decoding: try certificate.pem(), as: UTF8.self)
    }

    /// The root of the local CA in a folder; nil when there is none yet.
    public static func find(in folder: String) throws(TLSError) -> LocalRoot? {
        try find(in: AuthorityFolder(path: folder))
    }

    static func find(in folder: AuthorityFolder) throws(TLSError) -> LocalRoot? {
        let file = folder.certificateFile
        guard let octets = try folder.read(file, isSecret: false) else { return nil }
        guard let certificate = try Certificate.read(pem: octets, from: file).first else { return nil }
        return try LocalRoot(certificate, file: file)
    }

    /// Whether a certificate that it has signed is for nothing but what it may vouch for.
    func permits(_ leaf: Certificate) -> Bool {
        let found = unsafe X509_get_ext_d2i(certificate.pointer, NID_name_constraints, nil, nil)
        guard let found = unsafe found else { return true }
        let constraints = unsafe found.assumingMemoryBound(to: NAME_CONSTRAINTS.self)
        defer { unsafe NAME_CONSTRAINTS_free(constraints) }
        // Which names a certificate has is looked up with its purpose.
        guard unsafe X509_check_purpose(leaf.pointer, -1, 0) == 1 else { return false }
        return unsafe NAME_CONSTRAINTS_check(leaf.pointer, constraints) == X509_V_OK
    }
}
