/// The value of a parameter whose name ends in `*` (RFC 8187 §3.2): `UTF-8'en'J%C3%A4s%C3%B8n`, text beyond ASCII.
package enum ExtendedValue {
    /// The text that `octets` spell; nil when they are not wholly such a value in UTF-8, the one charset that everybody
    /// has to know (§3.2.1). The language is not looked at.
    package static func decode(_ octets: Span<UInt8>) -> String? {
        let quote = UInt8(ascii: "'")
        var quotes: [Int] = []
        for index in octets.indices where octets[index] == quote {
            quotes.append(index)
            if quotes.count > 2 { return nil }  // It stands for itself nowhere.
        }
        guard quotes.count == 2, octets.extracting(0..<quotes[0]).equals(ignoringCase: "utf-8") else { return nil }
        for index in (quotes[0] + 1)..<quotes[1] where !isLanguage(octets[index]) { return nil }
        var text: [UInt8] = []
        var index = quotes[1] + 1
        while index < octets.count {
            if octets[index] == UInt8(ascii: "%") {
                guard let octet = PercentEncoding.triplet(octets, at: index) else { return nil }
                text.append(octet)
                index += 3
            } else {
                guard isPlain(octets[index]) else { return nil }
                text.append(octets[index])
                index += 1
            }
        }
        return String(validating: text, as: UTF8.self)
    }

    /// Letters, digits and hyphens: a tag by RFC 5646, as far as it matters here.
    private static func isLanguage(_ octet: UInt8) -> Bool {
        OctetSet.isDigit(octet) || OctetSet.isLowercase(OctetSet.lowercased(octet)) || octet == UInt8(ascii: "-")
    }

    /// `attr-char`: what a token is made of, but for `*`, `'` and `%`.
    private static func isPlain(_ octet: UInt8) -> Bool {
        OctetSet.token.contains(octet) && octet != UInt8(ascii: "*") && octet != UInt8(ascii: "'")
            && octet != UInt8(ascii: "%")
    }
}
