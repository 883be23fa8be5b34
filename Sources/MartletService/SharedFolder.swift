import Martlet

/// Files for which a server takes signed URLs.
package struct SharedFolder: Equatable, Sendable {
    /// The site's host name; nil: all that no other site has.
    package var host: String?
    /// The folder, or one file that is served: absolute, without links.
    package var path: String

    package init(host: String? = nil, path: String) {
        self.host = host
        self.path = path
    }

    /// Reads what `description` says.
    init?(_ text: String) {
        guard let slash = text.firstIndex(of: "/") else { return nil }
        host = slash == text.startIndex ? nil : String(text[..<slash])
        path = String(text[slash...])
    }

    /// "/srv/www", "example.org/srv/www": no host has a slash.
    var description: String { (host ?? "") + path }
}

/// A server for a while.
package struct Lifetime: Sendable {
    /// Whether it is over, and why, in words. Asked once a second.
    package var end: @Sendable () -> String?

    package init(end: @escaping @Sendable () -> String?) {
        self.end = end
    }
}
