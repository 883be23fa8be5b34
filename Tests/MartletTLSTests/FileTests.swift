import CMartletOpenSSL
import Glibc
import MartletReactor
import TestSupport
import Testing

@testable import MartletTLS

/// A folder for certificates.
struct TestFolder {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    func path(_ name: String) -> String { directory.path(of: name) }

    @discardableResult
    func write(_ name: String, _ octets: [UInt8], mode: mode_t = 0o600) throws -> String {
        try directory.write(Array(name.utf8), octets)
        guard unsafe chmod(path(name), mode) == 0 else { throw SystemError(operation: "chmod") }
        return path(name)
    }

    /// A certificate and its key in files.
    func write(_ name: String, _ credential: Credential, password: String? = nil) throws
        -> TLSConfiguration.CertificateFiles
    {
        let passwordFile = try password.map { try write("\(name).password", Array("\($0)\nsecond line\n".utf8)) }
        return try TLSConfiguration.CertificateFiles(
            chain: write("\(name).pem", credential.chain.flatMap { try $0.pem() }),
            key: write("\(name)-key.pem", credential.key.pem(password: password)),
            passwordFile: passwordFile
        )
    }
}

@Suite("Certificates in files")
struct FileTests {
    private let authority = TestAuthority.shared
    private let folder: TestFolder

    init() throws {
        folder = try TestFolder()
    }

    private func subject(_ server: TLSServer) -> String {
        server.credentials[0].leaf.subject
    }

    /// Why a server with these files cannot be; empty when it can.
    private func refusal(_ files: TLSConfiguration.CertificateFiles) -> String {
        do throws(TLSError) {
            _ = try TLSServer(TLSConfiguration(certificates: [files]))
            return ""
        } catch {
            return error.description
        }
    }

    @Test("a chain, a key, and the password of the key")
    func good() throws {
        let plain = try folder.write("plain", authority.credential("DNS:a.example", commonName: "plain"))
        let locked = try folder.write("locked", authority.credential("DNS:a.example"), password: "swördfish")
        var direct = locked
        direct.passwordFile = nil
        direct.password = "swördfish"
        let server = try TLSServer(TLSConfiguration(certificates: [plain, locked, direct]))
        #expect(server.warnings == [])
        #expect(subject(server) == "CN=plain")
        let credential = try authority.credential("DNS:a.example", commonName: "both")
        let both = try folder.write("both.pem", credential.key.pem() + credential.leaf.pem())
        #expect(subject(try TLSServer(TLSConfiguration(certificates: [.init(chain: both)]))) == "CN=both")
    }

    @Test("keys as openssl writes them, of every kind")
    func kinds() throws {
        for (index, command) in [
            "ecparam -name prime256v1 -genkey", "genrsa -traditional 2048", "genpkey -algorithm ed25519",
            "genrsa -traditional -aes128 -passout pass:swordfish 2048",
        ].enumerated() {
            let key = try run("openssl", arguments: command.split(separator: " ").map(String.init)).output
            let path = try folder.write("key\(index).pem", key)
            let arguments = [
                "req", "-x509", "-new", "-key", path, "-subj", "/CN=k\(index)", "-passin", "pass:swordfish",
            ]
            let chain = try folder.write("chain\(index).pem", run("openssl", arguments: arguments).output)
            let password = index == 3 ? try folder.write("password", Array("swordfish".utf8)) : nil
            let files = TLSConfiguration.CertificateFiles(chain: chain, key: path, passwordFile: password)
            let server = try TLSServer(TLSConfiguration(certificates: [files]))
            #expect(subject(server) == "CN=k\(index)")
            let client = try TLSClient(authorities: nil)
            #expect(try StreamPair(client, server).shake() == (.done, .done))
        }
    }

