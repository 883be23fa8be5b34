import Glibc
import Martlet
package import MartletReactor

/// What start-up prints: what is served, and every address that works.
package struct Banner {
    private let title: String
    package let urls: [String]
    private let reachesNetwork: Bool
    private let details: [String]

    /// - Parameters:
    ///   - title: what is done here: "serves /srv".
    ///   - urls: what works.
    ///   - details: what else there is to say of certificates and the like.
    package init(title: String, addresses: [SocketAddress], urls: [String], details: [String] = []) {
        self.title = title
        self.details = details
        self.urls = urls
        reachesNetwork = addresses.contains { !$0.isLoopback }
    }

    /// To a terminal a line for each address; to a file or pipe one line in all, and another with what there is to say of
    /// certificates.
    package func write() {
        let program = ServingProgram.name == "martlet" ? "Martlet \(Release.version)" : ServingProgram.name
        let title = "\(program) \(Self.printable(title))"
        guard isatty(STDOUT_FILENO) == 1 else {
            var text = "\(title) at \(urls.joined(separator: " "))\n"
            if !details.isEmpty { text += details.map(Self.trimmed).joined(separator: "; ") + "\n" }
            return Messages.write(text, to: STDOUT_FILENO)
        }
        var lines = [title] + urls.map { "  \($0)" }
        lines += details
        if reachesNetwork { lines.append("Everybody in the network can connect.") }
        lines.append("Ctrl-C stops.\n")
        Messages.write(lines.joined(separator: "\n"), to: STDOUT_FILENO)
    }

    private static func trimmed(_ text: String) -> Substring { text.drop { $0 == " " } }

    /// A folder's name may have control characters; a terminal should not obey them.
    package static func printable(_ text: String) -> String {
        String(text.map { $0.unicodeScalars.contains { $0.value < 32 || 127..<160 ~= $0.value } ? "?" : $0 })
    }
}
