import MartletWire

/// The parameters of a Digest response, checked for what the scheme prescribes (RFC 7616 §3.4).
///
/// A value means the same in quotes and without (RFC 9110 §11.2): Python's clients quote `algorithm` and `qop`.
struct DigestCredentials {
    /// What was sent of the user.
    let name: DigestName
    let realm: String
    let nonce: [UInt8]
    let uri: String
    let response: [UInt8]
    /// Absent, it is MD5.
    let algorithm: DigestAlgorithm
    let cnonce: [UInt8]
    let protection: DigestProtection
    /// How often the nonce was used, this time included; as it was sent, and as a number.
    let countText: [UInt8]
    let count: UInt32
    let opaque: [UInt8]?

    /// It is kept as long as its nonce.
    private static let longestCnonce = 256

    /// What was wrong with them, for client and log.
    struct Fault: Error {
        let detail: String
    }

    init(_ parameters: AuthParameters) throws(Fault) {
        func octets(_ name: String) throws(Fault) -> [UInt8] {
            guard let value = parameters[name] else { throw Fault(detail: "Digest credentials lack \(name).") }
            return value.octets
        }
        func text(_ name: String) throws(Fault) -> String {
            guard let text = String(validating: try octets(name), as: UTF8.self), !text.hasControl else {
                throw Fault(detail: "Digest credentials have a \(name) that is no text in UTF-8.")
            }
            return text
        }
        name = try Self.name(parameters, text)
        realm = try text("realm")
        nonce = try octets("nonce")
        uri = try text("uri")
        response = try octets("response")
        cnonce = try octets("cnonce")
        guard cnonce.count <= Self.longestCnonce else {
            throw Fault(detail: "The cnonce is longer than \(Self.longestCnonce) octets.")
        }
        opaque = parameters["opaque"]?.octets
        let algorithmName = parameters["algorithm"] == nil ? "MD5" : try text("algorithm")
        guard let algorithm = DigestAlgorithm(name: algorithmName) else {
            throw Fault(detail: "This digest algorithm is not known here.")
        }
        self.algorithm = algorithm
        guard let protection = DigestProtection(rawValue: try text("qop").lowercased()) else {
            throw Fault(detail: "This qop is not known here.")
        }
        self.protection = protection
        countText = try octets("nc")
        guard countText.count == 8, let digits = Cryptography.octets(ofHex: countText) else {
            throw Fault(detail: "nc is not 8 hexadecimal digits.")
        }
        count = digits.reduce(0) { $0 << 8 | UInt32($1) }
        guard response.count == 2 * algorithm.hash.size, Self.isLowercaseHex(response) else {
            throw Fault(detail: "The response is not \(2 * algorithm.hash.size) hexadecimal digits.")
        }
    }

    private static func name(
        _ parameters: AuthParameters,
        _ text: (String) throws(Fault) -> String
    ) throws(Fault) -> DigestName {
        let isHashed = try parameters["userhash"].map { _ throws(Fault) in try text("userhash").lowercased() } == "true"
        if let extended = parameters["username*"] {
            guard parameters["username"] == nil, !isHashed else {
                throw Fault(detail: "Digest credentials name their user twice.")
            }
            guard !extended.isQuoted, let name = ExtendedValue.decode(extended.octets.span), !name.hasControl else {
                throw Fault(detail: "username* is not text in UTF-8 as RFC 8187 has it.")
            }
            return .plain(name)
        }
        let name = try text("username")
        return isHashed ? .hashed(name) : .plain(name)
    }

    private static func isLowercaseHex(_ octets: [UInt8]) -> Bool {
        octets.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// The user as the log has it.
    var loggedName: String {
        switch name {
        case .plain(let name), .hashed(let name): name
        }
    }
}
