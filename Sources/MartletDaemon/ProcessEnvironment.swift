import CMartlet
import Glibc

/// The variables that this process was started with. Changing them is for the time before there are threads.
package enum ProcessEnvironment {
    /// A variable's value; nil when it is not set.
    package static func value(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    /// A variable's value, which is removed: what is started later must not take it for its own.
    package static func take(_ name: String) -> String? {
        guard let value = value(name) else { return nil }
        unsafe unsetenv(name)
        return value
    }

    /// All variables.
    package static func all() -> [String: String] {
        var found: [String: String] = [:]
        guard var next = unsafe cm_environment() else { return found }
        while let entry = unsafe next.pointee {
            let text = unsafe String(cString: entry)
            // By octets: to a String, "=" and a combining mark are one other character.
            if let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) {
                found[String(text[..<equals])] = String(text[text.utf8.index(after: equals)...])
            }
            unsafe next += 1
        }
        return found
    }
}
