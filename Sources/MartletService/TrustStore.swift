#if TLS
    import Glibc

    /// The certificate of a CA, as trust stores know it.
    struct TrustedRoot {
        /// What it is listed under: its common name and the beginning of its fingerprint.
        let name: String
        /// The file that it is in, as PEM.
        let file: String
        /// The lines of base64 in that file.
        let lines: [Substring]

        /// - Parameter fingerprint: its SHA-256 in hexadecimal.
        init(commonName: String, fingerprint: String, file: String, pem: String) {
            let digits = fingerprint.filter(\.isHexDigit).lowercased().prefix(8)
            name = "\(commonName) \(digits)"
            self.file = file
            lines = pem.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("-----") }
        }

        /// A name for a file of its own: `martlet-1a2b3c4d`.
        var fileName: String { "martlet-\(name.suffix(8))" }

        /// Whether a file of certificates holds it.
        func isIn(pem text: String) -> Bool {
            guard let first = lines.first else { return false }
            let all = text.split(whereSeparator: \.isNewline)
            var start = all.startIndex
            while let found = all[start...].firstIndex(of: first) {
                if all[found...].starts(with: lines) { return true }
                start = found + 1
            }
            return false
        }
    }

    /// A list of CAs that programs trust.
    protocol TrustStore {
        /// Whose it is.
        var owner: String { get }
        /// The same and where, for a line of a report.
        var title: String { get }
        /// Whether a CA is trusted by it.
        func trusts(_ root: TrustedRoot) throws(TrustFailure) -> Bool
        /// Makes a CA trusted by it.
        func install(_ root: TrustedRoot) throws(TrustFailure)
        /// Takes a CA out of it.
        func uninstall(_ root: TrustedRoot) throws(TrustFailure)
    }

    /// Why a store could not be asked or changed, and what to do.
    struct TrustFailure: Error {
        let message: String
    }

    /// The stores of this machine and user that programs read.
    enum TrustStores {
        static func found(home: String) -> [any TrustStore] {
            var stores: [any TrustStore] = NSSDatabase.found(home: home)
            if let system = SystemTrustStore.find() { stores.insert(system, at: 0) }
            return stores
        }

        /// The home directory of the user.
        static var home: String? {
            if let home = unsafe getenv("HOME"), unsafe home.pointee == CChar(bitPattern: UInt8(ascii: "/")) {
                return unsafe String(cString: home)
            }
            guard let entry = unsafe getpwuid(getuid()), let folder = unsafe entry.pointee.pw_dir else { return nil }
            return unsafe String(cString: folder)
        }
    }
#endif
