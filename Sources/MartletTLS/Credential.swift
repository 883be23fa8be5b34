/// A certificate with what a server needs to use it.
package struct Credential: Sendable {
    /// First the server's own certificate, then the one that signed it, and so on. Never empty.
    package let chain: [Certificate]
    /// The key of the first.
    package let key: PrivateKey

    /// The server's own certificate.
    package var leaf: Certificate { chain[0] }

    /// Nil: there is no certificate, or the key is not that of the first one.
    package init?(chain: [Certificate], key: PrivateKey) {
        guard let leaf = chain.first, leaf.matches(key) else { return nil }
        self.chain = chain
        self.key = key
    }

    /// What is likely to be wrong with it, though it can be used, in sentences for people.
    /// - Parameters:
    ///   - source: where it is from: mostly a path.
    ///   - now: seconds since 1970.
    func warnings(_ source: String, now: Int) -> [String] {
        var warnings: [String] = []
        let days = (leaf.notAfter - now) / 86_400
        if leaf.notAfter <= now {
            warnings.append("The certificate in \(source) has expired: clients will refuse it. Renew it.")
        } else if leaf.notBefore > now {
            warnings.append(
                "The certificate in \(source) is not valid yet: clients will refuse it. Is the clock right?"
            )
        } else if days < 14, leaf.notAfter - leaf.notBefore > 20 * 86_400 {
            // What is made for a few days is renewed by itself.
            let time = days == 0 ? "today" : days == 1 ? "in a day" : "in \(days) days"
            warnings.append("The certificate in \(source) expires \(time). Renew it.")
        }
        if leaf.names.isEmpty {
            warnings.append(
                "The certificate in \(source) names no host (subject alternative name): clients will refuse it."
            )
        }
        for (certificate, next) in zip(chain, chain.dropFirst()) where !certificate.isIssued(by: next) {
            warnings.append(
                "The certificates in \(source) are out of order: \"\(certificate.subject)\" is not signed by the one "
                    + "behind it, \"\(next.subject)\". Each must be followed by the one that signed it."
            )
            break
        }
        if chain.count == 1, leaf.namesIssuerAddress, !leaf.isSelfIssued {
            warnings.append(
                "\(source) holds only the server's own certificate: some clients will miss the one that signed it, "
                    + "\"\(leaf.issuer)\". Add it, as in the file that CAs call the full chain."
            )
        }
        return warnings
    }
}

/// Makes certificates. Can be used from any thread.
package protocol CertificateSource: Sendable {
    /// Those that stand behind the ones in files, or for them. Asked at the start, at each reload, and every 12 hours.
    func certificates() throws(TLSError) -> [Credential]

    /// The certificate for a name that no other one stands for; nil: there is none. Asked within a handshake, on a loop:
    /// it must come back soon. What it gives is kept for as long as the rest.
    /// - Parameter name: what a client asks for (SNI), in lower case.
    func certificate(for name: String) -> Credential?
}
