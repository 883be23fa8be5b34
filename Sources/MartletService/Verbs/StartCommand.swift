package import ArgumentParser
import Glibc
import MartletDaemon
import MartletReactor

/// `martlet start`: serves in the background.
package struct StartCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "start",
        _superCommandName: ServingProgram.current.name,
        abstract: "Serves in the background, and returns when the server answers.",
        usage: "start [--name <name>] [<arguments of serving>]",
        discussion: """
            Takes the same arguments as serving in the foreground; front is one of them. Messages and the access log go to \
            a file that logs shows. What cannot be served is told here, and the exit code is 1.
            """
    )

    @Option(
        help: ArgumentHelp("What to call the server, for several. (default: the program's name)", valueName: "name")
    )
    var name: String?

    @Argument(parsing: .allUnrecognized, help: ArgumentHelp("As for serving.", valueName: "arguments"))
    var arguments: [String] = []

    package init() {}

    package func run() throws {
        try Problem.told {
            let server = try NamedServer(name ?? ServingProgram.current.name)
            // What is wrong with the arguments is told as ever; the server would tell it to its log.
            try CheckCommand.plan(arguments)
            try BackgroundStart(server, arguments).run()
        }
    }
}

/// The start of a server in the background, as the starter sees it.
struct BackgroundStart {
    private let server: NamedServer
    private let arguments: [String]
    private let directory: String
    /// How long a server may take to answer.
    private static let patience = 60

    /// - Parameter directory: where it is to run; default here.
    init(_ server: NamedServer, _ arguments: [String], directory: String? = nil) {
        self.server = server
        self.arguments = arguments
        self.directory = directory ?? Self.here
    }

    private static var here: String {
        guard let path = unsafe getcwd(nil, 0) else { return "/" }
        defer { unsafe free(path) }
        return unsafe String(cString: path)
    }

    /// Starts it, with arguments that have been checked.
    func run() throws {
        do {
            try server.folder.prepare()
            let pidFile: PIDFile
            do throws(PIDFile.Failure) {
                pidFile = try PIDFile.take(server.folder.pidFile(server.name))
            } catch {
                guard case .running(let process, _) = error else { throw error }
                // As the Linux Standard Base has it, this is a success.
                let id = process.map { " as process \($0)" } ?? ""
                return Messages.complain(
                    "\(server.name) runs already\(id), as it was started. To serve something else: stop it and start again, or "
                        + "start a second one with --name."
                )
            }
            try start(pidFile)
        } catch let error as Problem {
            throw error
        } catch {
            throw Problem("\(error)")
        }
    }

    private func start(_ pidFile: PIDFile) throws {
        let log = server.folder.logFile(server.name)
        let logFile = try opened(log, O_WRONLY | O_APPEND | O_CREAT, pidFile)
        defer { close(logFile) }
        let stateFile = try opened(server.folder.stateFile(server.name), O_RDWR | O_CREAT, pidFile)
        defer { close(stateFile) }
        guard let program = DetachedProcess.ownExecutable else {
            pidFile.remove()
            throw Problem("/proc/self/exe does not say which program this is. Mount /proc.")
        }
        var state = ServerState()
        state.started = WallClock.seconds()
        state.log = log
        state.write(to: stateFile)

        var process = DetachedProcess(executable: program, arguments: arguments)
        process.directory = directory
        (process.output, process.errors) = (logFile, logFile)
        BackgroundServer.give(
            server.name,
            pidFile: (server.folder.pidFile(server.name), pidFile.fd),
            stateFile: stateFile,
            log: log,
            to: &process
        )
        let id: CInt
        let pipe: ReadyPipe
        do {
            try StartRecord(arguments: arguments, folder: directory, variables: Environment.variables)
                .write(to: server.folder.startFile(server.name))
            pipe = try ReadyPipe()
            pipe.give(to: &process)
            id = try process.start()
        } catch {
            pidFile.remove()
            throw error
        }
        // Who stops it now means the server, not its starter.
        try? pidFile.write(id)
        let deadline = Instant.now() + Nanoseconds(.seconds(Int64(Self.patience)))
        try report(pipe.wait(for: id, until: deadline), id, log, pidFile)
    }

    private func report(_ outcome: ReadyPipe.Outcome, _ process: CInt, _ log: String, _ pidFile: PIDFile) throws {
        switch outcome {
        case .ready(let urls):
            pidFile.abandon()
            let lines = ["\(server.name) serves in the background as process \(process)"] + urls.map { "  \($0)" }
            Messages.write(lines.joined(separator: "\n") + "\n", to: STDOUT_FILENO)
        case .failed(let reason):
            pidFile.remove()
            throw Problem(reason)
        case .ended(let end):
            pidFile.remove()
            throw Problem("the server \(end) before it could answer. Its messages are in \(log)")
        case .timedOut:
            _ = kill(process, SIGKILL)
            pidFile.remove()
            throw Problem(
                "the server did not answer within \(Self.patience) s and was ended. Its messages are in \(log)"
            )
        }
    }

    private func opened(_ path: String, _ flags: CInt, _ pidFile: PIDFile) throws -> CInt {
        let fd = unsafe open(path, flags | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0o640)
        guard fd >= 0 else {
            let error = SystemError(operation: "open \(path)")
            pidFile.remove()
            throw Problem("\(error).")
        }
        return fd
    }
}
