import CMartletOpenSSL
import CMartletTLS
import Glibc

/// A subject alternative name (RFC 5280 §4.2.1.6) of the kinds that somebody looks at.
struct AlternativeName {
    /// One of GEN_DNS, GEN_IPADD, GEN_EMAIL, GEN_URI.
    let kind: CInt
    /// ASCII; of an address its octets.
    let octets: [UInt8]

    private static let prefixes: KeyValuePairs<CInt, String> =
        [GEN_DNS: "DNS:", GEN_IPADD: "IP:", GEN_EMAIL: "email:", GEN_URI: "URI:"]

    private init(kind: CInt, octets: [UInt8]) {
        self.kind = kind
        self.octets = octets
    }

    /// Reads one written as `description` writes it. Nil: of another kind, empty, no address, or not printable ASCII.
    init?(_ text: String) {
        guard let (kind, prefix) = Self.prefixes.first(where: { text.hasPrefix($0.value) }) else { return nil }
        let value = text.dropFirst(prefix.utf8.count)
        guard !value.isEmpty, value.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else { return nil }
        guard let octets = kind == GEN_IPADD ? Self.address(String(value)) : Array(value.utf8) else { return nil }
        self.init(kind: kind, octets: octets)
    }

    /// Those of an X509, in order.
    static func all(of certificate: OpaquePointer) -> [AlternativeName] {
        defer { cmt_clear_errors() }
        guard let names = unsafe cmt_alternative_names(certificate) else { return [] }
        defer { unsafe GENERAL_NAMES_free(names) }
        return unsafe (0..<cmt_names_count(names)).compactMap { index in
            var octets: UnsafePointer<UInt8>?
            var count = 0
            let kind = unsafe cmt_names_at(names, index, &octets, &count)
            guard kind >= 0 else { return nil }
            return AlternativeName(kind: kind, octets: unsafe Array(UnsafeBufferPointer(start: octets, count: count)))
        }
    }

    /// `DNS:a.example`, `IP:192.0.2.1`, `email:a@b.example`, `URI:spiffe://a/b`.
    var description: String {
        let prefix = Self.prefixes.first { $0.key == kind }?.value ?? ""
        if kind == GEN_IPADD, let address = Self.text(ofAddress: octets) { return prefix + address }
        return prefix + Self.printable(octets)
    }

    /// An address in octets, by how many they are; nil for none.
    private static func address(_ text: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var octets = [UInt8](repeating: 0, count: count)
            if unsafe inet_pton(family, text, &octets) == 1 { return octets }
        }
        return nil
    }

    private static func text(ofAddress octets: [UInt8]) -> String? {
        guard octets.count == 4 || octets.count == 16 else { return nil }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = octets.count == 4 ? AF_INET : AF_INET6
        guard unsafe inet_ntop(family, octets, &text, socklen_t(text.count)) != nil else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// What is not printable ASCII as a backslash and two digits, and the backslash too: nobody takes one for the other.
    private static func printable(_ octets: [UInt8]) -> String {
        var text = ""
        for octet in octets {
            if (0x20...0x7e).contains(octet), octet != UInt8(ascii: "\\") {
                text.unicodeScalars.append(Unicode.Scalar(octet))
            } else {
                text += "\\" + hexadecimal([octet])
            }
        }
        return text
    }
}
