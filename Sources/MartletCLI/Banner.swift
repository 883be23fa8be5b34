import Glibc
import MartletReactor

/// What start-up prints: what is served, and every address that works.
struct Banner {
    let subject: String
    let urls: [String]
    private let reachesNetwork: Bool

    init(subject: String, addresses: [SocketAddress]) {
        self.subject = subject
        urls = addresses.flatMap(Self.urls)
        reachesNetwork = addresses.contains { !$0.isLoopback }
    }

    /// To a terminal a line for each address; to a file or pipe one line in all.
    func write() {
        let title = "Martlet \(MartletCommand.version) serves \(Self.printable(subject))"
        guard isatty(STDOUT_FILENO) == 1 else {
            return Messages.write("\(title) at \(urls.joined(separator: " "))\n", to: STDOUT_FILENO)
        }
        var lines = [title] + urls.map { "  \($0)" }
        if reachesNetwork { lines.append("Everybody in the network can connect.") }
        lines.append("Ctrl-C stops.\n")
        Messages.write(lines.joined(separator: "\n"), to: STDOUT_FILENO)
    }

    private static func urls(_ address: SocketAddress) -> [String] {
        guard address.isAny, let port = address.port else { return [url(address)] }
        var found = [url(.loopback(port: port))]
        for (_, own) in SocketAddress.ofInterfaces() where !own.isLoopback {
            if case .ipv6 = own, case .ipv4 = address { continue }
            found.append(url(own.with(port: port)))
        }
        return found
    }

    private static func url(_ address: SocketAddress) -> String {
        switch address {
        case .unix(let path): "unix:\(path)"
        default: "http://\(address.port == 80 ? hostInURL(address) : address.description)/"
        }
    }

    private static func hostInURL(_ address: SocketAddress) -> String {
        if case .ipv6 = address { return "[\(address.host)]" }
        return address.host
    }

    /// A folder's name may have control characters; a terminal should not obey them.
    static func printable(_ text: String) -> String {
        String(text.map { $0.unicodeScalars.contains { $0.value < 32 || 127..<160 ~= $0.value } ? "?" : $0 })
    }
}
