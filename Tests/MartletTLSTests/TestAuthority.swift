import MartletReactor

@testable import MartletTLS

/// A CA of the tests, with what it signs.
struct TestAuthority {
    let certificate: Certificate
    private let key: PrivateKey
    let now = WallClock.seconds()

    /// One for all tests that do not ask for another.
    static let shared = try! TestAuthority()

    init(_ name: String = "Test CA") throws {
        key = try PrivateKey(generating: .p256)
        let now = WallClock.seconds()
        certificate = try CertificateTemplate(
            commonName: name,
            notBefore: now - 3600,
            notAfter: now + 86_400,
            authority: .init()
        ).issue(for: key)
    }

    /// A leaf for some names, with a new key.
    func credential(
        _ names: String...,
        commonName: String? = nil,
        kind: PrivateKey.Kind = .p256,
        valid: ClosedRange<Int> = -3600...86_400,
        usage: CertificateTemplate.Usage = .server
    ) throws -> Credential {
        let key = try PrivateKey(generating: kind)
        let leaf = try CertificateTemplate(
            commonName: commonName,
            names: names,
            notBefore: now + valid.lowerBound,
            notAfter: now + valid.upperBound,
            usages: [usage]
        ).issue(for: key, by: (certificate, self.key))
        guard let credential = Credential(chain: [leaf], key: key) else { throw TLSError("does not match") }
        return credential
    }
}

/// Certificates that are there, without files.
struct FixedSource: CertificateSource {
    var fixed: [Credential]
    var made: @Sendable (String) -> Credential? = { _ in nil }

    func certificates() -> [Credential] { fixed }
    func certificate(for name: String) -> Credential? { made(name) }
}

extension TLSServer {
    /// One with certificates from memory.
    convenience init(_ credentials: [Credential], _ change: (inout TLSConfiguration) -> Void = { _ in }) throws {
        var configuration = TLSConfiguration()
        configuration.source = FixedSource(fixed: credentials)
        change(&configuration)
        try self.init(configuration)
    }
}

extension TLSConfiguration.Setting {
    static let only12 = Self("MaxProtocol", "TLSv1.2")
    static let only13 = Self("MinProtocol", "TLSv1.3")
}
