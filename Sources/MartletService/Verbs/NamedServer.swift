import ArgumentParser
import Glibc
import MartletDaemon
import MartletReactor

/// A server in the background, as those see it who look after it.
struct NamedServer {
    let name: ServerName
    let folder: RunFolder

    /// - Throws: `Problem` for a name that none can have.
    init(_ name: String, in folder: RunFolder = RunFolder()) throws {
        do {
            self.name = try ServerName(name)
        } catch {
            throw Problem("\(error)")
        }
        self.folder = folder
    }

    /// What the lock of its PID file says.
    func condition() throws -> PIDFile.State {
        do {
            guard try folder.exists() else { return .none }
            return try PIDFile.state(folder.pidFile(name))
        } catch {
            throw Problem("\(error)")
        }
    }

    /// What it tells about itself.
    func state() -> ServerState? {
        let fd = unsafe open(folder.stateFile(name), O_RDONLY | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC)
        guard fd >= 0 else { return nil }
        defer { close(fd) }
        return ServerState(reading: fd)
    }

    /// The process that serves, to be signalled; nil when there is none.
    func holder() throws -> LockHolder? {
        do {
            guard try folder.exists() else { return nil }
            return try LockHolder(of: folder.pidFile(name))
        } catch {
            throw Problem("\(error)")
        }
    }

    /// The process that serves, to be signalled.
    /// - Throws: `ExitCode` 7 with words, when there is none.
    private func running() throws -> LockHolder {
        if let holder = try holder() { return holder }
        switch try condition() {
        case .running: throw Problem("\(name) is just starting. Try again.")
        case .dead:
            Messages.complain("\(name) does not run: it ended without saying so. Start it: \(startCommand)")
        case .none:
            Messages.complain("\(name) does not run. Start it: \(startCommand)")
        }
        throw ExitCode(LSB.notRunning)
    }

    private var startCommand: String {
        let program = ServingProgram.current.name
        return name.description == program ? "\(program) start" : "\(program) start --name \(name)"
    }

    /// Sends a signal to the process that serves.
    func send(_ signal: CInt) throws {
        let holder = try running()
        let code = holder.send(signal)
        guard code != 0, code != ESRCH else { return }
        let process = holder.process
        guard code == EPERM else {
            throw Problem("\(SystemError(code: code, operation: "signal \(process)"))")
        }
        Messages.complain("\(name) is another user's: process \(process). Do it as that user, or as root.")
        throw ExitCode(LSB.noRight)
    }

    /// Waits for something to be so, a few times a second.
    /// - Returns: false when it was not within `seconds`.
    static func wait(_ seconds: Int, until isSo: () throws -> Bool) rethrows -> Bool {
        let end = Instant.now() + Nanoseconds(.seconds(Int64(seconds)))
        while try !isSo() {
            guard Instant.now() < end else { return false }
            usleep(20_000)
        }
        return true
    }
}

/// The exit codes of verbs: those that the Linux Standard Base has for init scripts.
enum LSB {
    /// `status`: its process has ended without removing the PID file.
    static let dead: Int32 = 1
    /// `status`: it does not run.
    static let stopped: Int32 = 3
    /// Wrong arguments.
    static let usage: Int32 = 2
    /// The user may not do this.
    static let noRight: Int32 = 4
    /// It does not run.
    static let notRunning: Int32 = 7
}

/// Which server a verb is about.
struct NameOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("The server's name. (default: the program's)", valueName: "name"))
    var operand: String?

    @Option(help: ArgumentHelp("The same as an option.", valueName: "name"))
    var name: String?

    func server() throws -> NamedServer {
        if let operand, let name, operand != name {
            throw ValidationError("Two names are given: \(operand) and --name \(name).")
        }
        return try NamedServer(operand ?? name ?? ServingProgram.current.name)
    }
}
