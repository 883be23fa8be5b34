import CMartletOpenSSL
import MartletWire

/// The secret that URLs are signed with: who has it can make URLs for everything that a server shares.
public struct ShareKey: Sendable {
    private let octets: [UInt8]

    /// Octets of a key, as many as the hash gives (RFC 2104 §3).
    static let length = 32
    /// Octets of a signature: half of what the hash gives, which is the least that RFC 2104 §5 takes, and 128 bits, which
    /// nobody guesses. A URL shall be short enough for a QR code that scans well.
    static let signatureLength = 16

    /// A new one, from OpenSSL's random numbers.
    /// - Throws: `ShareError` when there are none, as on a system that has just started and knows nothing by chance.
    public init() throws(ShareError) {
        octets = try Self.random(Self.length)
    }

    /// A key that is kept somewhere; nil for fewer than 32 octets.
    public init?(_ octets: [UInt8]) {
        guard octets.count >= Self.length else { return nil }
        self.octets = octets
    }

    /// The key as text: base64url (RFC 4648 §5).
    var text: String { Base64.encode(octets, as: .url) }

    /// Signs a message: the first half of its HMAC with SHA-256 (RFC 2104), as text.
    func signature(of message: [UInt8]) -> String? {
        var code = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        let done = unsafe HMAC(EVP_sha256(), octets, CInt(octets.count), message, message.count, &code, &length)
        guard unsafe done != nil, length >= Self.signatureLength else { return nil }
        return Base64.encode(Array(code[..<Self.signatureLength]), as: .url)
    }

    /// Whether `signature` is that of `message`. How long it takes says nothing of how much of it is right.
    func isSignature(_ signature: String, of message: [UInt8]) -> Bool {
        guard let right = self.signature(of: message) else { return false }
        let (one, other) = (Array(right.utf8), Array(signature.utf8))
        guard one.count == other.count else { return false }
        return unsafe CRYPTO_memcmp(one, other, one.count) == 0
    }

    /// Octets that nobody can foresee.
    static func random(_ count: Int) throws(ShareError) -> [UInt8] {
        var octets = [UInt8](repeating: 0, count: count)
        guard unsafe RAND_bytes(&octets, CInt(count)) == 1 else {
            throw ShareError("OpenSSL has no random numbers to give: try again.")
        }
        return octets
    }
}
