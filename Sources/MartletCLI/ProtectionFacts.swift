#if TLS
    import MartletReactor
    import MartletTLS

    /// What the banner tells of the certificates.
    struct ProtectionFacts {
        /// All that works, the best first.
        let urls: [String]
        /// For a terminal, a line each.
        let lines: [String]

        /// - Parameter addresses: of the server that runs.
        init(_ protection: Protection, addresses: [SocketAddress]) {
            // By its name the machine is found only where it listens to itself.
            let port = addresses.first { $0.isLoopback || $0.isAny }?.port
            let isNamed = protection.server.credentials.contains { $0.leaf.names.contains("DNS:localhost") }
            let named = isNamed ? port.map { [Scheme.https.url(host: "localhost", port: $0)] } : nil
            urls = (named ?? []) + addresses.flatMap(Scheme.https.urls)
            guard let local = protection.local else {
                lines = protection.server.credentials.flatMap { credential in
                    let names = credential.leaf.names.map { $0.split(separator: ":", maxSplits: 1).last ?? "" }
                    let some = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", ..." : "")
                    return [
                        "Certificate for \(Banner.printable(some)), until \(Messages.day(credential.leaf.notAfter))",
                        "  SHA-256 \(credential.leaf.fingerprint)",
                    ]
                }
                return
            }
            let root = local.authority.root
            let (trusting, others) = Self.programs(root)
            lines = [
                "\(Banner.printable(root.name)), until \(Messages.day(root.notAfter))",
                "  SHA-256 \(root.fingerprint)",
                trusting.isEmpty
                    ? "  not trusted yet by any program of this machine: martlet trust install"
                    : "  trusted by \(Self.list(trusting))"
                        + (others.isEmpty ? "" : ", not by \(Self.list(others)): martlet trust install"),
            ] + (urls.first.map { ["  curl --cacert \(Self.quoted(root.file)) \($0)"] } ?? [])
        }

        /// Whose lists have the root and whose do not.
        private static func programs(_ root: LocalRoot) -> (trusting: [String], others: [String]) {
            var trusting: [String] = []
            var others: [String] = []
            let wanted = TrustedRoot(root)
            // Each takes some 20 ms: a machine with dozens of profiles should not wait for them.
            for store in (TrustStores.home.map(TrustStores.found) ?? []).prefix(8) {
                if (try? store.trusts(wanted)) ?? false {
                    trusting.append(store.owner)
                } else {
                    others.append(store.owner)
                }
            }
            var seen: Set<String> = []
            return (trusting.filter { seen.insert($0).inserted }, others.filter { seen.insert($0).inserted })
        }

        private static func list(_ names: [String]) -> String {
            guard let last = names.last, names.count > 1 else { return names.first ?? "" }
            return "\(names.dropLast().joined(separator: ", ")) and \(last)"
        }

        private static func quoted(_ path: String) -> String {
            Banner.printable(SystemTrustStore.quoted(path))
        }
    }
#endif
