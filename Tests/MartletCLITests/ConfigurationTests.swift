import Glibc
import MartletReactor
import TestSupport
import Testing

@Suite("Settings from a file, the environment and the command line")
struct ConfigurationTests {
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
        try folder.write("a/x", "A")
        try folder.write("a/.hidden", "hidden")
        try folder.write("b/x", "B")
        try folder.write("rest/x", "rest")
    }

    private func config(_ text: String) throws -> String {
        try folder.write("martlet.toml", text)
        return folder.path(of: "martlet.toml")
    }

    /// What is said of a command line that cannot be served, without the way to the file.
    private func refusal(_ text: String, _ arguments: [String] = []) throws -> String {
        let result = try Martlet.fails(["--config", config(text)] + arguments)
        #expect(result.status == 1)
        return result.errorText.replacing("\(folder.path(of: ""))", with: "")
    }

    #if TOML
        @Test("a file is served as it says, with its folder relative to itself")
        func file() throws {
            let path = try config(
                "port = 0\nbind = \"127.0.0.1\"\ndirectory = \"a\"\ncache = 7\nheader = [\"X-One: 1\"]\n"
            )
            let martlet = try Martlet(["--config", path], port: nil)
            #expect(martlet.urls.count == 1)
            let answer = try martlet.get("/x")
            #expect(answer.text == "A")
            #expect(answer["Cache-Control"] == "max-age=7")
            #expect(answer["X-One"] == "1")
        }

        @Test("the command line goes before the environment, that before the file; a switch can be off in each")
        func order() throws {
            let path = try config(
                "port = 1\ndirectory = \"nosuch\"\nhidden = true\ncache = 1\nheader = \"X-One: file\""
            )
            let environment = ["MARTLET_CONFIG": path, "MARTLET_CACHE": "2", "MARTLET_HEADER": "X-One: environment"]
            let one = try Martlet([folder.path(of: "a"), "--cache", "3"], environment: environment)
            #expect(try one.get("/x")["Cache-Control"] == "max-age=3")
            #expect(try one.get("/x")["X-One"] == "environment")
            #expect(try one.get("/.hidden").text == "hidden")
            let off = environment.merging(["MARTLET_HIDDEN": "0"]) { $1 }
            #expect(try Martlet([folder.path(of: "a")], environment: off).get("/.hidden").status == 404)
        }

        @Test("no file is read that nobody named")
        func none() throws {
            _ = try config("cache = 7")
            let line = "cd '\(folder.path)' && exec '\(try Martlet.executable)' --print-config"
            #expect(try Tool.run("sh", ["-c", line]).text.contains("# cache: they always ask # default"))
        }

        @Test(
            "sites by host name: each its folder, fields and switches; other hosts are answered with 421",
        )
        func sites() throws {
            let path = try config(
                """
                bind = "127.0.0.1"
                cache = 60
                header = "X-All: all"
                [[site]]
                hosts = ["a.test", "WWW.a.test"]
                directory = "a"
                hidden = true
                header = ["X-Site: a"]
                [[site]]
                hosts = ["*.b.test"]
                directory = "b"
                cache = 5
                """
            )
            let martlet = try Martlet(["--config", path])
            #expect(martlet.banner.contains("serves \(folder.path(of: "a")) (a.test, WWW.a.test); "))
            func get(_ host: String, _ target: String) throws -> WireAnswer {
                let socket = try TestSocket.connect(to: martlet.address)
                try socket.send("GET \(target) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
                return try #require(WireAnswer(try socket.receiveAll()))
            }
            let first = try get("A.test:80", "/x")
            #expect(first.text == "A")
            #expect(first["X-All"] == "all" && first["X-Site"] == "a" && first["Cache-Control"] == "max-age=60")
            #expect(try get("www.a.test", "/.hidden").text == "hidden")
            #expect(try get("a.test", "/nosuch")["X-Site"] == "a")
            let second = try get("one.b.test", "/x")
            #expect(second.text == "B")
            #expect(second["X-All"] == "all" && second["X-Site"] == nil && second["Cache-Control"] == "max-age=5")
            #expect(try get("b.test", "/x").status == 421)
            #expect(try get("localhost", "/x").status == 421)
        }

        @Test("a site without hosts is for all that no other has, and other servers can be a site")
        func defaultSite() throws {
            let path = try config("[[site]]\ndirectory = \"rest\"\n[[site]]\nhosts = [\"a.test\"]\ndirectory = \"a\"")
            let martlet = try Martlet(["--config", path])
            #expect(try martlet.get("/x").text == "rest")
            let front = try Martlet(["--config", config("[[site]]\nproxy = \"/=\(martlet.url)\"")])
            #expect(try front.get("/x").text == "rest")
        }

        @Test(
            "what sites have wrong is told with its line",
            arguments: [
                ("[[site]]\nspa = true", "martlet.toml:1: a site needs a directory, or a proxy or fastcgi for /"),
                ("[[site]]\ndirectory = \"nosuch\"", "martlet.toml:2: there is no folder or file"),
                (
                    "[[site]]\ndirectory = \"a\"\n[[site]]\ndirectory = \"b\"",
                    "martlet.toml:3: another site has no hosts"
                ),
                (
                    "[[site]]\nhosts = [\"x\"]\ndirectory = \"a\"\n[[site]]\nhosts = [\"y\", \"X\"]\ndirectory = \"b\"",
                    "martlet.toml:5: hosts: another site has X too."
                ),
                ("[[site]]\nhosts = [\"a b\"]\ndirectory = \"a\"", "martlet.toml:2: hosts: "),
                ("[[site]]\ndirectory = \"a\"\ncache = -1", "martlet.toml:3: cache takes seconds from 0 up"),
                ("[[site]]\ndirectory = \"a\"\ntls-key = \"x\"", "martlet.toml:3: tls-key needs"),
                (
                    "[[site]]\ndirectory = \"a\"\nheader = \"Server: x\"",
                    "martlet.toml:3: header Server is for all sites"
                ),
                ("directory = \"a\"\n[[site]]\ndirectory = \"a\"", "martlet.toml:1: directory is for a site here"),
                ("threads = 0", "martlet.toml:1: threads goes from 1 to 256, not 0."),
            ]
        )
        func wrongSites(text: String, message: String) throws {
            let told = try refusal(text)
            #expect(told.hasPrefix("martlet: \(message)"), "\(told)")
        }

        @Test("a folder on the command line is for no site")
        func operand() throws {
            let path = try config("[[site]]\ndirectory = \"a\"")
            let result = try Martlet.fails(["--config", path, "/tmp"])
            #expect(result.status == 64)
            #expect(result.errorText.contains("--directory is for a site here"), "\(result.errorText)")
        }

        @Test("martlet front reads a file too, and says whose key is whose")
        func front() throws {
            let backend = try Martlet([folder.path(of: "a")])
            let path = try config("to = [\"\(backend.url)\"]\nbind = \"127.0.0.1\"")
            let front = try Martlet(["front", "--config", path])
            #expect(try front.get("/x").text == "A")
            #expect(try refusal("to = \"x\"").contains("'to' is a setting of martlet front, not of martlet."))
            let other = try Martlet.fails(["front", "--config", config("spa = true")])
            #expect(other.errorText.contains("'spa' is a setting of martlet, not of martlet front."))
            let sites = try Martlet.fails(["front", "--config", config("[[site]]")])
            #expect(sites.errorText.contains("'site' is a setting of martlet, not of martlet front."))
        }

        @Test("the example of docs/configuration.md is right")
        func example() throws {
            let page = try contents(ofFile: "\(Tool.repository())/docs/configuration.md")
            let text = try #require(page.split(separator: "```toml\n").dropFirst().first?.split(separator: "```").first)
            let result = try Martlet.fails(["--config", config(String(text)), "--print-config"])
            #expect(result.status == 0)
            #expect(result.text.contains("\nredirect-http = 80 # \(folder.path(of: "martlet.toml")):4\n"))
            #expect(result.text.contains("\nproxy = [\"/=http://127.0.0.1:9001\"] # "))
            #expect(result.text.split(separator: "\n").count { $0.hasPrefix("[[site]]") } == 3)
        }

        @Test("--print-config prints what can be read again, and the same comes of it")
        func printed() throws {
            let text = "port = 9000\nspa = true\n[[site]]\nhosts = [\"a\"]\ndirectory = \"a\"\ncache = 3\n"
            let environment = ["MARTLET_BIND": "127.0.0.1,::1", "MARTLET_SPA": "0"]
            let first = try Martlet.fails(
                ["--config", config(text), "--print-config", "-H", "X-One: \"1\"", "9001"],
                environment: environment
            )
            #expect(first.status == 0 && first.errors.isEmpty)
            #expect(
                first.text.contains("\nport = 9001 # command line\nbind = [\"127.0.0.1\", \"::1\"] # MARTLET_BIND\n")
            )
            #expect(first.text.contains("\nspa = false # MARTLET_SPA\n"))
            try folder.write("again.toml", first.text)
            let second = try Martlet.fails(["--config", folder.path(of: "again.toml"), "--print-config"])
            func values(_ text: String) -> [Substring] {
                text.split(separator: "\n").map { line in
                    line.ranges(of: " # ").last.map { line[..<$0.lowerBound] } ?? line
                }
            }
            #expect(values(second.text) == values(first.text))
        }

        #if TLS
            @Test("each site has its own certificate, by the name that a client asks for")
            func certificates() throws {
                for name in ["a.test", "b.test"] {
                    _ = try Tool.run(
                        "openssl",
                        [
                            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                            "2",
                            "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name)",
                            "-keyout", folder.path(of: "\(name).key"), "-out", folder.path(of: "\(name).pem"),
                        ]
                    )
                }
                // One with the key in the certificate's file.
                let both =
                    try contents(ofFile: folder.path(of: "a.test.pem"))
                    + contents(ofFile: folder.path(of: "a.test.key"))
                try folder.write("a.test.pem", both)
                let path = try config(
                    """
                    bind = "127.0.0.1"
                    [[site]]
                    hosts = ["a.test"]
                    directory = "a"
                    tls-cert = "a.test.pem"
                    [[site]]
                    hosts = ["b.test"]
                    directory = "b"
                    tls-cert = "b.test.pem"
                    tls-key = "b.test.key"
                    """
                )
                let martlet = try Martlet(["--config", path])
                for (name, content) in [("a.test", "A"), ("b.test", "B")] {
                    let port = try #require(try martlet.address.port)
                    let answer = try Tool.curl(
                        "--cacert",
                        folder.path(of: "\(name).pem"),
                        "--resolve",
                        "\(name):\(port):127.0.0.1",
                        "https://\(name):\(port)/x"
                    )
                    #expect(answer.text == content, "\(answer.errorText)")
                }
            }
        #endif
    #else
        @Test("without TOML a file is an error in words")
        func withoutTOML() throws {
            #expect(try refusal("port = 1").hasPrefix("martlet: this martlet was built without TOML"))
        }
    #endif
}
