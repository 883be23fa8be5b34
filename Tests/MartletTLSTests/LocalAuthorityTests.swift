import Glibc
import MartletReactor
import TestSupport
import Testing

@testable import MartletTLS

@Suite("The local CA")
struct LocalAuthorityTests {
    private let directory: TemporaryDirectory
    private let now = WallClock.seconds()
    private let day = 86_400

    init() throws {
        directory = try TemporaryDirectory()
    }

    private var folder: String { directory.path(of: "data/martlet") }
    private var keyFile: String { "\(folder)/root-key.pem" }
    private var rootFile: String { "\(folder)/root.pem" }

    private func mode(_ path: String) throws -> String {
        try run("stat", arguments: ["-c", "%a", path]).text.filter { $0 != "\n" }
    }

    private func verify(_ leaf: Certificate, _ options: String...) throws -> ProcessResult {
        try directory.write(Array("leaf.pem".utf8), leaf.pem())
        let all = ["verify", "-x509_strict", "-CAfile", rootFile] + options + [directory.path(of: "leaf.pem")]
        return try run("openssl", arguments: all)
    }

    // MARK: The root

    @Test("is made once, in a folder of the user alone, with a key that nobody else can read")
    func files() throws {
        #expect(try LocalRoot.find(in: folder) == nil)
        let first = try LocalAuthority.open(folder)
        #expect(try mode(folder) == "700")
        #expect(try mode(keyFile) == "600")
        #expect(try mode("\(folder)/lock") == "600")
        #expect(try run("ls", arguments: ["-A", folder]).text == "lock\nroot-key.pem\nroot.pem\n")
        let second = try LocalAuthority.open(folder)
        #expect(second.root.fingerprint == first.root.fingerprint)
        let found = try #require(try LocalRoot.find(in: folder))
        #expect(found.fingerprint == first.root.fingerprint)
        #expect(found.file == rootFile)
        #expect(found.pem == (try contents(ofFile: rootFile)))
    }

    @Test("says what it is for: a CA without others below it, for local names alone, for ten years")
    func root() throws {
        let root = try LocalAuthority.open(folder, now: now).root
        let text = try run("openssl", arguments: ["x509", "-in", rootFile, "-noout", "-text"]).text
        #expect(root.name.hasPrefix("Martlet local CA ") && root.name.contains("@"))
        #expect(text.contains("Subject: CN = \(root.name)\n"))
        #expect(text.contains("Basic Constraints: critical\n                CA:TRUE, pathlen:0\n"))
        #expect(text.contains("Key Usage: critical\n                Certificate Sign, CRL Sign\n"))
        #expect(text.contains("Name Constraints: critical\n                Permitted:\n"))
        for name in ["DNS:localhost\n", "DNS:test\n", "DNS:local\n", "IP:127.0.0.0/255.0.0.0\n"] {
            #expect(text.contains(name))
        }
        #expect(!text.contains("IP:<invalid>"))
        #expect(text.contains("NIST CURVE: P-256"))
        #expect(root.notAfter - now > 3650 * day && root.notAfter - now < 3655 * day)
    }

