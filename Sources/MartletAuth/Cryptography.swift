import CMartletAuth
import MartletReactor

/// A hash that HTTP's schemes use.
enum Hash: Sendable {
    case md5
    case sha256
    case sha512over256

    private var system: cma_hash {
        switch self {
        case .md5: cma_md5
        case .sha256: cma_sha256
        case .sha512over256: cma_sha512_256
        }
    }

    /// Octets of a digest.
    var size: Int { self == .md5 ? 16 : 32 }

    /// The digest of `octets`. The system has these hashes: see `isAvailable`.
    func digest(of octets: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        let count = unsafe cma_digest(system, octets, octets.count, &digest)
        // Never nothing, or what nobody has a hash of would be the same for all.
        guard count == size else { return Cryptography.random(size) }
        return Array(digest[..<count])
    }

    /// The digest of a text in lower-case hexadecimal (RFC 7616 §3.1).
    func hex(of octets: [UInt8]) -> [UInt8] {
        Cryptography.hex(digest(of: octets))
    }

    /// Whether the system computes it: in FIPS mode it has no MD5.
    var isAvailable: Bool {
        var digest = [UInt8](repeating: 0, count: 32)
        return unsafe cma_digest(system, [], 0, &digest) == size
    }
}

/// What this module asks of the system's libraries.
enum Cryptography {
    /// Octets that nobody can guess (RFC 7616 §5.12). Without them nothing here is safe: the process ends.
    static func random(_ count: Int) -> [UInt8] {
        var octets = [UInt8](repeating: 0, count: count)
        guard unsafe cma_random(&octets, count) else { fatalError("the system gives no random numbers") }
        return octets
    }

    /// A code that only who has `key` can make (HMAC-SHA-256, RFC 2104); 32 octets.
    static func code(_ key: [UInt8], _ octets: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        guard unsafe cma_hmac(key, key.count, octets, octets.count, &code) else { return random(32) }
        return code
    }

    /// Whether both are the same, in a time that depends on their lengths alone.
    static func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one.count == other.count && (unsafe cma_equal(one, other, one.count))
    }

    /// Whether a password has a hash of crypt(3)'s; nil: that cannot be told. Takes long: never on a loop.
    static func matches(_ password: [UInt8], crypt hash: String) -> Bool? {
        guard !password.contains(0) else { return nil }
        var terminated = password.map { CChar(bitPattern: $0) } + [0]
        defer { for index in terminated.indices { terminated[index] = 0 } }
        let result = unsafe cma_crypt_matches(terminated, hash)
        return result < 0 ? nil : result == 1
    }

    /// Octets in lower-case hexadecimal.
    static func hex(_ octets: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return octets.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }

    /// The octets that hexadecimal digits stand for; nil when they are something else.
    static func octets(ofHex text: [UInt8]) -> [UInt8]? {
        guard text.count % 2 == 0 else { return nil }
        var octets: [UInt8] = []
        for index in stride(from: 0, to: text.count, by: 2) {
            guard let high = value(text[index]), let low = value(text[index + 1]) else { return nil }
            octets.append(high << 4 | low)
        }
        return octets
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
