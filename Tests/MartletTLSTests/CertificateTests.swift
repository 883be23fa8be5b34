import MartletReactor
import TestSupport
import Testing

@testable import MartletTLS

@Suite("Certificates are made and read")
struct CertificateTests {
    private let now = WallClock.seconds()

    @Test("what a template says is in the certificate, by openssl's account too")
    func leaf() throws {
        let rootKey = try PrivateKey(generating: .p256)
        let root = try CertificateTemplate(
            commonName: "root",
            organization: "Martlet, Ltd.",
            notBefore: now,
            notAfter: now + 1000,
            authority: .init(pathLength: 0, permitted: ["DNS:localhost", "IP:127.0.0.0/255.0.0.0"])
        ).issue(for: rootKey)
        let key = try PrivateKey(generating: .p256)
        let names = [
            "DNS:localhost", "DNS:*.localhost", "IP:127.0.0.1", "IP:::1", "email:a@b.example", "URI:spiffe://a/b",
        ]
        let leaf = try CertificateTemplate(names: names, notBefore: now - 60, notAfter: now + 600)
            .issue(for: key, by: (root, rootKey))

        #expect(leaf.names == names)
        #expect(leaf.subject == "")
        #expect(leaf.issuer == #"CN=root,O=Martlet\, Ltd."#)
        #expect(leaf.notBefore == now - 60)
        #expect(leaf.notAfter == now + 600)
        #expect(leaf.matches(key) && !leaf.matches(rootKey))
        #expect(leaf.isIssued(by: root) && !root.isIssued(by: leaf))
        #expect(root.isSelfIssued && !leaf.isSelfIssued)

        let folder = try TemporaryDirectory()
        try folder.write(Array("leaf.pem".utf8), leaf.pem())
        let text = try run(
            "openssl",
            arguments: ["x509", "-in", folder.path(of: "leaf.pem"), "-noout", "-text", "-fingerprint", "-sha256"]
        ).text
        #expect(text.contains("X509v3 Subject Alternative Name: critical\n"))
        #expect(
            text.contains("DNS:localhost, DNS:*.localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, email:")
        )
        #expect(text.contains("TLS Web Server Authentication"))
        let fingerprint = try #require(text.split(separator: "=").last).filter { $0.isHexDigit }.lowercased()
        #expect(leaf.fingerprint == fingerprint)
    }

    @Test("a root vouches for its leaf, but not beyond the names it is constrained to")
    func constraints() throws {
        let folder = try TemporaryDirectory()
        let rootKey = try PrivateKey(generating: .p256)
        let root = try CertificateTemplate(
            commonName: "root",
            notBefore: now - 10,
            notAfter: now + 1000,
            authority: .init(permitted: ["DNS:localhost", "IP:::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"])
        ).issue(for: rootKey)
        try folder.write(Array("root.pem".utf8), root.pem())
        for (name, status) in [("DNS:a.localhost", CInt(0)), ("IP:::1", 0), ("DNS:example.com", 2), ("IP:::2", 2)] {
            let leaf = try CertificateTemplate(names: [name], notBefore: now - 10, notAfter: now + 10)
                .issue(for: PrivateKey(generating: .p256), by: (root, rootKey))
            try folder.write(Array("leaf.pem".utf8), leaf.pem())
            let result = try run(
                "openssl",
                arguments: ["verify", "-CAfile", folder.path(of: "root.pem"), folder.path(of: "leaf.pem")]
            )
            #expect(result.status == status, "\(name): \(result.errorText)")
        }
    }

    @Test("a key comes back from its PEM, encrypted or not", arguments: [PrivateKey.Kind.p256, .rsa2048])
    func keys(kind: PrivateKey.Kind) throws {
        let key = try PrivateKey(generating: kind)
        let certificate = try CertificateTemplate(commonName: "a", notBefore: now, notAfter: now + 10).issue(for: key)
        #expect(certificate.matches(try PrivateKey(pem: key.pem(), from: "x")))
        let encrypted = try key.pem(password: "swordfish")
        #expect(String(decoding: encrypted, as: UTF8.self).hasPrefix("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"))
        #expect(certificate.matches(try PrivateKey(pem: encrypted, from: "x", password: "swordfish")))
        let without = #expect(throws: TLSError.self) { try PrivateKey(pem: encrypted, from: "x") }
        #expect(without?.description == "The private key in x is encrypted: give its password, in a file.")
        let wrong = #expect(throws: TLSError.self) { try PrivateKey(pem: encrypted, from: "x", password: "fish") }
        #expect(wrong?.description == "The password does not open the private key in x.")
    }

    @Test("a file may hold the chain and the key, in any order")
    func mixed() throws {
        let key = try PrivateKey(generating: .p256)
        let one = try CertificateTemplate(commonName: "one", notBefore: now, notAfter: now + 10).issue(for: key)
        let two = try CertificateTemplate(commonName: "two", notBefore: now, notAfter: now + 10).issue(for: key)
        for pem in try [one.pem() + two.pem() + key.pem(), key.pem() + one.pem() + two.pem()] {
            let text = Array("notes first\n".utf8) + pem + Array("notes last\n".utf8)
            #expect(try Certificate.read(pem: text, from: "x").map(\.subject) == ["CN=one", "CN=two"])
            #expect(one.matches(try PrivateKey(pem: text, from: "x")))
        }
    }

    @Test(
        "a name that is none is refused",
        arguments: ["localhost", "DNS:", "DNS:a b", "DNS:ä", "IP:localhost", "IP:1.2.3", "DNS:a\0b", "dns:a", ""]
    )
    func names(name: String) throws {
        let key = try PrivateKey(generating: .p256)
        let template = CertificateTemplate(names: [name], notBefore: now, notAfter: now + 10)
        #expect(throws: TLSError.self) { try template.issue(for: key) }
    }

    @Test("a comma does not smuggle a name in")
    func comma() throws {
        let key = try PrivateKey(generating: .p256)
        let template = CertificateTemplate(names: ["DNS:a,DNS:b"], notBefore: now, notAfter: now + 10)
        #expect(try template.issue(for: key).names == ["DNS:a,DNS:b"])
        let authority = CertificateTemplate(
            notBefore: now,
            notAfter: now + 10,
            authority: .init(permitted: ["DNS:a,permitted;DNS:b"])
        )
        #expect(throws: TLSError.self) { try authority.issue(for: key) }
    }
}
