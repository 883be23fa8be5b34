#if TLS
    import Glibc
    import MartletReactor
    import TestSupport
    import Testing

    @Suite("martlet share", .timeLimit(.patient))
    struct ShareTests {
        private let background: Background

        init() throws {
            background = try Background()
            try background.folder.write("site/f/b.txt", "b")
        }

        private var site: String { background.site }

        /// Starts a server that asks for signed URLs.
        private func start(_ more: String...) throws {
            let result = try background(["start", "--shares", "--port", "0", site] + more)
            #expect(result.status == 0, "\(result.errorText)")
        }

        /// The URL that `martlet share` prints.
        private func share(_ arguments: String...) throws -> String {
            let result = try background(["share"] + arguments)
            #expect(result.status == 0, "\(result.errorText)")
            return String(result.text.dropLast())
        }

        /// The status and content that curl gets.
        private func curl(_ url: String, _ more: String...) throws -> String {
            try Tool.run("curl", ["-s", "-m", "30", "-w", "%{http_code}", "-o", "/dev/null", url] + more).text
        }

        @Test("a URL works as often as it says, also over a restart; another one is counted by itself")
        func restart() throws {
            try start()
            let url = try share("\(site)/a.txt", "--for", "10m", "--times", "3")
            let other = try share("\(site)/a.txt", "--times", "1")
            #expect(url.hasPrefix("http://127.0.0.1:") && url.contains("/a.txt?share=1."))
            #expect(try Tool.curl(url).text == "Hello")
            #expect(try curl(String(url.prefix { $0 != "?" })) == "403")
            #expect(try background("restart").status == 0)
            // The port is another one, and the path the same.
            let again = try moved(url)
            #expect(try curl(again) == "200")
            #expect(try curl(again, "-I") == "200")
            #expect(try curl(again) == "200")
            #expect(try curl(again) == "410")
            #expect(try Tool.curl(again, "-H", "Accept: text/html").text.contains("<h1>410 Gone</h1>"))
            #expect(try curl(moved(other)) == "200")
            #expect(try curl(moved(other)) == "410")
        }

        /// The same URL at the port where the server is by now.
        private func moved(_ url: String) throws -> String {
            let status = try background("status").text
            let base = try #require(status.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("http://127") })
            return "\(base)\(url.split(separator: "/", maxSplits: 2)[2])"
        }

        @Test("a server that is killed forgets nothing, and downloads at once are no more than the count")
        func killed() async throws {
            try start()
            let url = try share("\(site)/a.txt", "--times", "5")
            #expect(try curl(url) == "200")
            let process = try #require(background.process())
            kill(process, SIGKILL)
            try await eventually("the server is gone") { !Background.lives(process) }
            try start()
            let again = try moved(url)
            let many = (0..<20).flatMap { _ in ["-o", "/dev/null", again] }
            let codes = try Tool.run("curl", ["-s", "-m", "60", "-Z", "-w", "%{http_code}\n"] + many).text
            #expect(codes.split(separator: "\n").count { $0 == "200" } == 4, "\(codes)")
            #expect(codes.split(separator: "\n").count { $0 == "410" } == 16, "\(codes)")
        }

        @Test("two servers of one folder count together")
        func together() throws {
            try start("--name", "one")
            try start("--name", "two")
            let url = try share("\(site)/a.txt", "--name", "one", "--times", "1")
            let two = try share("\(site)/a.txt", "--name", "two")
            let base = two.split(separator: "/a.txt")[0]
            #expect(try curl("\(base)/a.txt?\(url.split(separator: "?")[1])") == "200")
            #expect(try curl(url) == "410")
        }

        @Test("time goes by, and what was changed does not work")
        func expiry() async throws {
            try start()
            let url = try share("\(site)/a.txt", "--for", "1s")
            try await eventually("the time is over") { try curl(url) == "410" }
            let good = try share("\(site)/a.txt", "--for", "1h", "--times", "1")
            let parts = good.split(separator: ".").map(String.init)
            // Expiry, count and scope are the fifth, sixth and seventh part from the end of the signature.
            for (index, other) in [(parts.count - 5, "1999999999"), (parts.count - 4, "9"), (parts.count - 3, "0")] {
                var changed = parts
                changed[index] = other
                #expect(try curl(changed.joined(separator: ".")) == "403")
            }
            #expect(try curl(good) == "200")
        }

        @Test("a folder is shared with all below it, in a browser's way")
        func folder() throws {
            try start()
            let url = try share("\(site)/f", "--times", "1")
            #expect(url.contains("/f/?share=1."))
            let jar = background.folder.path(of: "jar")
            let base = url.prefix { $0 != "?" }
            #expect(try curl(url, "-c", jar) == "200")
            #expect(try curl("\(base)b.txt", "-b", jar) == "200")
            #expect(try curl("\(base)b.txt", "-b", jar) == "200")
            #expect(try curl("\(base)b.txt") == "403")
            #expect(try curl("\(base)../a.txt", "-b", jar) == "403")
            #expect(try curl(url) == "410")
        }

        @Test("removing the key ends all URLs of a server that runs, and those that are made then work")
        func removedKey() throws {
            try start()
            let url = try share("\(site)/a.txt")
            #expect(try curl(url) == "200")
            #expect(unsafe unlink("\(background.run)/shares/key") == 0)
            #expect(try curl(url) == "403")
            let next = try share("\(site)/a.txt")
            #expect(try curl(next) == "200")
            #expect(try curl(url) == "403")
        }

        @Test("a URL for a script is refused with the reason")
        func script() throws {
            try background.folder.write("site/cgi-bin/env.sh", "#!/bin/sh\nexit 1\n")
            try start("--cgi")
            let url = try share("\(site)/cgi-bin/env.sh")
            let answer = try Tool.curl(url).text
            #expect(answer.contains("Links open files"), "\(answer)")
        }

        @Test("a share's help says where it listens")
        func help() throws {
            let text = try background("share", "--help").text.split(whereSeparator: \.isWhitespace).joined(
                separator: " "
            )
            #expect(text.contains("(default: every address of this machine)"), "\(text)")
            #expect(!text.contains("--lan") && !text.contains("127.0.0.1"), "\(text)")
        }

        @Test("a share for one folder's server is nothing to another server of the same user")
        func audience() throws {
            try start()
            let other = try TemporaryDirectory()
            try other.write("a.txt", "secret")
            _ = try run("chmod", arguments: ["755", other.path])
            #expect(try background("start", "--name", "two", "--shares", "--port", "0", other.path).status == 0)
            let url = try share("\(site)/a.txt")
            let two = try share("\(other.path)/a.txt")
            #expect(try curl(two) == "200")
            #expect(try curl("\(two.split(separator: "?")[0])?\(url.split(separator: "?")[1])") == "403")
        }

        @Test("without a server the file is served until it was downloaded, and then no more")
        func here() async throws {
            let martlet = try ChildProcess(
                try Martlet.executable,
                arguments: ["share", "\(site)/a.txt", "--times", "1", "--bind", "127.0.0.1", "--port", "0"],
                environment: ["MARTLET_RUN_FOLDER": background.run]
            )
            let url = try #require(try martlet.readLine())
            #expect(try curl("\(url.prefix { $0 != "?" })") == "403")
            #expect(try Tool.curl(url).text == "Hello")
            // A part still comes, for who resumes.
            #expect(try curl(url, "-r", "2-") == "206")
            let result = try martlet.finish(timeout: .seconds(120))
            #expect(result.status == 0)
            #expect(result.errorText.contains("it was downloaded.\n"))
        }

        @Test("without a server a folder is served until the time is over")
        func folderHere() async throws {
            let martlet = try ChildProcess(
                try Martlet.executable,
                arguments: ["share", "\(site)/f", "--for", "3s", "--bind", "127.0.0.1", "--port", "0"],
                environment: ["MARTLET_RUN_FOLDER": background.run]
            )
            let url = try #require(try martlet.readLine())
            #expect(url.contains("/?share=1."))
            let result = try martlet.finish(timeout: .seconds(120))
            #expect(result.status == 0)
            #expect(result.errorText.contains("the time is over.\n"))
        }

        @Test("for a server elsewhere the URL is signed as that one knows it")
        func elsewhere() throws {
            let folder = background.folder.path(of: "keys")
            let martlet = try Martlet([site, "--shares", "--share-dir", folder])
            let url = try share("\(site)/f/b.txt", "--share-dir", folder, "--url", martlet.url, "--served", site)
            #expect(try Tool.curl(url).text == "b")
            let wrong = try background("share", "\(site)/a.txt", "--url", martlet.url, "--served", "\(site)/f")
            #expect(wrong.status == 1 && wrong.errorText.contains("is not in the folder"))
        }

        #if TOML
            @Test("sites have shares of their own")
            func sites() throws {
                let sites = """
                    shares = true

                    [[site]]
                    hosts = ["one.example"]
                    directory = "site"

                    [[site]]
                    directory = "site/f"
                    proxy = ["/api=http://127.0.0.1:9"]

                    """
                let file = try background.folder.write("martlet.toml", sites)
                _ = try run("chmod", arguments: ["755", background.folder.path])
                let started = try background("start", "--config", file, "--port", "0")
                #expect(started.status == 0, "\(started.errorText)")
                let named = try share("\(site)/a.txt")
                #expect(named.hasPrefix("http://one.example:"))
                let port = named.split(separator: "/")[1].split(separator: ":")[1]
                let to = "one.example:\(port):127.0.0.1"
                #expect(try curl(named, "--resolve", to) == "200")
                let plain = try share("\(site)/f/")
                #expect(try curl(plain) == "200")
                let token = plain.split(separator: "?")[1]
                #expect(try curl("\(plain.prefix { $0 != "?" })api/x?\(token)") == "403")
                #expect(try curl("http://one.example:\(port)/f/?\(token)", "--resolve", to) == "403")
            }
        #endif

        @Test("wrong arguments and missing files are told")
        func wrong() throws {
            for (arguments, text) in [
                (["nothing"], "there is no folder or file 'nothing'"), ([site, "--for", "10"], "--for"),
                ([site, "--for", "-1m"], "--for"), ([site, "--for", "400d"], "--for"),
                ([site, "--times", "0"], "--times goes from 1 to 10000"), ([site, "--served", "/"], "needs --url"),
                ([site, "--url", "example.org"], "--url takes the URL of a server"),
                ([site, "--url", "http://a/b"], "--url takes the URL of a server"),
                ([site, "--name", "nobody"], "nobody does not run"),
            ] {
                let result = try background(["share"] + arguments)
                #expect(result.status != 0 && result.errorText.contains(text), "\(arguments) \(result.errorText)")
            }
            try start()
            unsafe chmod("\(background.run)/shares/key", 0o644)
            let open = try background("share", "\(site)/a.txt")
            #expect(open.status == 1 && open.errorText.contains("chmod go="))
        }

        #if QR
            @Test("the code that is printed scans as the URL")
            func code() throws {
                try start()
                let result = try background(["share", "\(site)/a.txt", "--qr"])
                let lines = result.text.split(separator: "\n").map(String.init)
                let url = try #require(lines.first)
                let rows = lines.dropFirst().flatMap { line in
                    [line.map { "█▀".contains($0) }, line.map { "█▄".contains($0) }]
                }
                // What is light is drawn.
                let pixels = rows.map { $0.map { String(repeating: $0 ? "0 " : "1 ", count: 4) }.joined() + "\n" }
                let picture = pixels.map { String(repeating: $0, count: 4) }.joined()
                let size = "\((rows.first?.count ?? 0) * 4) \(rows.count * 4)"
                let file = try background.folder.write("code.pbm", "P1\n\(size)\n\(picture)")
                let read = try Tool.run("zbarimg", ["--quiet", "--raw", "--nodbus", file], package: "zbar-tools").text
                #expect(read == "\(url)\n")
            }

            @Test("--qr draws the URL of the server at its start")
            func atStart() throws {
                let martlet = try Martlet([site, "--qr"])
                let line = try #require(try martlet.process.readLine())
                #expect(line.allSatisfy { $0 == "█" } && line.count >= 21 + 8)
            }
        #endif
    }
#endif
