#if TLS
    import Glibc
    import MartletReactor
    import TestSupport
    import Testing

    /// The system's own store is never touched: root is only root in a mount namespace of its own, where that store is a
    /// copy; all else runs as nobody, without sudo.
    @Suite("martlet trust")
    struct TrustTests {
        private let home: Home
        /// Programs that nobody needs, and no others: so there is no sudo.
        private let bin: String

        init() throws {
            home = try Home()
            bin = home.file("bin")
            try home.directory.makeDirectory("bin")
            for tool in ["certutil", "install", "rm"] { try link(tool) }
            for path in ["", "home"] { #expect(unsafe chmod(home.file(path), 0o755) == 0) }
            // The build folder may be closed to others.
            _ = try run("cp", arguments: [try Martlet.executable, home.file("martlet")])
            if geteuid() == 0 { #expect(unsafe chown(home.path, 65534, 65534) == 0) }
        }

        private func link(_ tool: String) throws {
            let path = try run("sh", arguments: ["-c", "command -v \(tool)"]).text.filter { $0 != "\n" }
            try #require(!path.isEmpty, "\(tool) is missing: scripts/setup.sh test")
            try home.directory.link("bin/\(tool)", to: path)
        }

        private var environment: [String: String] { home.environment.merging(["PATH": bin]) { $1 } }

        /// The command line that runs one as nobody.
        private func asNobody(_ arguments: [String]) -> (program: String, arguments: [String]) {
            guard geteuid() == 0 else { return (home.file("martlet"), arguments) }
            let rights = ["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"]
            return ("/usr/bin/setpriv", rights + [home.file("martlet")] + arguments)
        }

        private func trust(_ verb: String, _ more: String...) throws -> ProcessResult {
            let (program, arguments) = asNobody(["trust", verb] + more)
            return try run(program, arguments: arguments, environment: environment)
        }

        /// Makes the database of a browser.
        private func makeDatabase(_ folder: String) throws {
            try home.directory.makeDirectory("home/\(folder)")
            let made = try Tool.run(
                "certutil",
                ["-N", "-d", "sql:\(home.path)/\(folder)", "--empty-password"],
                package: "libnss3-tools"
            )
            #expect(made.status == 0, "\(made.errorText)")
            if geteuid() == 0 { _ = try run("chown", arguments: ["-R", "65534:65534", home.path]) }
        }

        private func trusted(in folder: String) throws -> Bool {
            let text = try Tool.run("certutil", ["-L", "-d", "sql:\(home.path)/\(folder)"]).text
            return text.split(separator: "\n").contains { $0.hasPrefix("Martlet local CA ") && $0.contains("C,,") }
        }

        @Test("before there is a CA, status and uninstall say so and make none")
        func none() throws {
            let status = try trust("status")
            #expect(status.status == 1 && status.text.hasPrefix("There is no local CA yet"))
            let uninstall = try trust("uninstall")
            #expect(uninstall.status == 0 && uninstall.text == status.text)
            #expect(unsafe access(home.authority, F_OK) != 0)
        }

        @Test("the browsers' databases are found where browsers have them, and get the CA, once")
        func databases() throws {
            let folders = [
                ".pki/nssdb", ".mozilla/firefox/x1.default", ".mozilla/firefox/x2.work",
                "snap/firefox/common/.mozilla/firefox/x3.default", "snap/chromium/current/.pki/nssdb",
                ".var/app/org.mozilla.firefox/.mozilla/firefox/x4.default", ".var/app/org.chromium.Chromium/.pki/nssdb",
            ]
            for folder in folders { try makeDatabase(folder) }
            let installed = try trust("install").text
            for folder in folders {
                let owner = folder.hasSuffix("nssdb") ? "Chromium" : "Firefox"
                #expect(installed.contains("\n\(owner) (\(home.path)/\(folder)): trusts it now\n"), "\(installed)")
                #expect(try trusted(in: folder))
            }
            let again = try trust("install").text
            #expect(again.contains("\nChromium (\(home.path)/.pki/nssdb): trusted it already\n"), "\(again)")
            #expect(try trust("status").text.contains("\nFirefox (\(home.path)/\(folders[1])): trusts it\n"))
            let removed = try trust("uninstall").text
            #expect(removed.contains("\nFirefox (\(home.path)/\(folders[1])): trusts it no longer\n"), "\(removed)")
            for folder in folders { #expect(try !trusted(in: folder)) }
            #expect(try trust("uninstall").text.contains("\nChromium (\(home.path)/.pki/nssdb): did not trust it\n"))
            #expect(try trust("status").text.contains("\nChromium (\(home.path)/.pki/nssdb): does not trust it\n"))
            #expect(unsafe access(home.root, F_OK) == 0)
        }

        @Test("a CA of the same name in the database, made before, stays apart")
        func older() throws {
            try makeDatabase(".pki/nssdb")
            #expect(try trust("install", "--ca-dir", "\(home.path)/old").text.contains("trusts it now"))
            #expect(try trust("install").text.contains(": trusts it now\n"))
            #expect(try trust("uninstall").text.contains(": trusts it no longer\n"))
            #expect(try trust("status", "--ca-dir", "\(home.path)/old").text.contains("nssdb): trusts it\n"))
        }

        @Test("where Chromium is installed and was never used, its database is made")
        func firstUse() throws {
            try home.directory.write("bin/chromium", "#!/bin/sh\n")
            try home.directory.setMode("bin/chromium", 0o755)
            #expect(try trust("install").text.contains("\nChromium (\(home.path)/.pki/nssdb): trusts it now\n"))
            #expect(try trusted(in: ".pki/nssdb"))
        }

        @Test("without certutil it says what to install")
        func noTool() throws {
            try makeDatabase(".pki/nssdb")
            unsafe unlink("\(bin)/certutil")
            let result = try trust("install")
            #expect(result.status == 1)
            #expect(result.text.contains("nssdb): needs certutil. Run: sudo apt-get install libnss3-tools\n"))
        }

        @Test("without the right to change the system's list it prints the line that does", .enabled(if: isDebian))
        func manually() throws {
            let result = try trust("install")
            #expect(result.status == 1)
            let line = result.text.split(separator: "\n").last { $0.hasPrefix("the system: ") } ?? ""
            #expect(line.hasPrefix("the system: needs root. Run: sudo install -m 0644 \(home.root) /usr/local/share/"))
            #expect(line.hasSuffix(".crt && sudo update-ca-certificates"), "\(result.text)")
        }

        @Test(
            "as root the system's list gets it and gives it back",
            .enabled(if: geteuid() == 0 && isDebian && mayUnshare)
        )
        func system() throws {
            let script = """
                set -e
                for folder in /usr/local/share/ca-certificates /etc/ssl; do
                    mkdir -p "$1$folder"; cp -a $folder/. "$1$folder/"; mount --bind "$1$folder" $folder
                done
                "$2" trust install || true
                openssl verify "$3"
                "$2" trust status | grep system
                "$2" trust uninstall
                openssl verify "$3" || true
                """
            let result = try run(
                "unshare",
                arguments: [
                    "--mount", "sh", "-c", script, "sh", home.file("copy"), try Martlet.executable,
                    "\(home.file("roots"))/root.pem",
                ],
                environment: [
                    "HOME": home.file("roots-home"), "XDG_DATA_HOME": "", "MARTLET_CA_DIR": home.file("roots"),
                ]
            )
            #expect(result.status == 0, "\(result.text) \(result.errorText)")
            #expect(result.text.contains("\nthe system: trusts it now\n"))
            #expect(result.errorText.contains("martlet: running update-ca-certificates, which takes some seconds.\n"))
            #expect(result.text.contains("\n\(home.file("roots"))/root.pem: OK\n"))
            #expect(result.text.contains("\nthe system: trusts it\n"))
            #expect(result.text.contains("\nthe system: trusts it no longer\n"))
            #expect(result.errorText.contains("verification failed"), "\(result.errorText)")
        }

        @Test("under sudo it refuses: the CA and the browsers would be root's", .enabled(if: geteuid() == 0))
        func sudo() throws {
            let environment = environment.merging(["SUDO_USER": "ada"]) { $1 }
            let result = try run(home.file("martlet"), arguments: ["trust", "install"], environment: environment)
            #expect(result.status == 1)
            #expect(result.errorText.hasPrefix("martlet: run it as yourself, without sudo"))
        }

        @Test("Chromium shows the page without a warning once the CA is installed, and with one before")
        func chromium() throws {
            try home.directory.write("bin/chromium", "#!/bin/sh\n")
            try home.directory.setMode("bin/chromium", 0o755)
            let (program, arguments) = asNobody([home.site, "--tls", "--port", "0", "--log-file", "/dev/null"])
            let process = try ChildProcess(program, arguments: arguments, environment: environment)
            let banner = try process.readLine() ?? ""
            let url = try #require(banner.split(separator: " ").first { $0.hasPrefix("https://localhost:") })
            let port = url.dropLast().split(separator: ":").last ?? ""
            let urls = ["\(url)", "https://127.0.0.1:\(port)/", "https://shop.localhost:\(port)/"]
            func browse() throws -> [Substring] {
                let result = try Tool.python(
                    "trusting.py",
                    urls,
                    environment: home.environment,
                    timeout: .seconds(120)
                )
                #expect(result.status == 0, "\(result.errorText)")
                return result.text.split(separator: "\n")
            }
            for line in try browse() { #expect(line.contains("ERR_CERT_AUTHORITY_INVALID"), "\(line)") }
            #expect(try trust("install").text.contains("nssdb): trusts it now\n"))
            let lines = try browse()
            #expect(lines.count == 3)
            for line in lines { #expect(line == "'Safe', secure, no complaints") }
        }
    }

    private let isDebian = unsafe access("/usr/local/share/ca-certificates", F_OK) == 0

    private let mayUnshare = (try? run("unshare", arguments: ["--mount", "true"]).status) == 0
#endif
