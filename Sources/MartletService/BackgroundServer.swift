import Glibc
import MartletDaemon
import MartletReactor

/// A server in the background, as it sees itself: its name, its PID file, its state.
final class BackgroundServer: Sendable {
    let name: ServerName
    private let pidFile: PIDFile
    private let stateFile: CInt
    private let logFile: String
    var runFolder: String { ServiceRights.folder(of: pidFile.path) }
    var logFolder: String { ServiceRights.folder(of: logFile) }
    private let state: Locked<ServerState>
    private let isAbandoned = Locked(false)
    private let isKnown = Locked(false)

    private enum Variable {
        static let name = "MARTLET_SERVER"
        static let pidFile = "MARTLET_PID_FD"
        static let pidPath = "MARTLET_PID_FILE"
        static let stateFile = "MARTLET_STATE_FD"
        // Paths are handed over: a successor is the server's user, whose own folders are others.
        static let logPath = "MARTLET_LOG_PATH"
    }

    private init(name: ServerName, pidFile: PIDFile, stateFile: CInt, logFile: String, state: ServerState) {
        self.name = name
        self.pidFile = pidFile
        self.stateFile = stateFile
        self.state = Locked(state)
        self.logFile = logFile
    }

    /// Has a process be the server of this name.
    /// - Parameters:
    ///   - pidFile: the locked PID file and its descriptor.
    ///   - stateFile: that of the state.
    ///   - log: the file of its messages.
    static func give(
        _ name: ServerName,
        pidFile: (path: String, fd: CInt),
        stateFile: CInt,
        log: String,
        to process: inout DetachedProcess
    ) {
        process.environment[Variable.name] = name.description
        process.environment[Variable.pidPath] = pidFile.path
        process.environment[Variable.logPath] = log
        process.environment[Variable.pidFile] = "\(process.inherit(pidFile.fd))"
        process.environment[Variable.stateFile] = "\(process.inherit(stateFile))"
    }

    /// What this process was started as; nil in the foreground.
    static func fromEnvironment() throws -> BackgroundServer? {
        let name = ProcessEnvironment.take(Variable.name)
        let pidFile = ProcessEnvironment.take(Variable.pidFile).flatMap { CInt($0) }
        let stateFile = ProcessEnvironment.take(Variable.stateFile).flatMap { CInt($0) }
        let pidPath = ProcessEnvironment.take(Variable.pidPath)
        let logPath = ProcessEnvironment.take(Variable.logPath)
        guard let name, let pidFile, let stateFile, let pidPath, let logPath else { return nil }
        let server = try ServerName(name)
        let file = try PIDFile.adopt(fd: pidFile, path: pidPath)
        guard fcntl(stateFile, F_SETFD, FD_CLOEXEC) == 0 else {
            throw DaemonError("\(Variable.stateFile)=\(stateFile) is not open. Use `martlet start`.")
        }
        let state = ServerState(reading: stateFile) ?? ServerState()
        return BackgroundServer(name: server, pidFile: file, stateFile: stateFile, logFile: logPath, state: state)
    }

    /// Has a successor be this server.
    func give(to process: inout DetachedProcess) {
        Self.give(name, pidFile: (pidFile.path, pidFile.fd), stateFile: stateFile, log: logFile, to: &process)
    }

    /// Changes what others can read about the server. The first time says that it serves: from now on it is this process.
    func update(_ change: (inout ServerState) -> Void) {
        state.withLock { state in
            change(&state)
            state.write(to: stateFile)
        }
        let isFirst = isKnown.withLock { isKnown in
            defer { isKnown = true }
            return !isKnown
        }
        guard isFirst else { return }
        do throws(PIDFile.Failure) { try pidFile.write() } catch {
            Messages.complain(
                "\(error): stop and reload do not find this process, \(getpid()). Make room, and restart it."
            )
        }
    }

    /// The number of the process, again after a successor that failed.
    func resume() {
        try? pidFile.write()
    }

    /// Opens the file of messages anew, which somebody has moved away.
    func reopenLog() throws(SystemError) {
        try LogFile.reopen(logFile, as: STDOUT_FILENO)
        try LogFile.reopen(logFile, as: STDERR_FILENO)
    }

    /// A successor has it all.
    func abandon() {
        isAbandoned.withLock { $0 = true }
        pidFile.abandon()
    }

    /// The server is no more.
    func end() {
        if !isAbandoned.withLock({ $0 }) { pidFile.remove() }
    }
}
