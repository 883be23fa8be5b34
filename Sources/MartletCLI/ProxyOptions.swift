import ArgumentParser
import Martlet
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

    /// The paths, in the order given.
    func mounts() throws -> [Mount] {
        try proxy.map { text in
            guard let equals = text.firstIndex(of: "="), text.hasPrefix("/") else {
                throw ValidationError("--proxy '\(text)' is not of the form /path=http://host:port.")
            }
            let path = try Mount.path(String(text[..<equals]), of: "--proxy", text)
            let backend = try FrontOptions.backend(String(text[text.index(after: equals)...]), of: "--proxy")
            return Mount(path: path, option: "--proxy", told: "\(path) from \(backend)", handler: Gateway(to: backend))
        }
    }
}
