/// The numbers of one digest exchange (RFC 7616 §3.4.1 to §3.4.3, §3.5).
struct DigestComputation {
    let credentials: DigestCredentials
    /// H(user:realm:password), in hexadecimal.
    let hashedA1: [UInt8]
    /// The cnonce of the request that began the session, for the session forms.
    let sessionCnonce: [UInt8]

    private var hash: Hash { credentials.algorithm.hash }
    private static let colon = UInt8(ascii: ":")

    /// What the client has to have sent.
    /// - Parameter content: of the request, where that is protected.
    func response(method: String, content: [UInt8]) -> [UInt8] {
        digest(a2: Array("\(method):\(credentials.uri)".utf8), content)
    }

    /// What the server proves itself by: the same without a method.
    /// - Parameter content: of the answer, where that is protected.
    func responseAuth(content: [UInt8]) -> [UInt8] {
        digest(a2: Array(":\(credentials.uri)".utf8), content)
    }

    private func digest(a2: [UInt8], _ content: [UInt8]) -> [UInt8] {
        var a2 = a2
        if credentials.protection == .authInt { a2 += [Self.colon] + hash.hex(of: content) }
        let parts = [
            key, credentials.nonce, credentials.countText, credentials.cnonce,
            Array(credentials.protection.rawValue.utf8), hash.hex(of: a2),
        ]
        return hash.hex(of: Array(parts.joined(separator: [Self.colon])))
    }

    /// H(A1).
    private var key: [UInt8] {
        guard credentials.algorithm.isSession else { return hashedA1 }
        return hash.hex(of: hashedA1 + [Self.colon] + credentials.nonce + [Self.colon] + sessionCnonce)
    }
}
