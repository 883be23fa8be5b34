import ArgumentParser
import Glibc
import Martlet
import MartletCGI
import MartletFiles
import MartletReactor
import MartletService

/// Programs that answer requests: CGI/1.1 (RFC 3875), FastCGI, SCGI.
struct ScriptOptions: ParsableArguments {
    @Flag(help: "Run the programs below /cgi-bin and /htbin of the folder, by CGI, instead of serving their files.")
    var cgi = false

    @Option(
        help: ArgumentHelp(
            "Another path of the folder whose programs are run, with --cgi besides those two; can be repeated.",
            valueName: "path"
        )
    )
    var cgiDir: [String] = []

    @Option(
        help: ArgumentHelp(
            "Who runs files of this suffix that cannot run by themselves, as .py=python3; can be repeated.",
            valueName: "suffix=program"
        )
    )
    var cgiInterpreter: [String] = []

    @Option(
        help: ArgumentHelp(
            "A variable for every script, NAME=VALUE, or NAME to pass on the server's own; can be repeated. (default: PATH alone)",
            valueName: "variable"
        )
    )
    var cgiEnv: [String] = []

    @Option(
        help: ArgumentHelp(
            "Seconds that a script may say nothing; then it is ended, and the answer is 504. (default: 60)",
            valueName: "seconds"
        )
    )
    var cgiTimeout: Int?

    @Option(
        help: ArgumentHelp("Scripts of one such path that run at once; others wait. (default: 32)", valueName: "count")
    )
    var cgiProcesses: Int?

    @Flag(help: "Let scripts see Authorization, which holds passwords, as HTTP_AUTHORIZATION.")
    var cgiAuthorization = false

    @Option(
        help: ArgumentHelp(
            "A folder that Landlock lets scripts change, besides those for temporary files; can be repeated.",
            valueName: "folder"
        ),
        completion: .directory
    )
    var cgiWrites: [String] = []

    @OptionGroup
    var applications: ApplicationServers

    /// Whether any script is run by this server.
    var isOn: Bool { cgi || !cgiDir.isEmpty }

    /// Where content is kept for scripts and applications.
    var writable: [String] { isOn || !applications.isEmpty ? [CGI.temporaryFolder] : [] }

    /// Python's http.server has these.
    private static let defaults = ["/cgi-bin", "/htbin"]

    /// The paths whose programs are run.
    /// - Parameter others: what answers other paths.
    func mounts(of subject: Subject, _ files: FilesOptions, beside others: [Mount]) throws -> [Mount] {
        guard isOn else { return [] }
        guard subject.isFolder else {
            throw ValidationError("--cgi is for a folder, and \(subject.path) is a file.")
        }
        var options = try resolved()
        options.documentRoot = subject.path
        options.followsLinks = files.followsLinks
        options.showsHidden = files.showsHidden
        let root = subject.path == "/" ? "" : subject.path
        var mounts: [Mount] = []
        for (given, isDefault) in (cgi ? Self.defaults : []).map({ ($0, true) }) + cgiDir.map({ ($0, false) }) {
            let path = try Self.folder(given)
            if isDefault, try cgiDir.contains(where: { try Self.folder($0) == path }) { continue }
            do throws(SystemError) {
                let handler = try CGI(root + path, options: options)
                mounts.append(Self.mount(path, "scripts at \(path)", handler))
            } catch {
                // One of the two is enough. The other must not be served as files if somebody makes it later.
                if isDefault, error.code == ENOENT, !error.operation.hasSuffix(" in PATH") {
                    let missing = Self.mount(path, nil, MissingScripts())
                    if !others.contains(where: { $0.folder == missing.folder }) { mounts.append(missing) }
                    continue
                }
                if error.operation.hasSuffix(" in PATH") {
                    throw Problem("\(error). --cgi-interpreter names a program, or its path.")
                }
                throw Problem("\(error). --cgi-dir names a path below \(subject.path).")
            }
        }
        guard mounts.contains(where: { $0.told != nil }) else {
            throw Problem(
                "\(subject.path) has neither cgi-bin nor htbin. Make one, or name another: --cgi-dir /scripts"
            )
        }
        return mounts
    }

