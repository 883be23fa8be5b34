import Martlet
import MartletGateway
import TestSupport
import Testing

@testable import MartletAuth

@Suite("Real clients log in", .timeLimit(.patient))
struct RealClientTests {
    /// A program and what it takes to make one GET with a user and password; prints what it gets.
    enum Client: String, CaseIterable, CustomStringConvertible {
        case urllib
        case requests

        var description: String { rawValue }

        static func script(_ name: Client, digest: Bool) -> String {
            switch name {
            case .urllib:
                """
                import sys, urllib.request
                manager = urllib.request.HTTPPasswordMgrWithDefaultRealm()
                manager.add_password(None, sys.argv[1], sys.argv[2], sys.argv[3])
                handler = urllib.request.\(digest ? "HTTPDigestAuthHandler" : "HTTPBasicAuthHandler")(manager)
                opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), handler)
                for path in ("a?b=c", "d"):
                    print(opener.open(sys.argv[1] + path).read().decode())
                """
            case .requests:
                """
                import sys, requests, requests.auth
                session = requests.Session()
                session.trust_env = False
                session.auth = requests.auth.\(digest ? "HTTPDigestAuth" : "HTTPBasicAuth")(sys.argv[2], sys.argv[3])
                for path in ("a?b=c", "d"):
                    print(session.get(sys.argv[1] + path).text)
                """
            }
        }

        static func run(_ name: Client, digest: Bool, _ url: String, _ password: String) throws -> ProcessResult {
            // Debian's Python, which has Debian's requests.
            try TestSupport.run(
                "/usr/bin/python3",
                arguments: ["-c", script(name, digest: digest), url, "alice", password],
                environment: ["no_proxy": "127.0.0.1"]
            )
        }
    }

    private func curl(_ arguments: String...) throws -> ProcessResult {
        try run("curl", arguments: ["--silent", "--show-error", "--noproxy", "*", "--max-time", "60"] + arguments)
    }

    private func digest(_ algorithm: DigestAlgorithm...) throws -> DigestAuth {
        var options = DigestAuth.Options()
        options.algorithms = algorithm
        options.protections = [.auth, .authInt]
        let users = try DigestPasswords(["alice": "s\"e:cret"], realm: "r \"q\"", algorithms: algorithm)
        return DigestAuth(realm: "r \"q\"", users: users, options: options, failures: .off)
    }

    /// A file as htpasswd makes it.
    private func basic(_ folder: TemporaryDirectory) throws -> BasicAuth {
        let path = folder.path(of: "users")
        _ = try run("htpasswd", arguments: ["-cbB", "-C", "5", path, "alice", "s\"e:cret"])
        return BasicAuth(realm: "r", users: try PasswordFile(path), failures: .off)
    }

    @Test("curl --digest", arguments: [DigestAlgorithm.sha256, .md5, .sha256Session, .md5Session])
    func curlDigest(algorithm: DigestAlgorithm) async throws {
        try await withProtected(digest(algorithm)) { server in
            let right = try curl("--digest", "-u", "alice:s\"e:cret", server.url + "a?b=c", server.url + "d")
            #expect(right.text == "Digest alice []: Digest alice []: ", "\(right.errorText)")
            let post = try curl("--digest", "-u", "alice:s\"e:cret", "--data", "hello", server.url)
            #expect(post.text == "Digest alice []: hello")
            let wrong = try curl("--digest", "-u", "alice:x", "-o", "/dev/null", "-w", "%{http_code}", server.url)
            #expect(wrong.text == "401")
        }
    }

    @Test("curl --basic and --anyauth, with the strongest scheme that is offered")
    func curlAny() async throws {
        let folder = try TemporaryDirectory()
        try await withProtected(basic(folder)) { server in
            try #expect(curl("--basic", "-u", "alice:s\"e:cret", server.url).text == "Basic alice []: ")
            try #expect(curl("--anyauth", "-u", "alice:s\"e:cret", server.url).text == "Basic alice []: ")
            try #expect(curl("-u", "alice:x", "-w", "%{http_code}", "-o", "/dev/null", server.url).text == "401")
        }
        try await withProtected(Authentication(digest(.sha256), basic(folder), failures: .off)) { server in
            try #expect(curl("--anyauth", "-u", "alice:s\"e:cret", server.url).text == "Digest alice []: ")
            try #expect(curl("--basic", "-u", "alice:s\"e:cret", server.url).text == "Basic alice []: ")
            try #expect(curl("--digest", "-u", "alice:s\"e:cret", server.url).text == "Digest alice []: ")
        }
    }

