#if TLS
    import Glibc
    import MartletTLS

    /// `martlet trust`, step by step.
    struct Trust {
        let verb: TrustVerb
        let options: AuthorityOptions

        /// - Returns: whether it is now everywhere as the verb says.
        func perform() throws -> Bool {
            try refuseSudo()
            guard let local = try root() else {
                print("There is no local CA yet: martlet --tls makes one, and so does martlet trust install.")
                return verb == .uninstall
            }
            print(Banner.printable("\(local.name), until \(Messages.day(local.notAfter))"))
            print("  SHA-256 \(local.fingerprint)")
            print(Banner.printable("  in \(local.file)"))
            let stores = TrustStores.home.map(TrustStores.found) ?? []
            let root = TrustedRoot(local)
            var isAsWanted = true
            if !stores.contains(where: { $0 is SystemTrustStore }) {
                print("the system: its list of CAs is not known here. \(Self.macOSRemedy(local.file))")
                isAsWanted = false
            }
            for store in stores {
                let (line, isFine) = attend(to: store, root)
                print(Banner.printable("\(store.title): \(line)"))
                isAsWanted = isAsWanted && isFine
            }
            return isAsWanted
        }

        private static func macOSRemedy(_ file: String) -> String {
            "On macOS: security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db "
                + SystemTrustStore.quoted(file)
        }

        private func root() throws -> LocalRoot? {
            let folder = try options.folder()
            do throws(TLSError) {
                return verb == .install ? try LocalAuthority.open(folder).root : try LocalRoot.find(in: folder)
            } catch {
                throw Problem("\(error)")
            }
        }

        private func attend(to store: any TrustStore, _ root: TrustedRoot) -> (line: String, isFine: Bool) {
            do throws(TrustFailure) {
                let trusts = try store.trusts(root)
                switch verb {
                case .status:
                    return trusts ? ("trusts it", true) : ("does not trust it", false)
                case .install:
                    if trusts { return ("trusted it already", true) }
                    try store.install(root)
                    return try store.trusts(root)
                        ? ("trusts it now", true) : ("was told to trust it and does not", false)
                case .uninstall:
                    if !trusts { return ("did not trust it", true) }
                    try store.uninstall(root)
                    return try store.trusts(root) ? ("still trusts it", false) : ("trusts it no longer", true)
                }
            } catch {
                return (error.message, false)
            }
        }

        /// Under sudo the CA and the browsers would be root's.
        private func refuseSudo() throws {
            guard geteuid() == 0, let user = unsafe getenv("SUDO_USER"), unsafe String(cString: user) != "root",
                verb != .status
            else { return }
            throw Problem("run it as yourself, without sudo: it asks for that where it is needed.")
        }
    }

    extension TrustedRoot {
        init(_ root: LocalRoot) {
            self.init(commonName: root.name, fingerprint: root.fingerprint, file: root.file, pem: root.pem)
        }
    }
#endif
