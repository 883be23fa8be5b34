import ArgumentParser
import MartletReactor

extension AddressRange {
    /// What an option that can be repeated was given, or else the variable of its name, by commas or spaces.
    /// - Parameter option: such as `trust-proxy`; the variable is MARTLET_TRUST_PROXY.
    static func ranges(_ given: [String], of option: String) throws -> [AddressRange] {
        let variable = String(option.uppercased().map { $0 == "-" ? "_" : $0 })
        let texts = given.isEmpty ? Environment[variable]?.split { $0 == "," || $0 == " " }.map(String.init) : given
        return try (texts ?? []).map { text in
            guard let range = AddressRange(text) else {
                throw ValidationError(
                    "--\(option) takes an address or a range such as 10.0.0.0/8 or fd00::/8, not '\(text)'."
                )
            }
            return range
        }
    }
}
