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
    private static let flags = [
        "FOLLOW_SYMLINKS", "HIDDEN", "LAN", "NO_LISTING", "PORT_FALLBACK", "QUIET", "SPA", "VERBOSE",
    ]

    /// - Throws: `ValidationError` for a flag that says neither yes nor no: guessing could open the server to the network.
    static func checkFlags() throws {
        for name in flags {
            guard let value = self[name]?.lowercased() else { continue }
            guard ["1", "yes", "true", "on", "0", "no", "false", "off"].contains(value) else {
                throw ValidationError("The environment's MARTLET_\(name) is '\(value)'; it must be 1 or 0.")
            }
        }
    }

    static func isSet(_ name: String) -> Bool {
        ["1", "yes", "true", "on"].contains(self[name]?.lowercased())
    }
}