    /// - Parameter path: as the folder is called. In a route "%" begins an octet.
    private static func mount(_ path: String, _ told: String?, _ handler: any Handler) -> Mount {
        Mount(path: path.replacing("%", with: "%25"), option: "--cgi-dir", told: told, handler: handler)
    }

    /// "/scripts" of "/scripts/".
    private static func folder(_ text: String) throws -> String {
        var path = try Mount.path(text, of: "--cgi-dir", text)
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        let segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        guard path != "/", !segments.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
            throw ValidationError(
                "--cgi-dir '\(text)' is not a path such as /scripts, below the folder that is served."
            )
        }
        return path
    }

    /// An option that does nothing is a slip.
    func refuseIdle() throws {
        guard !isOn else { return }
        let ofProcesses = [
            ("--cgi-interpreter", !cgiInterpreter.isEmpty), ("--cgi-processes", cgiProcesses != nil),
            ("--cgi-writes", !cgiWrites.isEmpty),
        ]
        if let name = ofProcesses.first(where: \.1)?.0 {
            throw ValidationError("\(name) does nothing without --cgi or --cgi-dir. Add one of them.")
        }
        guard applications.isEmpty else { return }
        let ofAll = [
            ("--cgi-env", !cgiEnv.isEmpty), ("--cgi-timeout", cgiTimeout != nil),
            ("--cgi-authorization", cgiAuthorization),
        ]
        if let name = ofAll.first(where: \.1)?.0 {
            throw ValidationError(
                "\(name) does nothing without --cgi, --cgi-dir, --fastcgi or --scgi. Add one of them."
            )
        }
    }

    private func resolved() throws -> CGIOptions {
        var options = CGIOptions()
        for text in cgiInterpreter {
            let (suffix, program) = Self.pair(text)
            guard suffix.count > 1, suffix.hasPrefix("."), let program, !program.isEmpty else {
                throw ValidationError("--cgi-interpreter '\(text)' is not of the form .py=python3.")
            }
            options.interpreters[suffix] = program
        }
        for text in cgiEnv {
            let (name, value) = Self.pair(text)
            guard !name.isEmpty, !name.utf8.contains(0) else {
                throw ValidationError("--cgi-env '\(text)' is not of the form NAME=VALUE or NAME.")
            }
            if let value { options.environment[name] = value } else { options.inheritedVariables.append(name) }
        }
        if let seconds = cgiTimeout {
            guard 1...86_400 ~= seconds else {
                throw ValidationError("--cgi-timeout goes from 1 to 86400 seconds, not \(seconds).")
            }
            options.timeout = .seconds(seconds)
        }
        if let count = cgiProcesses {
            guard 1...10_000 ~= count else {
                throw ValidationError("--cgi-processes goes from 1 to 10000, not \(count).")
            }
            options.processes = count
        }
        options.passesAuthorization = cgiAuthorization
        return options
    }

    /// What these say of applications.
    func forApplications() throws -> ApplicationOptions {
        let common = try resolved()
        var options = ApplicationOptions()
        options.variables = common.environment
        for name in common.inheritedVariables where options.variables[name] == nil {
            options.variables[name] = Environment[name]
        }
        options.passesAuthorization = common.passesAuthorization
        options.firstOctetTimeout = common.timeout
        options.idleTimeout = common.timeout
        return options
    }

    private static func pair(_ text: String) -> (String, String?) {
        guard let equals = text.firstIndex(of: "=") else { return (text, nil) }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }
}

/// Answers for a folder of scripts that was not there when the server started.
private struct MissingScripts: Handler {
    func respond(to request: Request) async throws -> Response { throw HTTPError(.notFound) }
}
