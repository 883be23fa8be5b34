#if TLS
    import Glibc
    import MartletReactor
    import TestSupport
    import Testing

    @Suite("--tls, with the local CA")
    struct LocalTLSTests {
        @Test("alone it makes a working https URL, and says all there is to know of it")
        func banner() throws {
            let home = try Home()
            let martlet = try home.serve()
            let details = try martlet.details()
            let text = try Tool.run("openssl", ["x509", "-in", home.root, "-noout", "-fingerprint", "-sha256"]).text
            let fingerprint = (text.split(separator: "=").last ?? "").filter(\.isHexDigit).lowercased()
            #expect(martlet.url.hasPrefix("https://localhost:"))
            #expect(details.hasPrefix("Martlet local CA "))
            #expect(details.contains("SHA-256 \(fingerprint); "))
            #expect(details.contains("; not trusted yet by any program of this machine: martlet trust install; "))
            #expect(details.hasSuffix("; curl --cacert \(home.root) \(martlet.url)"))
            // The line works as it stands.
            let line = try #require(details.split(separator: "; ").last)
            #expect(try run("sh", arguments: ["-c", "\(line) --silent --show-error"]).text.contains("<title>Safe"))
        }

        @Test("each URL works, with each client")
        func clients() throws {
            let home = try Home()
            let martlet = try home.serve()
            let port = try martlet.port
            for host in ["localhost", "127.0.0.1"] {
                let url = "https://\(host):\(port)/a.txt"
                let curl = try Tool.curl("--cacert", home.root, url)
                #expect(curl.text == "Hello", "\(curl.errorText)")
                let wget = try Tool.run("wget", ["-q", "-O", "-", "--ca-certificate", home.root, url])
                #expect(wget.text == "Hello", "\(wget.errorText)")
                let script = """
                    import ssl, sys, urllib.request
                    context = ssl.create_default_context(cafile=sys.argv[1])
                    print(urllib.request.urlopen(sys.argv[2], context=context).read().decode())
                    """
                let python = try Tool.run("python3", ["-c", script, home.root, url])
                #expect(python.text == "Hello\n", "\(python.errorText)")
            }
            let arguments = [
                "s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", home.root, "-verify_return_error", "-brief",
                "-verify_hostname", "localhost", "-servername", "localhost",
            ]
            let openssl = try Tool.run("openssl", arguments)
            #expect(openssl.status == 0, "\(openssl.errorText)")
            #expect(openssl.errorText.contains("Verification: OK"))
        }

        @Test("a Unix socket speaks TLS too, and the line for curl says how to get there")
        func unixSocket() throws {
            let home = try Home()
            let martlet = try home.serve(["--tls", "--bind", "unix:\(home.file("it's here"))"])
            let line = try #require(try martlet.details().split(separator: "; ").last)
            #expect(line.hasSuffix(" https://localhost/"))
            #expect(try run("sh", arguments: ["-c", "\(line)a.txt --silent"]).text == "Hello")
        }

        @Test("the CA is made once; who trusted it trusts it after the next start")
        func sameRoot() throws {
            let home = try Home()
            let first = try home.serve()
            let second = try home.serve()
            #expect(try first.details().split(separator: ";")[1] == second.details().split(separator: ";")[1])
            #expect(try Tool.curl("--cacert", home.root, "\(second.url)a.txt").text == "Hello")
        }

        @Test("names below localhost and test work as they are asked for; others get the first certificate")
        func madeUp() throws {
            let home = try Home()
            let martlet = try home.serve()
            let port = try martlet.port
            func curl(_ name: String) throws -> ProcessResult {
                let place = "\(name):\(port)"
                return try Tool.curl("--cacert", home.root, "--resolve", "\(place):127.0.0.1", "https://\(place)/a.txt")
            }
            for name in ["shop.localhost", "a.b.test", "SHOP.Test"] {
                let result = try curl(name)
                #expect(result.text == "Hello", "\(name) \(result.errorText)")
            }
            #expect(try curl("www.example.com").status == 60)
        }

        @Test("--ca-dir says where it is; the environment does too")
        func folder() throws {
            let home = try Home()
            let (one, other) = (home.file("ca/one"), home.file("ca/other"))
            let first = try home.serve(["--tls", "--ca-dir", one])
            #expect(try Tool.curl("--cacert", "\(one)/root.pem", "\(first.url)a.txt").text == "Hello")
            let second = try home.serve([], environment: ["MARTLET_TLS": "1", "MARTLET_CA_DIR": other])
            #expect(try Tool.curl("--cacert", "\(other)/root.pem", "\(second.url)a.txt").text == "Hello")
            #expect(unsafe access(home.authority, F_OK) != 0)
        }

        @Test("a CA that cannot be used keeps it from serving, with a word on what to do")
        func unusable() throws {
            let home = try Home()
            _ = try home.serve()
            #expect(unsafe chmod("\(home.authority)/root-key.pem", 0o644) == 0)
            let result = try home.fails(["--tls"])
            #expect(result.status == 1)
            #expect(
                result.errorText.hasPrefix(
                    "martlet: Others may read the CA's key '\(home.authority)/root-key.pem'. Run"
                )
            )
        }

        @Test("on a terminal each thing has its line")
        func terminal() throws {
            let home = try Home()
            let result = try Tool.python(
                "terminal.py",
                ["9", try Martlet.executable, home.site, "--port", "0", "--bind", "127.0.0.1", "--tls"],
                environment: home.environment
            )
            let lines = result.text.split(separator: "\n")
            #expect(lines.count >= 9, "\(result.text) \(result.errorText)")
            guard lines.count >= 9 else { return }
            #expect(lines[1].hasPrefix("  https://localhost:") && lines[2].hasPrefix("  https://127.0.0.1:"))
            #expect(lines[3].hasPrefix("Martlet local CA ") && lines[3].contains(", until 20"))
            #expect(lines[4].hasPrefix("  SHA-256 ") && lines[4].count == 74)
            #expect(lines[5] == "  not trusted yet by any program of this machine: martlet trust install")
            #expect(lines[6].hasPrefix("  curl --cacert \(home.root) https://localhost:"))
            #expect(lines[7].hasPrefix("Sandbox: "))
            #expect(lines[8] == "Ctrl-C stops.")
            #expect(result.text.hasSuffix("exit 0\n"), "\(result.text)")
        }
    }

    @Suite("--tls-cert and its kin")
    struct TLSOptionTests {
        @Test("Python's three flags: a certificate, its key beside it or in the same file, with a password or without")
        func files() throws {
            let home = try Home()
            try home.makeCertificate("plain", for: "DNS:localhost")
            let both = try contents(ofFile: home.file("plain.pem")) + contents(ofFile: home.file("plain.key"))
            try home.directory.write("both.pem", both)
            try home.directory.write("password", "secret\nsecond line\n")
            try home.lock("plain.key", as: "locked.key")
            let ways = [
                ["--tls-cert", home.file("both.pem")],
                ["--tls-cert", home.file("plain.pem"), "--tls-key", home.file("plain.key")],
                [
                    "--tls", "--tls-cert", home.file("plain.pem"), "--tls-key", home.file("locked.key"),
                    "--tls-password-file", home.file("password"),
                ],
            ]
            for arguments in ways {
                let martlet = try home.serve(arguments)
                #expect(martlet.url.hasPrefix("https://localhost:"))
                #expect(try Tool.curl("--cacert", home.file("plain.pem"), "\(martlet.url)a.txt").text == "Hello")
                #expect(try martlet.details().hasPrefix("Certificate for localhost, until 20"))
            }
            #expect(unsafe access(home.authority, F_OK) != 0)
        }

        @Test("a certificate without a name is served with a warning, and said to have none")
        func nameless() throws {
            let home = try Home()
            let files = ["-keyout", home.file("a.key"), "-out", home.file("a.pem")]
            let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"]
            let made = try Tool.run("openssl", ["req", "-x509", "-subj", "/CN=localhost"] + key + files)
            #expect(made.status == 0, "\(made.errorText)")
            let martlet = try home.serve(["--tls-cert", home.file("a.pem"), "--tls-key", home.file("a.key")])
            #expect(try martlet.details().hasPrefix("Certificate for no name, until 20"))
            #expect(try martlet.stop().errorText.contains("names no host (subject alternative name)"))
        }

        @Test(
            "several certificates: each for its names, the first for all others, unless --tls-strict-sni refuses them"
        )
        func several() throws {
            let home = try Home()
            try home.makeCertificate("one", for: "DNS:one.example")
            try home.makeCertificate("two", for: "DNS:two.example,DNS:*.two.example")
            let files = ["one", "two"].flatMap { name in
                ["--tls-cert", home.file("\(name).pem"), "--tls-key", home.file("\(name).key")]
            }
            func subject(_ martlet: Martlet, _ name: String) throws -> String? {
                let arguments = ["s_client", "-connect", "127.0.0.1:\(try martlet.port)", "-servername", name]
                let text = try Tool.run("openssl", arguments).text
                return text.split(separator: "\n").first { $0.hasPrefix("subject=") }.map { $0.filter(\.isLetter) }
            }
            let martlet = try home.serve(files)
            for (name, expected) in [
                ("one.example", "one"), ("two.example", "two"), ("a.two.example", "two"), ("other.example", "one"),
            ] {
                #expect(try subject(martlet, name) == "subjectCN\(expected)", "\(name)")
            }
            let strict = try home.serve(files + ["--tls-strict-sni"])
            #expect(try subject(strict, "two.example") == "subjectCNtwo")
            #expect(try subject(strict, "other.example") == nil)
        }

        @Test("--tls-min and --tls-conf decide on versions")
        func versions() throws {
            let home = try Home()
            func curl(_ martlet: Martlet, _ version: String) throws -> Int32 {
                try Tool.curl("--cacert", home.root, "--tlsv1.2", "--tls-max", version, "\(martlet.url)a.txt").status
            }
            let usual = try home.serve()
            #expect(try curl(usual, "1.2") == 0 && curl(usual, "1.3") == 0)
            let new = try home.serve(["--tls", "--tls-min", "1.3"])
            #expect(try curl(new, "1.2") == 35 && curl(new, "1.3") == 0)
            let old = try home.serve(["--tls", "--tls-conf", "MaxProtocol=TLSv1.2"])
            let result = try Tool.curl("--cacert", home.root, "--tlsv1.3", "\(old.url)a.txt")
            #expect(try result.status == 35 && curl(old, "1.2") == 0)
        }

        @Test("--tls-keylog writes the secrets, and warns loudly")
        func keyLog() throws {
            let home = try Home()
            let martlet = try home.serve(["--tls", "--tls-keylog", home.file("keys")])
            #expect(try Tool.curl("--cacert", home.root, "\(martlet.url)a.txt").text == "Hello")
            #expect(try contents(ofFile: home.file("keys")).contains("CLIENT_TRAFFIC_SECRET_0 "))
            #expect(try Tool.run("stat", ["-c", "%a", home.file("keys")]).text == "600\n")
            let errors = try martlet.stop().errorText
            #expect(errors.contains("martlet: warning: ") && errors.contains(home.file("keys")), "\(errors)")
        }

        @Test("--client-ca lets in whom a CA vouches for; --client-auth request lets others in too")
        func clientCertificates() throws {
            let home = try Home()
            try home.makeCertificate("ada", for: "email:ada@example.com", ["-addext", "extendedKeyUsage=clientAuth"])
            try home.makeCertificate("eve", for: "email:eve@example.com")
            func curl(_ martlet: Martlet, _ client: String?) throws -> ProcessResult {
                let more = client.map { ["--cert", home.file("\($0).pem"), "--key", home.file("\($0).key")] } ?? []
                return try Tool.run(
                    "curl",
                    ["-sS", "--max-time", "30", "--cacert", home.root, "\(martlet.url)a.txt"] + more
                )
            }
            let martlet = try home.serve(["--tls", "--client-ca", home.file("ada.pem")])
            #expect(try curl(martlet, "ada").text == "Hello")
            #expect(try curl(martlet, nil).status != 0)
            #expect(try curl(martlet, "eve").status != 0)
            let asking = try home.serve(["--tls", "--client-ca", home.file("ada.pem"), "--client-auth", "request"])
            #expect(try curl(asking, "ada").text == "Hello")
            #expect(try curl(asking, nil).text == "Hello")
        }

        @Test(
            "--redirect-http leads from http to https, whatever the method; only there is no HSTS",
            .rfc(
                "6797-6.1-01",
                "6797-6.1-02",
                "6797-6.1.1-01",
                "6797-7.1-01",
                "6797-7.1-02",
                "6797-7.1-03",
                "6797-7.2-01",
                "6797-7.2-02",
                "6797-9.2-01"
            )
        )
        func redirect() throws {
            let home = try Home()
            try home.makeCertificate("public", for: "DNS:www.example.com")
            let files = ["--tls-cert", home.file("public.pem"), "--tls-key", home.file("public.key")]
            // What is said with --header gives way: the field is there once (RFC 6797 §7.1).
            let own = ["--header", "Strict-Transport-Security: max-age=1"]
            try home.directory.makeDirectory("site/folder")
            let martlet = try home.serve(files + own + ["--redirect-http", "0", "--hsts", "31536000"])
            let details = try martlet.details()
            let from = try #require(details.split(separator: " ").first { $0.hasPrefix("http://") }).dropLast()
            #expect(details.hasPrefix("\(from)/ leads there; Certificate for www.example.com, until 20"))
            let port = try martlet.port
            for method in ["GET", "POST"] {
                let answer = try Tool.curl("-i", "-X", method, "-H", "Host: www.example.com", "\(from)/a?b=%20c")
                #expect(answer.text.hasPrefix("HTTP/1.1 308 Permanent Redirect\r\n"), "\(answer.text)")
                #expect(answer.text.contains("\r\nLocation: https://www.example.com:\(port)/a?b=%20c\r\n"))
                #expect(!answer.text.contains("Strict-Transport-Security"))
            }
            #expect(try Tool.curl("-i", "--http1.0", "-H", "Host:", "\(from)/").text.hasPrefix("HTTP/1.1 400 "))
            for (path, host, status) in [
                ("a.txt", "www.example.com", 200), ("nosuch", "www.example.com", 404),
                ("folder", "www.example.com", 301), ("a.txt", "a b", 400), ("a.txt", "other", 421),
            ] {
                let secure = try Tool.curl("-ik", "\(martlet.url)\(path)", "-H", "Host: \(host)").text
                #expect(secure.hasPrefix("HTTP/1.1 \(status) "), "\(secure)")
                let lines = secure.split(separator: "\r\n").filter { $0.lowercased().hasPrefix("strict-transport") }
                #expect(lines == ["Strict-Transport-Security: max-age=31536000"], "\(secure)")
            }
            // RFC 6797 §7.2: not in the clear.
            let clear = try Tool.curl("-i", "http://127.0.0.1:\(port)/a.txt")
            #expect(clear.text.hasPrefix("HTTP/1.1 308 ") && !clear.text.contains("Strict-Transport-Security"))
            #expect(try martlet.stop().status == 0)
        }

        @Test(
            "--hsts is refused for what is not the Internet's",
            arguments: [
                "DNS:localhost", "DNS:www.example.com,DNS:app.localhost", "IP:127.0.0.1",
                "DNS:example.com,IP:192.0.2.1",
            ]
        )
        func strictTransport(names: String) throws {
            let home = try Home()
            try home.makeCertificate("local", for: names)
            let files = ["--tls-cert", home.file("local.pem"), "--tls-key", home.file("local.key")]
            let result = try home.fails(files + ["--hsts", "60"])
            #expect(result.status == 1)
            #expect(result.errorText.contains("--hsts is for public names alone"), "\(result.errorText)")
        }

        // MARK: Mistakes

        @Test(
            "what does not go together: exit code 64, a message that names it",
            arguments: [
                (["--tls-key", "x"], "--tls-key needs --tls"),
                (["--tls", "--tls-key", "x"], "--tls-key needs --tls-cert"),
                (["--tls", "--tls-password-file", "x"], "--tls-password-file needs --tls-cert"),
                (["--tls-cert", "a", "--tls-cert", "b", "--tls-key", "c"], "2 of --tls-cert and 1 of --tls-key"),
                (["--tls-min", "1.3"], "--tls-min needs --tls"), (["--tls", "--tls-min", "1.1"], "1.2"),
                (["--tls-strict-sni"], "--tls-strict-sni needs"), (["--tls-conf", "A=b"], "--tls-conf needs"),
                (["--tls", "--tls-conf", "Ab"], "'Name=value'"), (["--tls", "--tls-conf", "=b"], "'Name=value'"),
                (["--tls-keylog", "x"], "--tls-keylog needs"), (["--client-ca", "x"], "--client-ca needs"),
                (["--tls", "--client-auth", "request"], "--client-auth needs --client-ca"),
                (["--tls", "--client-ca", "x", "--client-auth", "x"], "require"),
                (["--redirect-http", "8080"], "--redirect-http needs"), (["--tls", "--redirect-http", "x"], "port"),
                (["--hsts", "1"], "--hsts needs"),
                (["--tls", "--hsts", "1"], "--hsts is not for the local CA"),
                (["--tls-cert", "x", "--hsts=-1"], "--hsts takes seconds from 0 up"),
            ]
        )
        func wrong(arguments: [String], message: String) throws {
            let result = try Home().fails(arguments)
            #expect(result.status == 64)
            #expect(result.errorText.contains(message), "\(result.errorText)")
        }

        @Test("a wrong variable: exit code 64", arguments: [("TLS_MIN", "1.1"), ("TLS", "x"), ("CLIENT_AUTH", "x")])
        func variable(name: String, value: String) throws {
            let result = try Martlet.fails(["/tmp", "-p", "0"], environment: ["MARTLET_\(name)": value])
            #expect(result.status == 64)
            #expect(result.errorText.contains("MARTLET_\(name) is '\(value)'; it must be "), "\(result.errorText)")
        }

        @Test(
            "what cannot be used: exit code 1, one line that says what to do",
            arguments: [
                (["--tls-cert", "/nosuch.pem"], "There is no certificate at /nosuch.pem."),
                (["--tls-cert", "HERE/a.pem"], "HERE/a.pem holds no private key"),
                (["--tls-cert", "HERE/a.pem"], "--tls-key"),
                (["--tls-cert", "HERE/a.pem", "--tls-key", "HERE/locked.key"], "--tls-password-file"),
                (["--tls", "--redirect-http", "0", "--bind", "unix:HERE/socket"], "--redirect-http has no port"),
                (["--tls-cert", "HERE/a.pem", "--tls-key", "HERE/b.key"], "does not belong to the certificate"),
                (["--tls-cert", "HERE/site/a.txt"], "holds no certificate in PEM"),
                (["--tls", "--client-ca", "/nosuch"], "There is no CA certificate at /nosuch."),
                (["--tls", "--tls-conf", "Nosuch=1"], "OpenSSL knows no setting Nosuch"),
                (["--tls", "--tls-keylog", "/nosuch/keys"], "Keys cannot be logged to /nosuch/keys: "),
            ]
        )
        func unusable(arguments: [String], message: String) throws {
            let home = try Home()
            try home.makeCertificate("a", for: "DNS:localhost")
            try home.makeCertificate("b", for: "DNS:localhost")
            try home.lock("a.key", as: "locked.key")
            func here(_ text: String) -> String {
                text.split(separator: "HERE", omittingEmptySubsequences: false).joined(separator: home.directory.path)
            }
            let result = try home.fails(arguments.map(here))
            #expect(result.status == 1)
            #expect(result.errorText.contains(here(message)), "\(result.errorText)")
            #expect(result.errorText.split(separator: "\n").count == 1)
        }

        @Test("a port in use of --redirect-http is told, and nothing is served")
        func redirectPort() throws {
            let home = try Home()
            let other = try home.serve([])
            let result = try home.fails(["--tls", "--redirect-http", "\(try other.port)"])
            #expect(result.status == 1)
            #expect(result.errorText.contains("Choose another port for --redirect-http."), "\(result.errorText)")
        }
    }

    @Suite("Certificates that change while it serves")
    struct ReloadTests {
        /// The name in the certificate that a new connection gets.
        private func name(_ port: UInt16) throws -> String {
            let text = try Tool.run("openssl", ["s_client", "-connect", "127.0.0.1:\(port)"]).text
            let subject = text.split(separator: "\n").first { $0.hasPrefix("subject=") } ?? ""
            return (subject.split(separator: " ").last).map(String.init) ?? ""
        }

        private func serve() throws -> (Home, Martlet) {
            let home = try Home()
            try home.makeCertificate("old", for: "DNS:localhost")
            try home.makeCertificate("new", for: "DNS:localhost")
            try copy("old", home)
            let files = ["--tls-cert", home.file("pair.pem")]
            return (home, try home.serve(files))
        }

        private func copy(_ name: String, _ home: Home) throws {
            let both = try contents(ofFile: home.file("\(name).pem")) + contents(ofFile: home.file("\(name).key"))
            try home.directory.write("pair.part", both)
            #expect(unsafe rename(home.file("pair.part"), home.file("pair.pem")) == 0)
        }

        @Test("SIGHUP reads them again; connections that are open stay")
        func signal() async throws {
            let (home, martlet) = try serve()
            #expect(try name(martlet.port) == "old")
            try copy("new", home)
            martlet.process.send(signal: SIGHUP)
            try await eventually("the new certificate is in use") { try name(martlet.port) == "new" }
            let errors = try martlet.stop().errorText
            #expect(errors.contains("martlet: the configuration was read again: serves "), "\(errors)")
        }

        @Test("a file that has changed is noticed within seconds, without a signal")
        func watched() async throws {
            let (home, martlet) = try serve()
            try copy("new", home)
            try await eventually("the new certificate is in use", timeout: .seconds(60)) {
                try name(martlet.port) == "new"
            }
        }

        @Test("a broken new pair is refused, in words, and the old one kept")
        func broken() throws {
            let home = try Home()
            try home.makeCertificate("old", for: "DNS:localhost")
            try home.makeCertificate("new", for: "DNS:localhost")
            try copy("old", home)
            let martlet = try Background()
            let started = try martlet(
                "start",
                home.site,
                "--port",
                "0",
                "--tls-cert",
                home.file("pair.pem"),
                environment: home.environment
            )
            let port = try #require(Background.address(started).port)
            let both = try contents(ofFile: home.file("new.pem")) + contents(ofFile: home.file("old.key"))
            try home.directory.write("pair.pem", both)
            let refused = try martlet("reload")
            #expect(refused.status == 1)
            #expect(refused.errorText.hasPrefix("martlet: nothing was changed: "), "\(refused.errorText)")
            #expect(try name(port) == "old")
            try copy("new", home)
            #expect(try martlet("reload").status == 0)
            #expect(try name(port) == "new")
            #expect(try martlet("stop").status == 0)
        }

        @Test("who closes the terminal ends it: SIGHUP is then no wish for new certificates")
        func closedTerminal() throws {
            let home = try Home()
            let script = """
                import os, pty, sys
                process, terminal = pty.fork()
                if process == 0:
                    os.execv(sys.argv[1], sys.argv[1:])
                shown = b""
                while b"Ctrl-C" not in shown:
                    shown += os.read(terminal, 65536)
                os.close(terminal)
                print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
                """
            let arguments = ["-c", script, try Martlet.executable, home.site, "--port", "0", "--tls"]
            #expect(try Tool.run("python3", arguments, environment: home.environment).text == "0\n")
        }
    }
#else
    import TestSupport
    import Testing

    @Suite("Built without TLS")
    struct NoTLSTests {
        @Test("the flags of TLS say so", arguments: [["--tls"], ["--tls-cert", "x"], ["trust", "status"]])
        func missing(arguments: [String]) throws {
            let result = try Martlet.fails(arguments)
            #expect(result.status == 1)
            #expect(result.errorText.hasPrefix("martlet: this martlet was built without TLS. "))
        }
    }
#endif
