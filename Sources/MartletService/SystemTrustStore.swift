#if TLS
    import Glibc
    import MartletReactor

    /// The CAs that the system's own programs trust: a folder for additions, and a tool that makes the bundle of all.
    struct SystemTrustStore: TrustStore {
        let owner = "the system"
        var title: String { owner }

        /// How a family of distributions does it.
        struct Layout {
            /// Where additions go.
            let additions: String
            /// What their names end in.
            let ending: String
            /// What is run after a change.
            let update: [String]
            /// What is run after a removal.
            let updateAfterRemoval: [String]
            /// The bundle that programs read.
            let bundle: String
        }

        private let layout: Layout
        /// What stands before each path: empty but in tests.
        private let prefix: String

        static let layouts = [
            Layout(  // Fedora, RHEL
                additions: "/etc/pki/ca-trust/source/anchors",
                ending: "pem",
                update: ["update-ca-trust", "extract"],
                updateAfterRemoval: ["update-ca-trust", "extract"],
                bundle: "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"
            ),
            Layout(  // Debian, Ubuntu, Alpine
                additions: "/usr/local/share/ca-certificates",
                ending: "crt",
                update: ["update-ca-certificates"],
                updateAfterRemoval: ["update-ca-certificates", "--fresh"],
                bundle: "/etc/ssl/certs/ca-certificates.crt"
            ),
            Layout(  // Arch
                additions: "/etc/ca-certificates/trust-source/anchors",
                ending: "crt",
                update: ["trust", "extract-compat"],
                updateAfterRemoval: ["trust", "extract-compat"],
                bundle: "/etc/ssl/certs/ca-certificates.crt"
            ),
            Layout(  // SUSE
                additions: "/usr/share/pki/trust/anchors",
                ending: "pem",
                update: ["update-ca-certificates"],
                updateAfterRemoval: ["update-ca-certificates"],
                bundle: "/var/lib/ca-certificates/ca-bundle.pem"
            ),
        ]

        /// The store of this machine; nil for a system that is laid out in no way known here.
        static func find(prefix: String = "") -> SystemTrustStore? {
            layouts.first { unsafe access(prefix + $0.additions, F_OK) == 0 }
                .map { SystemTrustStore(layout: $0, prefix: prefix) }
        }

        private func file(of root: TrustedRoot) -> String {
            "\(prefix)\(layout.additions)/\(root.fileName).\(layout.ending)"
        }

        func trusts(_ root: TrustedRoot) -> Bool {
            root.isIn(pem: FileSystem.contents(of: prefix + layout.bundle))
        }

        func install(_ root: TrustedRoot) throws(TrustFailure) {
            try perform([["install", "-m", "0644", root.file, file(of: root)], layout.update])
        }

        func uninstall(_ root: TrustedRoot) throws(TrustFailure) {
            try perform([["rm", "-f", file(of: root)], layout.updateAfterRemoval])
        }

        /// Runs commands as root: directly, else by sudo where it needs no password or there is somebody to ask for it.
        private func perform(_ commands: [[String]]) throws(TrustFailure) {
            var before: [String] = []
            if geteuid() != 0, unsafe access(prefix + layout.additions, W_OK) != 0 {
                guard let sudo = Program.find("sudo") else { throw manually(commands, "needs root") }
                before = isatty(STDIN_FILENO) == 1 ? [sudo] : [sudo, "-n"]
            }
            for command in commands {
                guard let name = command.first, let path = Program.find(name) else {
                    throw TrustFailure(message: "the program \(command.first ?? "") is missing")
                }
                if command == commands.last { Messages.complain("running \(name), which takes some seconds.") }
                let words = before + [path] + command.dropFirst()
                let result: Program.Result
                do {
                    result = try Program.run(words[0], Array(words.dropFirst()), asksUser: !before.isEmpty)
                } catch {
                    throw manually(commands, "\(error)")
                }
                guard result.succeeded else {
                    let reason = result.output.split(whereSeparator: \.isNewline).last.map { ": \($0)" } ?? ""
                    throw manually(commands, before.isEmpty ? "\(name) failed\(reason)" : "needs root")
                }
            }
        }

        private func manually(_ commands: [[String]], _ reason: String) -> TrustFailure {
            let line = commands.map { (["sudo"] + $0.map(Self.quoted)).joined(separator: " ") }.joined(
                separator: " && "
            )
            return TrustFailure(message: "\(reason). Run: \(line)")
        }

        /// A word as a shell takes it.
        static func quoted(_ word: String) -> String {
            let plain = word.utf8.allSatisfy { octet in
                switch octet {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"),
                    UInt8(ascii: "_"):
                    true
                default: false
                }
            }
            guard !plain else { return word }
            return "'" + word.map { $0 == "'" ? "'\\''" : String($0) }.joined() + "'"
        }
    }
#endif
