import ArgumentParser
import Martlet
import MartletFiles
import MartletGateway
import MartletService

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
        try proxy.map { text in
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

    /// The paths that other servers answer.
    func paths() throws -> [String] { try mounts().map(\.path) }

    /// All requests: those below no path of another server are for files.
    func around(_ subject: Subject, options: FilesOptions) throws -> ServedContent {
        let files = try subject.files(options: options)
        let mounts = try mounts()
        guard !mounts.isEmpty else {
            return ServedContent(
                handler: files,
                title: subject.path,
                readable: [subject.path],
                files: subject.path,
                followsLinks: options.followsLinks
            )
        }
        return ServedContent(
            handler: try Self.router(mounts, files: files),
            title: ([subject.path] + Self.told(mounts)).joined(separator: ", "),
            readable: [subject.path],
            files: subject.path,
            followsLinks: options.followsLinks,
            connects: true
        )
    }

    /// All requests where there are no files; nil where servers do not have them all.
    func only() throws -> ServedContent? {
        let mounts = try mounts()
        guard mounts.contains(where: { $0.path == "/" }) else { return nil }
        return ServedContent(
            handler: try Self.router(mounts, files: nil),
            title: Self.told(mounts).joined(separator: ", "),
            connects: true
        )
    }

    private static func told(_ mounts: [(path: String, backend: Backend)]) -> [String] {
        mounts.map { "\($0.path) from \($0.backend)" }
    }

    private static func router(_ mounts: [(path: String, backend: Backend)], files: (any Handler)?) throws -> Router {
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
            if let files, !mounts.contains(where: { $0.path == "/" }) { routes.append(Route("/**", files)) }
            return try Router { for route in routes { route } }
        } catch {
            throw ValidationError("--proxy: \(error).")
        }
    }
}
