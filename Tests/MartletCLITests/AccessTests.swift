import TestSupport
import Testing

@Suite("martlet --allow and --deny", .timeLimit(.patient))
struct AccessTests {
    private func folder() throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        try folder.write("a.txt", "hello")
        return folder
    }

    @Test("who is denied gets 403, who is allowed the file")
    func denied() throws {
        let folder = try folder()
        #expect(try Martlet(["--deny", "127.0.0.0/8", folder.path]).get("/a.txt").status == 403)
        #expect(try Martlet(["--allow", "10.0.0.0/8", folder.path]).get("/a.txt").status == 403)
        #expect(
            try Martlet(["--allow", "127.0.0.1", "--deny", "127.0.0.2", folder.path]).get("/a.txt").text == "hello"
        )
        let both = try Martlet([folder.path], environment: ["MARTLET_ALLOW": "10.0.0.0/8, 127.0.0.1"])
        #expect(try both.get("/a.txt").status == 200)
    }

    @Test("behind a proxy that speaks PROXY it is the client that counts")
    func proxied() throws {
        let folder = try folder()
        let martlet = try Martlet(["--proxy-protocol", "127.0.0.0/8", "--deny", "192.0.2.0/24", folder.path])
        for (client, status) in [("192.0.2.7", "403"), ("198.51.100.7", "200")] {
            let socket = try TestSocket.connect(to: martlet.address)
            let header = "PROXY TCP4 \(client) 127.0.0.1 12345 80\r\n"
            try socket.send("\(header)GET /a.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(String(decoding: try socket.receiveAll(), as: UTF8.self).hasPrefix("HTTP/1.1 \(status) "))
        }
    }

    @Test("martlet front has the same rules")
    func front() throws {
        let folder = try folder()
        let backend = try Martlet([folder.path])
        let to = ["front", "--to", String(backend.url.dropLast())]
        #expect(try Martlet(to + ["--deny", "127.0.0.1"]).get("/a.txt").status == 403)
        #expect(try Martlet(to + ["--allow", "127.0.0.1"]).get("/a.txt").text == "hello")
    }

    #if TOML
        @Test("a site has rules of its own, and those above all sites hold for each")
        func sites() throws {
            let folder = try folder()
            let sites = """
                [[site]]
                hosts = ["closed.example"]
                directory = "."
                deny = ["127.0.0.0/8"]

                [[site]]
                directory = "."
                allow = ["127.0.0.1"]

                """
            let file = try folder.write("martlet.toml", sites)
            let martlet = try Martlet(["--config", file])
            #expect(try martlet.get("/a.txt").status == 200)
            #expect(try Tool.curl("-H", "Host: closed.example", "\(martlet.url)a.txt").text.contains("403"))
            // A command line that allows does not open what a site denies.
            let open = try Martlet(["--config", file, "--allow", "127.0.0.0/8"])
            #expect(try Tool.curl("-H", "Host: closed.example", "\(open.url)a.txt").text.contains("403"))
            let shut = try Martlet(["--config", file, "--deny", "127.0.0.1"])
            #expect(try shut.get("/a.txt").status == 403)
        }
    #endif

    @Test("the admin pages have no such rules")
    func admin() throws {
        let folder = try folder()
        let socket = folder.path(of: "admin.sock")
        let martlet = try Martlet(["--admin", "unix:\(socket)", "--deny", "127.0.0.1", "--deny", "unix:", folder.path])
        #expect(try Tool.curl("--unix-socket", socket, "http://a/livez").text.hasPrefix("ok"))
        #expect(try martlet.get("/a.txt").status == 403)
    }

    @Test("what is no range is an error that says what is")
    func wrong() throws {
        let result = try Martlet.fails(["--deny", "10.0.0.1/8", "."])
        #expect(result.status == 64)
        #expect(result.errorText.contains("--deny takes an address or a range such as 10.0.0.0/8"))
        #expect(result.errorText.contains("is 10.0.0.0/8 meant?"))
        let ipv6 = try Martlet.fails(["--allow", "fd00::1/8", "."])
        #expect(ipv6.errorText.contains("is fd00::/8 meant?"))
        let long = try Martlet.fails(["--allow", "10.0.0.0/33", "."])
        #expect(long.status == 64 && !long.errorText.contains("meant"))
    }

    @Test("a variable that should keep somebody out, and is empty, is an error; any other says nothing")
    func emptyVariables() throws {
        let names = ["ALLOW", "DENY", "AUTH", "AUTH_FILE", "AUTH_DIGESTS", "AUTH_TOKENS", "AUTH_RULE"]
        for name in names.map({ "MARTLET_\($0)" }) {
            let result = try Martlet.fails(["/tmp", "-p", "0"], environment: [name: ""])
            #expect(result.status != 0 && result.errorText.contains("\(name) is set and empty"), "\(result.errorText)")
        }
        let blank = try Martlet.fails(["/tmp", "-p", "0"], environment: ["MARTLET_ALLOW": " , "])
        #expect(blank.status != 0 && blank.errorText.contains("MARTLET_ALLOW is set and blank"), "\(blank.errorText)")
        let folder = try folder()
        let martlet = try Martlet([folder.path], environment: ["MARTLET_AUTH_REALM": "", "MARTLET_CACHE": ""])
        #expect(try martlet.get("/a.txt").text == "hello")
    }

    @Test("--verbose says why who is denied is refused")
    func verbose() throws {
        let folder = try folder()
        let martlet = try Martlet(["--deny", "127.0.0.1", "--verbose", folder.path])
        #expect(try martlet.get("/a.txt").status == 403)
        #expect(try martlet.stop().errorText.contains("a request from 127.0.0.1 is refused for its address"))
    }
}
