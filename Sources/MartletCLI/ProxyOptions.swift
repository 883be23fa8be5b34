import ArgumentParser
import Martlet
import MartletGateway

/// Paths of the file server that other servers answer.
struct ProxyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Requests below PATH go to another server, as /api=http://127.0.0.1:9000; can be repeated. A URL with a path, even /, has it in place of PATH.",
            valueName: "path=url"
        )
    )
    var proxy: [String] = []

    /// Where they go, in the order given.
    private func mounts() throws -> [(path: String, backend: Backend)] {
        let texts = proxy.isEmpty ? Environment["PROXY"].map { $0.split(separator: " ").map(String.init) } ?? [] : proxy
        return try texts.map { text in
            guard let equals = text.firstIndex(of: "="), text.hasPrefix("/") else {
                throw ValidationError("--proxy '\(text)' is not of the form /path=http://host:port.")
            }
            let path = String(text[..<equals])
            guard !path.contains("*"), !path.contains(":") else {
                throw ValidationError("--proxy '\(text)': the path is text, without * and :.")
            }
            return (path, try FrontOptions.backend(String(text[text.index(after: equals)...]), of: "--proxy"))
        }
    }

    /// The handler of all requests, and what start-up says of it.
    func around(_ files: any Handler, _ subject: String) throws -> (handler: any Handler, subject: String) {
        let mounts = try mounts()
        guard !mounts.isEmpty else { return (files, subject) }
        var paths: Set<String> = []
        for path in mounts.map(\.path) where !paths.insert(path.hasSuffix("/") ? path : "\(path)/").inserted {
            throw ValidationError(
                "--proxy: two servers are given for \(path). Give one; for several that take turns: martlet front --to"
            )
        }
        do {
            var routes = mounts.map { path, backend in
                Route(path.hasSuffix("/") ? "\(path)**" : "\(path)/**", Gateway(to: backend))
            }
            if !mounts.contains(where: { $0.path == "/" }) { routes.append(Route("/**", files)) }
            let told = mounts.map { "\($0.path) from \($0.backend)" }
            return (try Router { for route in routes { route } }, ([subject] + told).joined(separator: ", "))
        } catch {
            throw ValidationError("--proxy: \(error).")
        }
    }
}
