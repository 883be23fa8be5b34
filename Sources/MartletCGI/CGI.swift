public import Martlet
import MartletReactor

/// Runs programs that speak CGI/1.1 (RFC 3875): those of a folder, or one.
///
/// ```swift
/// try Route("/cgi-bin/**", CGI("scripts"))
/// try Route("/git/**", CGI(program: "/usr/lib/git-core/git-http-backend", options: options))
/// ```
///
/// The first segment of the path that is a file names the script; what follows it is its PATH_INFO. Each request is a
/// process of its own, started without a shell, with a clean environment and no descriptor but its three. Content streams
/// both ways at the pace of whoever is slower; chunked content is kept in a temporary file first, for CONTENT_LENGTH must be
/// right. A script's answer is checked before any of it is sent: what is none is a 502, and the log has the reason. What a
/// script writes to its standard error goes to the log. When the client goes away, or the script says nothing for too
/// long, the script is stopped with all it has started.
///
/// A file that is no program, and that no interpreter is named for, is a 403: its source is never sent.
public struct CGI: Handler {
    private let runner: ScriptRunner

    /// Runs the scripts in the folder at `path`, and in those below it.
    /// - Throws: `SystemError` when the folder cannot be opened, or an interpreter is not found.
    public init(_ path: String, options: CGIOptions = CGIOptions()) throws(SystemError) {
        runner = ScriptRunner(.folder(try ScriptFolder(path, options)), options)
    }

    /// Runs one program for all requests: the path where it is mounted is its SCRIPT_NAME, the rest its PATH_INFO. It begins
    /// in the folder where it is.
    /// - Parameters:
    ///   - program: a path, or a name that is looked up in PATH.
    ///   - arguments: the program gets with every request.
    /// - Throws: `SystemError` when there is no such program.
    public init(
        program: String,
        arguments: [String] = [],
        options: CGIOptions = CGIOptions()
    ) throws(SystemError) {
        let path = try ScriptFolder.program(program)
        runner = ScriptRunner(.program(path, arguments.map { Array($0.utf8) }), options)
    }

    /// Answers with what a script answers.
    /// - Throws: `HTTPError` 403 and 404 for what is no script, 405 for methods that scripts do not get, 411 and 413 for
    ///   content, 502 and 504 for scripts that give no answer, 503 when too many run.
    public func respond(to request: Request) async throws -> Response {
        if let loop = EventLoop.current { return try await runner.respond(to: request, on: loop) }
        // Called off the loops, by a test or behind middleware that left its own.
        let loop = try Self.spareLoop.get()
        return try await withTaskExecutorPreference(loop) { @concurrent in
            try await runner.respond(to: request, on: loop)
        }
    }

    private static let spareLoop = Result {
        let loop = try EventLoop(name: "cgi")
        try loop.start()
        return loop
    }
}