    @Test("what cannot be used is refused in words that help")
    func refusals() throws {
        let good = try folder.write("good", authority.credential("DNS:a.example"))
        let other = try folder.write("other", authority.credential("DNS:a.example"))
        let locked = try folder.write("locked", authority.credential("DNS:a.example"), password: "swordfish")
        let leaf = try authority.credential("DNS:a.example")
        let backwards = try folder.write("backwards.pem", authority.certificate.pem() + leaf.leaf.pem())
        let leafKey = try folder.write("leaf-key.pem", leaf.key.pem())
        let empty = try folder.write("empty", [])
        let text = try folder.write("text", Array("Hello, world\n".utf8))
        let pem = try leaf.leaf.pem()
        let broken = try folder.write("broken.pem", pem.prefix(200) + Array("\n-----END CERTIFICATE-----\n".utf8))
        let long = try folder.write("long", [UInt8](repeating: 65, count: (1 << 20) + 1))
        let wrong = try folder.write("wrong", Array("catfish\n".utf8))
        let key = try #require(good.key)
        func at(_ name: String) -> String { folder.path(name) }
        func files(_ chain: String, _ key: String?, _ password: String? = nil) -> TLSConfiguration.CertificateFiles {
            .init(chain: chain, key: key, passwordFile: password)
        }
        for (files, part) in [
            (files(at("none.pem"), key), "There is no certificate at \(at("none.pem"))."),
            (files(good.chain, at("none.pem")), "There is no private key at \(at("none.pem"))."),
            (files(good.chain, locked.key, at("none")), "There is no password at \(at("none"))."),
            (files(folder.path("."), key), "is a folder: name the file of the certificate in it."),
            (files(empty, key), "\(empty) is empty: it should hold a certificate."),
            (files(text, key), "\(text) holds no certificate in PEM"),
            (files(long, key), "\(long) is too long for a certificate."),
            (files(broken, key), "A certificate in \(broken) cannot be read: "),
            (files(good.chain, text), "\(text) holds no private key in PEM"),
            (
                files(good.chain, nil),
                "\(good.chain) holds no private key: give the file that begins BEGIN PRIVATE KEY."
            ),
            (files(good.chain, other.key), "they are of two different pairs."),
            (files(backwards, leafKey), "The certificates in \(backwards) are out of order: the one that belongs to"),
            (files(locked.chain, locked.key), "is encrypted: give its password"),
            (files(locked.chain, locked.key, wrong), "The password does not open the private key"),
        ] {
            let refusal = refusal(files)
            #expect(refusal.contains(part), "\(refusal)")
        }
    }

    @Test("a file that may not be read is refused so", .enabled(if: geteuid() != 0))
    func permission() throws {
        let files = try folder.write("good", authority.credential("DNS:a.example"))
        let key = try #require(files.key)
        #expect(unsafe chmod(key, 0) == 0)
        #expect(refusal(files).contains("cannot be read: permission denied."))
    }

    @Test("what clients will not like is warned of")
    func warnings() throws {
        let day = 86_400
        for (credential, part) in try [
            (authority.credential("DNS:a", valid: -2 * day ... -day), "has expired"),
            (authority.credential("DNS:a", valid: day...2 * day), "is not valid yet"),
            (authority.credential("DNS:a", valid: -80 * day...(3 * day + 60)), "expires in 3 days"),
            (authority.credential("DNS:a", valid: -80 * day...(day / 2)), "expires today"),
            (authority.credential(commonName: "a.example"), "names no host"),
            (authority.credential("DNS:a", valid: -80 * day...(15 * day)), nil),
            (authority.credential("DNS:a", valid: -day...(3 * day)), nil),
        ] as [(Credential, String?)] {
            let files = try folder.write("one", credential)
            let warnings = try TLSServer(TLSConfiguration(certificates: [files])).warnings
            #expect(warnings.count == (part == nil ? 0 : 1), "\(warnings)")
            if let part { #expect(warnings.first?.contains(part) == true, "\(warnings)") }
        }
        let leaf = try authority.credential("DNS:a")
        let stranger = try TestAuthority("Another").certificate
        let mixed = try folder.write("mixed", #require(Credential(chain: [leaf.leaf, stranger], key: leaf.key)))
        let key = try #require(mixed.key)
        #expect(unsafe chmod(key, 0o644) == 0)
        let warnings = try TLSServer(TLSConfiguration(certificates: [mixed])).warnings
        #expect(warnings.count == 2)
        #expect(warnings.first?.contains("is not signed by the one behind it, \"CN=Another\"") == true)
        #expect(warnings.last?.hasPrefix("Everybody on this machine can read the private key in ") == true)
    }

    @Test("settings that OpenSSL does not take are named")
    func settings() throws {
        let files = try folder.write("good", authority.credential("DNS:a.example"))
        for (name, value, text) in [
            ("Nonsense", "1", "OpenSSL knows no setting Nonsense for this."),
            ("Groups", "nonsense", "OpenSSL refuses the setting Groups=nonsense: "),
            ("CipherString", "NONSENSE", "OpenSSL refuses the setting CipherString=NONSENSE: no cipher match."),
            ("PrivateKey", "/etc/passwd", "OpenSSL knows no setting PrivateKey for this."),
        ] {
            let error = #expect(throws: TLSError.self) {
                try TLSServer(TLSConfiguration(certificates: [files], settings: [.init(name, value)]))
            }
            #expect(error?.description.hasPrefix(text) == true, "\(String(describing: error))")
        }
        let none = #expect(throws: TLSError.self) { try TLSServer(TLSConfiguration()) }
        #expect(none?.description == "TLS needs a certificate: name its file and that of its key.")
        #expect(throws: TLSError.self) {
            try TLSServer(TLSConfiguration(certificates: [files], clientAuthentication: .require))
        }
    }