    @Test("of many processes that make it at once, one does")
    func once() async throws {
        let folder = folder
        let fingerprints = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<16 { group.addTask { try LocalAuthority.open(folder).root.fingerprint } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(fingerprints.count == 1)
    }

    @Test("one that was being made when its process was killed is made anew")
    func halfMade() throws {
        try directory.write("data/martlet/root-key.pem", "-----BEGIN")
        try directory.write("data/martlet/root-key.pem.new", "-----BE")
        try directory.write("data/martlet/root.pem.new", "-----BE")
        let made = try LocalAuthority.open(folder)
        #expect(try LocalAuthority.open(folder).root.fingerprint == made.root.fingerprint)
        #expect(try mode(keyFile) == "600")
    }

    @Test("a user's name of any length and kind makes a common name that X.520 allows")
    func commonName() throws {
        #expect(LocalAuthority.commonName(user: "ada", host: "box") == "Martlet local CA ada@box")
        #expect(LocalAuthority.commonName(user: "ada", host: nil) == "Martlet local CA ada@localhost")
        #expect(LocalAuthority.commonName(user: "a\u{1B}[2Jda\n", host: "box") == "Martlet local CA a[2Jda@box")
        let long = LocalAuthority.commonName(user: String(repeating: "é", count: 300), host: "box")
        #expect(long.unicodeScalars.count == 64)
        let key = try PrivateKey(generating: .p256)
        _ = try CertificateTemplate(commonName: long, notBefore: now, notAfter: now + 1).issue(for: key)
    }

    // MARK: What is wrong

    private func failure() throws -> String {
        do throws(TLSError) {
            _ = try LocalAuthority.open(folder, now: now)
            return ""
        } catch {
            return error.description
        }
    }

    @Test("a key that others may read is refused, with the command that mends it")
    func readableKey() throws {
        _ = try LocalAuthority.open(folder)
        #expect(unsafe chmod(keyFile, 0o640) == 0)
        #expect(try failure() == "Others may read the CA's key '\(keyFile)'. Run: chmod 600 '\(keyFile)'")
    }

    @Test("a folder that others can write to is refused")
    func sharedFolder() throws {
        try directory.makeDirectory("data/martlet")
        #expect(unsafe chmod(folder, 0o777) == 0)
        #expect(try failure().hasPrefix("Others can write to the folder '\(folder)', so a CA in it is not"))
        #expect(unsafe access(keyFile, F_OK) != 0)
    }

    @Test("a folder that cannot be made, a file in its place, a root that is none: each is told")
    func unusable() throws {
        try directory.write("data", "")
        #expect(try failure().hasPrefix("Cannot make the folder '\(folder)': Not a directory"))
        try directory.write("file", "")
        #expect(throws: TLSError.self) { try LocalAuthority.open(directory.path(of: "file")) }
        try directory.write("bad/root.pem", "nothing")
        try #expect(
            #require(throws: TLSError.self) { try LocalAuthority.open(directory.path(of: "bad")) }.description
                .contains("holds no certificate")
        )
        try directory.makeDirectory("odd/root.pem")
        #expect(unsafe chmod(directory.path(of: "odd"), 0o700) == 0)
        try #expect(
            #require(throws: TLSError.self) { try LocalAuthority.open(directory.path(of: "odd")) }.description
                .contains("is not what a local CA keeps there")
        )
    }

    @Test("without its key, or with another's, it is refused and it is told what to do")
    func wrongKey() throws {
        _ = try LocalAuthority.open(folder)
        let other = try PrivateKey(generating: .p256)
        try directory.write(Array("data/martlet/root-key.pem".utf8), other.pem())
        #expect(unsafe chmod(keyFile, 0o600) == 0)
        #expect(try failure().hasPrefix("The local CA's key '\(keyFile)' is not that of its certificate. Remove '"))
        unsafe unlink(keyFile)
        #expect(try failure().hasPrefix("The local CA has no key '\(keyFile)'. Remove '\(rootFile)'"))
        unsafe unlink(rootFile)
        #expect(try failure() == "")
    }

    @Test("when its time is over it is refused")
    func expired() throws {
        _ = try LocalAuthority.open(folder, now: now - 3653 * day)
        #expect(try failure().hasPrefix("The time of the local CA is over."))
    }

    // MARK: Its certificates

    private func certificates(
        _ addresses: [SocketAddress] = [.loopback(port: 1)],
        hosts: [String] = [],
        clock: Locked<Int>? = nil
    ) throws -> LocalCertificates {
        let clock = clock ?? Locked(now)
        return try LocalCertificates(of: LocalAuthority.open(folder), addresses: addresses, hosts: hosts) {
            clock.withLock { $0 }
        }
    }

    @Test("the first is for this machine, for 30 days, and openssl finds nothing wrong with it, strict as it can be")
    func leaf() throws {
        let leaf = try #require(try certificates().certificates().first).leaf
        let host = try #require(DomainName.own)
        let label = try #require(host.split(separator: ".").first)
        #expect(leaf.names.starts(with: ["DNS:localhost"]))
        #expect(Set(leaf.names).isSuperset(of: ["DNS:\(label).local", "IP:127.0.0.1", "IP:::1", "DNS:\(host)"]))
        #expect(leaf.subject == "")
        #expect(leaf.notAfter == now + LocalAuthority.leafLifetime)
        for option in [
            ["-verify_hostname", "localhost"], ["-verify_ip", "::1"], ["-verify_hostname", "\(label).local"],
        ] {
            let result = try verify(leaf, "-purpose", "sslserver", option[0], option[1])
            #expect(result.status == 0, "\(option) \(result.errorText)")
        }
        #expect(try verify(leaf, "-verify_hostname", "example.com").status != 0)
    }

    @Test("bound to addresses it names them; what the root may not vouch for is left out and told")
    func addresses() throws {
        let made = try certificates(
            [
                .ipv4(0xC0A8_0105, port: 8000), .ipv4(0xCB00_7109, port: 8000), .unix(path: "/x"),
                .ipv6(0xFD00 << 48, 5, port: 1, zone: 0), .ipv6(0xFE80 << 48, 7, port: 1, zone: 3),
                .ipv6(0x2001_0DB8 << 32, 1, port: 1, zone: 0),
            ],
            hosts: ["App.Test", "example.com", "no name", "-"]
        )
        #expect(
            try Set(made.main.names).isSuperset(of: ["IP:192.168.1.5", "IP:fd00::5", "IP:fe80::7", "DNS:app.test"])
        )
        #expect(made.omitted == ["DNS:example.com", "IP:203.0.113.9", "IP:2001:db8::1"])
        #expect(try verify(try made.main).status == 0)
    }

    @Test("bound to every address it names those of the interfaces")
    func everywhere() throws {
        let made = try certificates([.anyIPv6(port: 1)])
        for (_, address) in SocketAddress.ofInterfaces() {
            #expect(try (made.main.names + made.omitted).contains("IP:\(address.host)"))
        }
    }

    @Test("the root's own word keeps it from vouching for a site of the Internet, whatever it signs")
    func constrained() throws {
        let authority = try LocalAuthority.open(folder)
        let key = try PrivateKey(generating: .p256)
        for name in ["DNS:example.com", "IP:8.8.8.8", "IP:2606:4700::1", "DNS:localhost.example.com"] {
            let result = try verify(try authority.issue(for: [name], key: key, now: now).leaf)
            #expect(result.errorText.contains("permitted subtree violation"), "\(name) \(result.errorText)")
        }
    }

    @Test("with fewer than ten days left it is made anew, and not before")
    func renewal() throws {
        let clock = Locked(now)
        let made = try certificates(clock: clock)
        let first = try made.main.fingerprint
        clock.withLock { $0 = now + LocalAuthority.leafLifetime - 10 * day }
        #expect(try !made.renew())
        #expect(try made.main.fingerprint == first)
        clock.withLock { $0 += 1 }
        #expect(try made.renew())
        #expect(try made.main.fingerprint != first)
        #expect(try made.main.notAfter == now + 2 * LocalAuthority.leafLifetime - 10 * day + 1)
    }

    @Test("none outlives the root")
    func endOfRoot() throws {
        let root = try LocalAuthority.open(folder, now: now).root
        let made = try certificates(clock: Locked(root.notAfter - 5 * day))
        #expect(try made.main.notAfter == root.notAfter)
        #expect(try !made.renew())
    }

    @Test("names below localhost and test get one each when they are asked for")
    func madeUp() throws {
        let made = try certificates()
        let shop = try #require(made.certificate(for: "shop.localhost")).leaf
        #expect(shop.names == ["DNS:shop.localhost"])
        #expect(try verify(shop, "-verify_hostname", "shop.localhost").status == 0)
        #expect(made.certificate(for: "a.b.test")?.leaf.names == ["DNS:a.b.test"])
    }

    @Test(
        "no other name gets one",
        arguments: [
            "localhost", "test", "example.com", "box.local", "a.localhost.example.com", "", ".", ".test", "a..test",
            "-a.test", "a_b.test", "*.test", "127.0.0.1", "a.test.", "a\0.test", "é.test",
            String(repeating: "a", count: 64) + ".test", String(repeating: "a.", count: 130) + "test",
        ]
    )
    func notMadeUp(name: String) throws {
        #expect(try certificates().certificate(for: name)?.leaf.names == nil)
    }
}

extension LocalCertificates {
    fileprivate var main: Certificate {
        get throws { try #require(try certificates().first).leaf }
    }
}
