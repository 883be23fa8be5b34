import ArgumentParser
import Martlet
import MartletCGI
import MartletService

/// Applications that answer requests from processes of their own: FastCGI and SCGI.
struct ApplicationServers: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Requests go to an application by FastCGI: those for scripts of a suffix, as .php=unix:/run/php/php-fpm.sock, or all below a path, as /app=127.0.0.1:9000; can be repeated.",
            valueName: "what=place"
        )
    )
    var fastcgi: [String] = []

    @Option(help: ArgumentHelp("The same by SCGI.", valueName: "what=place"))
    var scgi: [String] = []

    @Option(
        help: ArgumentHelp(
            "The script, by its path below the folder, that answers where there is no file, as index.php. (default: none does)",
            valueName: "script"
        )
    )
    var frontController: String?

    @Option(
        help: ArgumentHelp(
            "The folder's path as applications see it, where they run in a container, as /var/www/html.",
            valueName: "path"
        )
    )
    var applicationRoot: String?

    var isEmpty: Bool { fastcgi.isEmpty && scgi.isEmpty }

    private struct Application {
        let option: String
        /// "/app", or a suffix such as ".php".
        let what: String
        let place: String

        var isForSuffix: Bool { what.hasPrefix(".") }

        func handler(
            _ scripts: ApplicationScripts,
            _ options: ApplicationOptions,
            otherwise: (any Handler)? = nil
        ) throws -> any Handler {
            do throws(ApplicationError) {
                if option == "--scgi" { return try SCGI(place, scripts, options: options, otherwise: otherwise) }
                return try FastCGI(place, scripts, options: options, otherwise: otherwise)
            } catch {
                throw ValidationError("\(option) '\(what)=\(place)': \(error)")
            }
        }
    }

    private func applications() throws -> [Application] {
        let all = fastcgi.map { ("--fastcgi", $0) } + scgi.map { ("--scgi", $0) }
        return try all.map { option, text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, text.hasPrefix("/") || text.hasPrefix(".") else {
                throw ValidationError(
                    "\(option) '\(text)' is not of the form .php=unix:/run/app.sock or /path=127.0.0.1:9000."
                )
            }
            let what = String(parts[0])
            if what.hasPrefix("/") { _ = try Mount.path(what, of: option, text) }
            return Application(option: option, what: what, place: String(parts[1]))
        }
    }

    /// Those that have all below a path.
    func mounts(_ options: ApplicationOptions) throws -> [Mount] {
        try applications().filter { !$0.isForSuffix }.map { application in
            Mount(
                path: application.what,
                option: application.option,
                told: "\(application.what) from \(application.place)",
                handler: try application.handler(.application, options)
            )
        }
    }

    /// The folder's files, where scripts of some suffixes are answered by applications.
    /// - Returns: who answers, and what start-up says of each suffix.
    func files(
        _ files: any Handler,
        of subject: Subject,
        _ options: ApplicationOptions
    ) throws -> (handler: any Handler, told: [String]) {
        let applications = try applications().filter(\.isForSuffix)
        var options = options
        options.documentRoot = applicationRoot
        guard let first = applications.first else {
            let idle = [("--front-controller", frontController), ("--application-root", applicationRoot)]
            if let name = idle.first(where: { $0.1 != nil })?.0 {
                throw ValidationError("\(name) does nothing without an application for a suffix: --fastcgi .php=place")
            }
            return (files, [])
        }
        guard subject.isFolder else {
            throw ValidationError("\(first.option) \(first.what)= is for a folder, and \(subject.path) is a file.")
        }
        var handler = files
        var seen: Set<String> = []
        for application in applications {
            guard seen.insert(application.what).inserted else {
                throw ValidationError("Two applications are given for \(application.what). Give one.")
            }
            let scripts = ApplicationScripts.folder(
                subject.path,
                suffixes: [application.what],
                index: ["index\(application.what)"],
                fallback: frontController.flatMap { $0.hasSuffix(application.what) ? $0 : nil }
            )
            handler = try application.handler(scripts, options, otherwise: handler)
        }
        if let script = frontController, !seen.contains(where: { script.hasSuffix($0) }) {
            throw ValidationError(
                "--front-controller \(script) ends in none of \(seen.sorted().joined(separator: ", "))."
            )
        }
        return (handler, applications.map { "\($0.what) from \($0.place)" })
    }
}
