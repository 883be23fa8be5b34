import Glibc

/// Host names as certificates have them.
enum DomainName {
    /// The name in lower case; nil for what is no host name of letters, digits, hyphens and dots (RFC 1123 §2.1).
    static func valid(_ text: String) -> String? {
        guard 1...253 ~= text.utf8.count else { return nil }
        let name = text.lowercased()
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let hyphen = UInt8(ascii: "-")
        let isValid = labels.allSatisfy { label in
            1...63 ~= label.count && label.first != hyphen && label.last != hyphen
                && label.allSatisfy { isDigit($0) || UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || $0 == hyphen }
        }
        // All digits at the end: an address.
        return isValid && labels.last?.allSatisfy(isDigit) == false ? name : nil
    }

    private static func isDigit(_ octet: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= octet }

    /// This machine's, as `gethostname` has it; nil where that is no host name.
    static var own: String? {
        var name = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&name, name.count - 1) == 0 else { return nil }
        return valid(String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
}
