/// Which of a server's URLs somebody else can use.
package enum PreferredURL {
    /// The first that leads here from another machine; else the first. An IPv4 address goes before one of IPv6, which not
    /// every network has, and before an address of one link, which needs a zone that only this machine knows.
    package static func forOthers(_ urls: [String]) -> String? {
        let usable = urls.filter { !$0.hasPrefix("unix:") }
        let others = usable.filter { !isOwn(host(of: $0)) }
        return others.first { !host(of: $0).hasPrefix("[") } ?? others.first { !host(of: $0).hasPrefix("[fe80") }
            ?? usable.first
    }

    private static func host(of url: String) -> Substring {
        guard let start = url.firstRange(of: "://")?.upperBound else { return "" }
        let authority = url[start...].prefix { $0 != "/" }
        guard authority.hasPrefix("[") else { return authority.prefix { $0 != ":" } }
        return authority.prefix { $0 != "]" }
    }

    private static func isOwn(_ host: Substring) -> Bool {
        host.hasPrefix("127.") || host == "localhost" || host.hasSuffix(".localhost") || host == "[::1"
    }
}
