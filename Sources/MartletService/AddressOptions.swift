package import ArgumentParser
package import Martlet
import MartletReactor

/// Who is let in, by address.
package struct AddressOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "An address or range, as 192.168.0.0/16 or unix:, that is let in, and nobody else; can be repeated.",
            valueName: "cidr"
        )
    )
    package var allow: [String] = []

    @Option(
        help: ArgumentHelp(
            "An address or range that is refused with 403, also of those that --allow names; can be repeated.",
            valueName: "cidr"
        )
    )
    package var deny: [String] = []

    package init() {}

    /// None where everybody is let in.
    /// - Throws: `ValidationError` for what is no range.
    package func middleware() throws -> [any Middleware] {
        let allowed = try AddressRange.ranges(allow, of: "allow")
        let denied = try AddressRange.ranges(deny, of: "deny")
        return allowed.isEmpty && denied.isEmpty ? [] : [AddressRules(allow: allowed, deny: denied)]
    }
}