    @Test("the secrets of connections are logged where that is asked for, with a warning")
    func keyLog() throws {
        let path = folder.path("keys")
        let server = try TLSServer([authority.credential("DNS:a.example")]) { $0.keyLog = path }
        #expect(
            server.warnings == [
                "The secrets of all connections are written to \(path): whoever reads it reads all of them."
            ]
        )
        #expect(try StreamPair(TLSClient(authorities: nil, settings: [.only13]), server).shake() == (.done, .done))
        let lines = try CredentialFile(path, "log").octets.split(separator: UInt8(ascii: "\n"))
        let names = Set(lines.map { String(decoding: $0.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self) })
        #expect(names.isSuperset(of: ["CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"]))
        var status = stat()
        #expect(unsafe stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }
}

@Suite("Certificates are exchanged while they are used")
struct ReloadTests {
    private let authority = TestAuthority.shared
    private let folder: TestFolder
    private let server: TLSServer

    init() throws {
        folder = try TestFolder()
        let files = try folder.write("site", TestAuthority.shared.credential("DNS:a.example", commonName: "old"))
        server = try TLSServer(TLSConfiguration(certificates: [files]))
    }

    private var subject: String { server.credentials[0].leaf.subject }

    @Test("new files are seen, once; connections go on with what they began with")
    func exchange() throws {
        let pair = try StreamPair(TLSClient(authorities: [authority.certificate]), server)
        #expect(pair.shake() == (.done, .done))
        #expect(try !server.reloadIfChanged())
        _ = try folder.write("site", authority.credential("DNS:a.example", commonName: "the new one"))
        #expect(try server.reloadIfChanged())
        #expect(try !server.reloadIfChanged())
        #expect(subject == "CN=the new one")
        #expect(pair.pass([1, 2, 3], from: pair.client, to: pair.server) == [1, 2, 3])
        let other = try StreamPair(TLSClient(authorities: [authority.certificate]), server)
        #expect(other.shake() == (.done, .done))
    }

    @Test("a broken new pair is refused, once, and the old one stays; the rest of it mends that")
    func broken() throws {
        let new = try authority.credential("DNS:a.example", commonName: "the new one")
        try folder.write("site.pem", new.leaf.pem())
        let error = #expect(throws: TLSError.self) { try server.reloadIfChanged() }
        #expect(error?.description.contains("of two different pairs") == true)
        #expect(try !server.reloadIfChanged())
        #expect(throws: TLSError.self) { try server.reload() }
        #expect(subject == "CN=old")
        let later = Instant.now() + Nanoseconds(TLSServer.lifetime) + Nanoseconds(.seconds(60))
        #expect(try server.refresh(at: later))
        #expect(subject == "CN=old")
        #expect(try StreamPair(TLSClient(authorities: [authority.certificate]), server).shake() == (.done, .done))
        try folder.write("site-key.pem", new.key.pem() + Array("\n".utf8))
        #expect(try server.reloadIfChanged())
        #expect(subject == "CN=the new one")
    }

    @Test("connections begin on several threads while certificates are exchanged")
    func concurrent() async throws {
        let client = try TLSClient(authorities: [authority.certificate])
        let results = await withTaskGroup { group in
            for _ in 0..<4 {
                group.addTask { [server] in
                    (0..<25).filter { _ in
                        guard let pair = try? StreamPair(overSockets: client, server), pair.shake() == (.done, .done)
                        else { return false }
                        return pair.pass([1, 2, 3], from: pair.client, to: pair.server) == [1, 2, 3]
                    }.count
                }
            }
            for number in 0..<20 {
                guard let credential = try? authority.credential("DNS:a.example", commonName: "\(number)") else {
                    continue
                }
                _ = try? folder.write("site", credential)
                _ = try? server.reloadIfChanged()
            }
            return await group.reduce(0, +)
        }
        #expect(results == 100)
        try server.reload()
        #expect(subject == "CN=19")
    }

    @Test("files that vanish are told of once, and the old ones used")
    func vanished() throws {
        #expect(unsafe unlink(folder.path("site.pem")) == 0)
        #expect(throws: TLSError.self) { try server.reloadIfChanged() }
        #expect(try !server.reloadIfChanged())
        #expect(subject == "CN=old")
    }
}
