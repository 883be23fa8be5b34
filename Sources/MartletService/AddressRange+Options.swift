import ArgumentParser
package import MartletReactor

extension AddressRange {
    /// What an option that can be repeated was given.
    /// - Parameter option: such as `trust-proxy`.
    package static func ranges(_ given: [String], of option: String) throws -> [AddressRange] {
        try given.map { text in
            guard let range = AddressRange(text) else {
                throw ValidationError(
                    "--\(option) takes an address or a range such as 10.0.0.0/8 or fd00::/8, not '\(text)'."
                )
            }
            return range
        }
    }
}
