import Glibc
import MartletReactor
import TestSupport
import Testing

/// `martlet front` and `--proxy`, in front of servers that others wrote.
@Suite("In front of other servers", .timeLimit(.patient))
struct FrontTests {
    /// A server of Scripts/peers.py; it ends with this.
    struct Peer {
        enum Kind: String, CaseIterable {
            case python, waitress, django, nginx

            var package: String {
                switch self {
                case .python: "python3"
                case .waitress, .django: "python3-\(rawValue)"
                case .nginx: "nginx-light"
                }
            }
        }

        let kind: Kind
        let process: ChildProcess
        let port: Int
        let folder: TemporaryDirectory

        init(_ kind: Kind = .python) throws {
            self.kind = kind
            folder = try TemporaryDirectory()
            process = try ChildProcess(
                Tool.debianPython,
                arguments: [Tool.path(ofScript: "peers.py"), kind.rawValue, folder.path]
            )
            guard let line = try process.readLine(), let port = Int(line) else {
                throw Tool.Missing(name: kind.rawValue, package: kind.package)
            }
            self.port = port
        }

        var url: String { "http://127.0.0.1:\(port)" }

        /// Asks it a thousand things, directly and through `front`.
        func compare(_ front: Martlet, authority: String? = nil) throws {
            let ports = ["\(port)", "\(try front.address.port ?? 0)"]
            let result = try Tool.run(
                Tool.debianPython,
                [Tool.path(ofScript: "front.py"), kind.rawValue] + ports + [authority].compactMap(\.self),
                timeout: .seconds(600)
            )
            #expect(result.text.hasPrefix("1000 answers are the same\n"), "\(result.text) \(result.errorText)")
            let ended = try front.stop()
            #expect(ended.status == 0)
            // A busy machine holds loops up as well.
            let warnings = ended.errorText.split(separator: "\n").filter { !$0.contains(" held up for ") }
            #expect(warnings.isEmpty, "\(warnings)")
        }
    }

    @Test("a thousand mixed requests are answered as directly, octet for octet", arguments: Peer.Kind.allCases)
    func thousand(kind: Peer.Kind) throws {
        let peer = try Peer(kind)
        try peer.compare(Martlet(["front", "--to", peer.url, "--threads", "1", "--log-file", "/dev/null"]))
    }

    #if TLS
        @Test("so they are when the gateway adds TLS")
        func thousandByTLS() throws {
            let peer = try Peer(.nginx)
            let home = try Home()
            let arguments = ["front", "--to", peer.url, "--tls", "--threads", "1", "--log-file", "/dev/null"]
            try peer.compare(Martlet(arguments, environment: home.environment), authority: home.root)
        }
    #endif

    @Test("the start-up message says what is in front of what")
    func banner() throws {
        let martlet = try Martlet(["front", "--to", "http://127.0.0.1:1", "--to", "unix:/x"])
        #expect(martlet.banner.contains(" passes on to http://127.0.0.1:1, unix:/x at http://127.0.0.1:"))
        // Nobody is there: the page says no more than that, standard error says who.
        let answer = try martlet.get("/y")
        #expect(answer.status == 502)
        #expect(!answer.text.contains("127.0.0.1"))
        let errors = try martlet.stop().errorText
        #expect(
            errors.contains(
                "martlet: warning: backend http://127.0.0.1:1: connecting failed: Connection refused, for GET /y of 127.0.0.1\n"
            )
        )
    }

    @Test("a path of the file server goes to another server")
    func proxy() throws {
        let peer = try Peer()
        let folder = try TemporaryDirectory()
        try folder.write("own.txt", Array("own".utf8))
        let martlet = try Martlet([folder.path, "--proxy", "/py=\(peer.url)/", "--proxy", "/folder=\(peer.url)"])
        #expect(try martlet.get("/py/a.txt").text.hasSuffix("hello\n"))
        #expect(try martlet.get("/folder/").status == 200)
        #expect(try martlet.get("/own.txt").text.hasSuffix("own"))
        #expect(try martlet.get("/a.txt").status == 404)
        #expect(martlet.banner.contains(", /py from \(peer.url)/, /folder from \(peer.url) at "))
    }

    @Test(
        "what cannot be meant is told",
        arguments: [
            (["front"], "Give its URL: martlet front --to http://127.0.0.1:9000"),
            (["front", "http://a:1"], "A server goes behind --to: martlet front --to http://a:1"),
            (["front", "Site"], "For a folder beside other servers: martlet Site --proxy /path=http://..."),
            (["front", "--to", "127.0.0.1:9000"], "it must begin with http:// or unix:"),
            (["front", "--to", "https://a"], "servers behind TLS cannot be reached yet"),
            (
                ["front", "--to", "http://a", "--trust-proxy", "10.0.0.1/8"],
                "--trust-proxy takes an address or a range"
            ),
            (["front", "--to", "http://a", "--health", "x"], "--health takes a path such as /health, not 'x'"),
            (
                ["front", "--to", "http://a", "--idle-timeout", "0"],
                "--idle-timeout goes from 1 to 86400 seconds, not 0"
            ),
            (["front", "--to", "http://a", "--send-proxy-protocol", "v3"], "v3"),
            ([".", "--proxy", "api=http://a"], "is not of the form /path=http://host:port"),
            ([".", "--proxy", "/api=a"], "it must begin with http:// or unix:"),
            ([".", "--proxy", "/a=http://a", "--proxy", "/a/=http://b"], "--proxy is given twice for /a/."),
        ]
    )
    func wrong(arguments: [String], message: String) throws {
        let result = try Martlet.fails(arguments)
        #expect(result.status == 64)
        #expect(result.errorText.contains(message))
    }
}
