import ArgumentParser
import Glibc

/// `MARTLET_*` variables: what options fall back to.
enum Environment {
    static subscript(name: String) -> String? {
        guard let value = unsafe getenv("MARTLET_\(name)") else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// A value that must be of a type, else a message that names the variable.
    static func value<Value: LosslessStringConvertible>(_ name: String, _ expected: String) throws -> Value? {
        guard let text = self[name] else { return nil }
        guard let value = Value(text) else {
            throw ValidationError("The environment's MARTLET_\(name) is '\(text)'; it must be \(expected).")
        }
        return value
    }

    /// The variables that stand for flags.
    enum Flag: String, CaseIterable {
        case followSymlinks = "FOLLOW_SYMLINKS"
        case hidden = "HIDDEN"
        case lan = "LAN"
        case noListing = "NO_LISTING"
        case portFallback = "PORT_FALLBACK"
        case quiet = "QUIET"
        case spa = "SPA"
        case tls = "TLS"
        case tlsStrictSNI = "TLS_STRICT_SNI"
        case verbose = "VERBOSE"
    }

    private static let yes = ["1", "yes", "true", "on"]
    private static let no = ["0", "no", "false", "off"]

    /// - Throws: `ValidationError` for a flag that says neither yes nor no: guessing could open the server to the network.
    static func checkFlags() throws {
        for flag in Flag.allCases {
            guard let value = self[flag.rawValue]?.lowercased() else { continue }
            guard yes.contains(value) || no.contains(value) else {
                throw ValidationError("The environment's MARTLET_\(flag.rawValue) is '\(value)'; it must be 1 or 0.")
            }
        }
    }

    static func isSet(_ flag: Flag) -> Bool {
        yes.contains(self[flag.rawValue]?.lowercased() ?? "")
    }
}
