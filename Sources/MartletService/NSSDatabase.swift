#if TLS
    import Glibc
    import MartletReactor

    /// The certificates of a Firefox profile, or of Chromium and its kin: a database of NSS, read and written by certutil.
    struct NSSDatabase: TrustStore {
        /// Whose it is.
        let owner: String
        let folder: String

        var title: String { "\(owner) (\(folder))" }

        /// Browsers on Chromium's code read the one database of the user.
        private static let browsers = [
            "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "brave-browser", "microsoft-edge",
            "vivaldi",
        ]

        private static let profiles = [
            ".mozilla/firefox", ".config/mozilla/firefox", "snap/firefox/common/.mozilla/firefox",
            ".var/app/org.mozilla.firefox/.mozilla/firefox", ".var/app/org.mozilla.firefox/config/mozilla/firefox",
            ".librewolf", ".thunderbird",
        ]

        private static let shared = [
            "snap/chromium/current/.pki/nssdb", ".var/app/org.chromium.Chromium/.pki/nssdb",
            ".var/app/com.google.Chrome/.pki/nssdb", ".var/app/com.brave.Browser/.pki/nssdb",
        ]

        /// The databases of a user. That of Chromium counts where a browser reads it, though it may not be there yet.
        static func found(home: String) -> [NSSDatabase] {
            var found: [NSSDatabase] = []
            // What Chromium does: the old place if it is there, else the one of the XDG base directories.
            let data = unsafe getenv("XDG_DATA_HOME").map { unsafe String(cString: $0) } ?? ""
            let places = ["\(home)/.pki/nssdb", "\(data.hasPrefix("/") ? data : "\(home)/.local/share")/pki/nssdb"]
            if let folder = places.first(where: exists) {
                found.append(NSSDatabase(owner: "Chromium", folder: folder))
            } else if browsers.contains(where: { Program.find($0) != nil }) {
                found.append(NSSDatabase(owner: "Chromium", folder: places[0]))
            }
            for place in shared where exists("\(home)/\(place)") {
                found.append(NSSDatabase(owner: "Chromium", folder: "\(home)/\(place)"))
            }
            for place in profiles {
                for name in FileSystem.names(in: "\(home)/\(place)").sorted() where exists("\(home)/\(place)/\(name)") {
                    let owner = place == ".thunderbird" ? "Thunderbird" : "Firefox"
                    found.append(NSSDatabase(owner: owner, folder: "\(home)/\(place)/\(name)"))
                }
            }
            return found
        }

        private static func exists(_ folder: String) -> Bool { unsafe access("\(folder)/cert9.db", F_OK) == 0 }

        // MARK: certutil

        func trusts(_ root: TrustedRoot) throws(TrustFailure) -> Bool {
            guard Self.exists(folder) else { return false }
            let list = try certutil(["-L"])
            guard list.succeeded else { throw failure(list) }
            // "NAME      C,,": trusted to vouch for servers.
            return list.output.split(whereSeparator: \.isNewline).contains { line in
                guard line.hasPrefix(root.name), let flags = line.split(separator: " ").last else { return false }
                return flags.prefix { $0 != "," }.contains("C")
            }
        }

        func install(_ root: TrustedRoot) throws(TrustFailure) {
            if !Self.exists(folder) { try create() }
            let added = try certutil(["-A", "-n", root.name, "-t", "C,,", "-i", root.file])
            guard added.succeeded else { throw failure(added) }
        }

        func uninstall(_ root: TrustedRoot) throws(TrustFailure) {
            guard Self.exists(folder) else { return }
            guard try certutil(["-L", "-n", root.name]).succeeded else { return }
            let deleted = try certutil(["-D", "-n", root.name])
            guard deleted.succeeded else { throw failure(deleted) }
        }

        private func create() throws(TrustFailure) {
            var path = ""
            for part in folder.split(separator: "/") {
                path += "/\(part)"
                guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
                    throw TrustFailure(message: "\(path): \(SystemError.text(of: errno))")
                }
            }
            let made = try certutil(["-N", "--empty-password"])
            guard made.succeeded else { throw failure(made) }
        }

        private func certutil(_ arguments: [String]) throws(TrustFailure) -> Program.Result {
            guard let path = Program.find("certutil") else {
                throw TrustFailure(message: "needs certutil. Run: sudo apt-get install libnss3-tools")
            }
            do {
                // A profile may have a password.
                return try Program.run(path, arguments + ["-d", "sql:\(folder)"], asksUser: arguments.first != "-L")
            } catch {
                throw TrustFailure(message: "\(error)")
            }
        }

        private func failure(_ result: Program.Result) -> TrustFailure {
            let reason = result.output.split(whereSeparator: \.isNewline).first.map(String.init) ?? "certutil failed"
            return TrustFailure(message: Banner.printable(reason))
        }
    }
#endif
