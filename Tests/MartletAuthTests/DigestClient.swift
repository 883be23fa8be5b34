import Martlet
import MartletWire
import TestSupport

@testable import MartletAuth

/// A client of Digest: makes credentials from a challenge as RFC 7616 says, and wrong ones where a test asks.
struct DigestClient {
    var name = "alice"
    var password = "Secret, or not?"
    let challenge: AuthParameters
    var cnonce = "c1"
    var count = 1
    var qop: String? = "auth"
    var uri = "/"
    var method = "GET"
    var content = ""
    /// For the session forms: the cnonce of the first request.
    var sessionCnonce: String?
    /// Parameters that are replaced by these, unquoted as they are; nil leaves one out.
    var changes: [String: String?] = [:]
    var hidesName = false

    init(_ answer: WireAnswer, algorithm: DigestAlgorithm = .sha256) throws {
        let challenges = answer.values("WWW-Authenticate").compactMap { AuthorizationField($0)?.parameters }
        guard let challenge = challenges.first(where: { $0["algorithm"]?.text == algorithm.rawValue }) else {
            throw NoChallenge()
        }
        self.challenge = challenge
    }

    struct NoChallenge: Error {}

    var nonce: String { challenge["nonce"]?.text ?? "" }
    private var realm: String { challenge["realm"]?.text ?? "" }
    private var algorithm: DigestAlgorithm { DigestAlgorithm(name: challenge["algorithm"]?.text ?? "") ?? .md5 }

    func hash(_ text: String) -> String { String(decoding: algorithm.hash.hex(of: Array(text.utf8)), as: UTF8.self) }

    private var key: String {
        let key = hash("\(name):\(realm):\(password)")
        return algorithm.isSession ? hash("\(key):\(nonce):\(sessionCnonce ?? cnonce)") : key
    }

    private var countText: String {
        let digits = String(count, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// The response, or what a server proves itself by.
    func response(method: String, content: String) -> String {
        let protects = qop == "auth-int" ? ":\(hash(content))" : ""
        return hash("\(key):\(nonce):\(countText):\(cnonce):\(qop ?? ""):\(hash("\(method):\(uri)\(protects)"))")
    }

    /// The line of the request.
    var authorization: String {
        var parameters: [(String, String?)] = [
            ("username", "\"\(hidesName ? hash("\(name):\(realm)") : name)\""), ("realm", "\"\(realm)\""),
            ("nonce", "\"\(nonce)\""), ("uri", "\"\(uri)\""), ("algorithm", algorithm.rawValue), ("qop", qop),
            ("nc", countText), ("cnonce", "\"\(cnonce)\""), ("opaque", "\"\(challenge["opaque"]?.text ?? "")\""),
            ("response", "\"\(response(method: method, content: content))\""), ("userhash", hidesName ? "true" : nil),
        ]
        for (name, value) in changes {
            if let index = parameters.firstIndex(where: { $0.0 == name }) {
                parameters[index].1 = value
            } else {
                parameters.append((name, value))
            }
        }
        let text = parameters.compactMap { name, value in value.map { "\(name)=\($0)" } }.joined(separator: ", ")
        return "Authorization: Digest \(text)"
    }

    /// The whole request.
    var request: String {
        return get(uri, authorization, method: method, body: content.isEmpty ? nil : content)
    }
}