    @Test("curl --oauth2-bearer")
    func curlBearer() async throws {
        var tokens = Tokens()
        try tokens.add("0123456789abcdef", name: "backup")
        try await withProtected(BearerAuth(realm: "r", tokens: tokens)) { server in
            try #expect(curl("--oauth2-bearer", "0123456789abcdef", server.url).text == "Bearer backup []: ")
        }
    }

    @Test("Python's clients by Basic", arguments: Client.allCases)
    func pythonBasic(client: Client) async throws {
        let folder = try TemporaryDirectory()
        try await withProtected(basic(folder)) { server in
            let result = try Client.run(client, digest: false, server.url, "s\"e:cret")
            #expect(result.text == "Basic alice []: \nBasic alice []: \n", "\(result.errorText)")
        }
    }

    /// urllib knows SHA-256 since Python 3.14; Debian's is older.
    @Test(
        "Python's clients by Digest",
        arguments: [(Client.urllib, DigestAlgorithm.md5), (.requests, .sha256), (.requests, .md5)]
    )
    func pythonDigest(client: Client, algorithm: DigestAlgorithm) async throws {
        var options = DigestAuth.Options()
        options.algorithms = [algorithm]
        let users = try DigestPasswords(["alice": "s:ecret"], realm: "r", algorithms: [algorithm])
        try await withProtected(DigestAuth(realm: "r", users: users, options: options, failures: .off)) { server in
            let result = try Client.run(client, digest: true, server.url, "s:ecret")
            #expect(result.text == "Digest alice []: \nDigest alice []: \n", "\(result.errorText)")
        }
    }

    @Test(
        "through a gateway, every scheme: it passes their fields on as they are",
        .rfc("7616-3.6-03", "9110-11.6.1-04", "9110-11.6.2-01", "9110-11.6.3-01")
    )
    func gateway() async throws {
        let folder = try TemporaryDirectory()
        let scheme = try basic(folder)
        try await withProtected(Authentication(digest(.sha256), scheme, failures: .off)) { server in
            let gateway = Gateway(to: try Backend("http://\(server.address)"))
            try await withProtected(handler: gateway) { front in
                let answer = try front.answer(get())
                #expect(answer.values("WWW-Authenticate").count == 2)
                let result = try curl("--anyauth", "-i", "-u", "alice:s\"e:cret", front.url)
                #expect(result.text.hasSuffix("Digest alice []: "), "\(result.text)")
                #expect(result.text.contains("Authentication-Info: rspauth="))
                try #expect(curl("--basic", "-u", "alice:s\"e:cret", front.url).text == "Basic alice []: ")
            }
        }
    }

    @Test("a file of digests made as docs/authentication.md says")
    func digestFile() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.path(of: "digests")
        // First, for it takes lines of other algorithms for its own.
        let htdigest = "printf 's:ecret\\ns:ecret\\n' | htdigest -c \(path) files@example.org alice"
        try #expect(run("sh", arguments: ["-c", htdigest]).status == 0)
        let made = try run(
            "sh",
            arguments: [
                "-c",
                """
                user=alice realm="files@example.org" password="s:ecret"
                printf '%s:%s:SHA-256:%s\\n' "$user" "$realm" \
                "$(printf %s "$user:$realm:$password" | openssl dgst -sha256 -r | cut -d' ' -f1)" >> \(path)
                """,
            ]
        )
        #expect(made.status == 0, "\(made.errorText)")
        let users = try DigestFile(path)
        for algorithm in [DigestAlgorithm.sha256, .md5] {
            var options = DigestAuth.Options()
            options.algorithms = [algorithm]
            try await withProtected(DigestAuth(realm: "files@example.org", users: users, options: options)) { server in
                try #expect(curl("--digest", "-u", "alice:s:ecret", server.url).text == "Digest alice []: ")
            }
        }
    }
}
