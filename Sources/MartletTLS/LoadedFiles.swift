import CMartletOpenSSL
import MartletReactor

/// What the files of a configuration held at some moment.
struct LoadedFiles: Sendable {
    private var entries: [Entry] = []
    /// Those that vouch for clients.
    private(set) var clientAuthorities: [Certificate] = []

    private struct Entry {
        let credential: Credential
        /// Where its certificates are from.
        let path: String
        /// The path of the key, if everybody can read it.
        let openKeyPath: String?
    }

    var credentials: [Credential] { entries.map(\.credential) }

    /// What is likely to be wrong with them now, in sentences for people.
    func warnings() -> [String] {
        let now = WallClock.seconds()
        return entries.flatMap { entry in
            entry.credential.warnings(entry.path, now: now)
                + [entry.openKeyPath].compactMap { $0 }.map { path in
                    "Everybody on this machine can read the private key in \(path): chmod 600 \(path)"
                }
        }
    }

    /// Reads and checks them.
    init(_ configuration: TLSConfiguration) throws(TLSError) {
        for files in configuration.certificates { try load(files) }
        if let path = configuration.clientCA {
            let file = try CredentialFile(path, "CA certificate")
            clientAuthorities = try Certificate.read(pem: file.octets, from: path)
        } else if configuration.clientAuthentication == .require {
            throw TLSError("Clients must show certificates, but no CA is named that vouches for them.")
        }
    }

    private mutating func load(_ files: TLSConfiguration.CertificateFiles) throws(TLSError) {
        var chainFile = try CredentialFile(files.chain, "certificate")
        defer { erase(&chainFile.octets) }
        let chain = try Certificate.read(pem: chainFile.octets, from: files.chain)
        let keyPath = files.key ?? files.chain
        var keyFile = files.key == nil ? chainFile : try CredentialFile(keyPath, "private key")
        defer { erase(&keyFile.octets) }
        var password = files.password
        if let path = files.passwordFile {
            let file = try CredentialFile(path, "password")
            let line = file.octets.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
            password = String(decoding: line, as: UTF8.self)
        }
        let key = try PrivateKey(pem: keyFile.octets, from: keyPath, password: password)
        guard let credential = Credential(chain: chain, key: key) else {
            throw chain.contains { $0.matches(key) }
                ? TLSError(
                    "The certificates in \(files.chain) are out of order: the one that belongs to the key in \(keyPath) "
                        + "must come first."
                )
                : TLSError(
                    "The private key in \(keyPath) does not belong to the certificate in \(files.chain): "
                        + "they are of two different pairs."
                )
        }
        let isOpen = keyFile.signature.isOpenToAll && keyFile.signature.isRegular
        entries.append(Entry(credential: credential, path: files.chain, openKeyPath: isOpen ? keyPath : nil))
    }

    /// So that no copy stays in memory.
    private func erase(_ octets: inout [UInt8]) {
        unsafe octets.withUnsafeMutableBytes { unsafe OPENSSL_cleanse($0.baseAddress, $0.count) }
    }
}

extension TLSConfiguration {
    /// What the files are like now, in order. Equal to an earlier one: none has changed.
    var signatures: [FileSignature?] {
        var paths: [String] = []
        for files in certificates { paths += [files.chain, files.key, files.passwordFile].compactMap { $0 } }
        return (paths + [clientCA].compactMap { $0 }).map { FileSignature(path: $0) }
    }
}
