#if TLS
    import MartletReactor
    import MartletTLS

    /// What the banner tells of the certificates.
    enum ProtectionFacts {
        /// All that works, the best first.
        /// - Parameter addresses: of the server that runs.
        static func urls(_ protection: Protection, addresses: [SocketAddress]) -> [String] {
            // By its name the machine is found only where it listens to itself.
            let port = addresses.first { $0.isLoopback || $0.isAny }?.port
            let isNamed = protection.server.credentials.contains { $0.leaf.names.contains("DNS:localhost") }
            let named = isNamed ? port.map { [Scheme.https.url(host: "localhost", port: $0)] } : nil
            return (named ?? []) + addresses.flatMap(Scheme.https.urls)
        }

        /// What there is to say of the certificates, for a terminal.
        /// - Parameter url: one that works.
        static func lines(_ protection: Protection, url: String?) -> [String] {
            protection.local.map { lines($0.authority.root, url: url) }
                ?? protection.server.credentials.flatMap { lines($0.leaf) }
        }

        private static func lines(_ certificate: Certificate) -> [String] {
            let names = certificate.names.map { $0.split(separator: ":", maxSplits: 1).last ?? "" }
            let some = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", ..." : "")
            return [
                "Certificate for \(names.isEmpty ? "no name" : Banner.printable(some)), until \(Messages.day(certificate.notAfter))",
                "  SHA-256 \(certificate.fingerprint)",
            ]
        }

        private static func lines(_ root: LocalRoot, url: String?) -> [String] {
            let (trusting, others) = programs(root)
            let trust =
                if trusting.isEmpty {
                    "not trusted yet by any program of this machine: martlet trust install"
                } else {
                    "trusted by \(list(trusting))"
                        + (others.isEmpty ? "" : ", not by \(list(others)): martlet trust install")
                }
            return [
                "\(Banner.printable(root.name)), until \(Messages.day(root.notAfter))",
                "  SHA-256 \(root.fingerprint)", "  \(trust)",
            ] + (url.map { ["  curl --cacert \(quoted(root.file)) \(place($0))"] } ?? [])
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

        /// What curl needs to get there.
        private static func place(_ url: String) -> String {
            guard url.hasPrefix("unix:") else { return url }
            return "--unix-socket \(quoted(String(url.dropFirst(5)))) https://localhost/"
        }

        private static func quoted(_ path: String) -> String {
            Banner.printable(SystemTrustStore.quoted(path))
        }
    }
#endif
