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
            guard let authority = try authority() else {
                print("There is no local CA yet: martlet --tls makes one, and so does martlet trust install.")
                return verb == .uninstall
            }
            print("\(Banner.printable(authority.name)), SHA-256 \(authority.fingerprint)")
            print("  in \(Banner.printable(authority.file)), until \(authority.expiryDate)")
            let stores = TrustStores.home.map(TrustStores.found) ?? []
            if stores.isEmpty { print("No list of trusted CAs was found.") }
            let root = TrustedRoot(authority)
            var isAsWanted = !stores.isEmpty || verb == .uninstall
            for store in stores {
                let (line, isFine) = attend(to: store, root)
                print("  \(Banner.printable("\(store.title) \(line)"))")
                isAsWanted = isAsWanted && isFine
            }
            return isAsWanted
        }

        private func authority() throws -> LocalAuthority? {
            let folder = try options.folder()
            do throws(LocalAuthorityError) {
                return verb == .install ? try .open(folder) : try .existing(in: folder)
            } catch {
                throw Problem(error.message)
            }
        }

        private func attend(to store: any TrustStore, _ root: TrustedRoot) -> (line: String, isFine: Bool) {
            do throws(TrustFailure) {
                let trusts = try store.trusts(root)
                switch verb {
                case .status:
                    return trusts ? ("trusts it.", true) : ("does not trust it.", false)
                case .install:
                    if trusts { return ("trusted it already.", true) }
                    try store.install(root)
                    return try store.trusts(root) ? ("trusts it now.", true) : ("was told to trust it and does not.", false)
                case .uninstall:
                    if !trusts { return ("did not trust it.", true) }
                    try store.uninstall(root)
                    return try store.trusts(root) ? ("still trusts it.", false) : ("trusts it no longer.", true)
                }
            } catch {
                return (": \(error.message)", false)
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
        init(_ authority: LocalAuthority) {
            self.init(
                commonName: authority.name,
                fingerprint: authority.fingerprint,
                file: authority.file,
                pem: authority.pem
            )
        }
    }
#endif
