package import ArgumentParser
import Glibc
import MartletDaemon
import MartletReactor

/// `martlet stop`: ends a server in the background.
package struct StopCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "stop",
        _superCommandName: ServingProgram.current.name,
        abstract: "Ends a server in the background, and returns when it has ended.",
        discussion: "Answers in flight are given first, as long as --drain-timeout of the server lets them."
    )

    @OptionGroup var which: NameOptions

    @Flag(help: "Do not wait for answers in flight.")
    var now = false

    package init() {}

    package func run() throws {
        try Problem.told {
            let server = try which.server()
            // As the Linux Standard Base has it, stopping what is stopped is a success.
            guard case .running = try server.condition() else {
                return Messages.complain("\(server.name) does not run.")
            }
            try Self.stop(server, now: now)
            Messages.write("\(server.name) has ended\n", to: STDOUT_FILENO)
        }
    }

    /// How long a server may take, with its delay and its time-out, before it is told to hurry.
    private static let patience = 3600 + 86_400

    static func stop(_ server: NamedServer, now: Bool) throws {
        // Who drains already would take a second signal for "at once".
        if now || !(server.state()?.isDraining ?? false) { try server.send(SIGTERM) }
        if now {
            // The second one ends it at once; it must be heard apart from the first.
            _ = try NamedServer.wait(2) { try server.state()?.isDraining ?? true || !isRunning(server) }
            // Each time anew: meanwhile its number may have become another's.
            if let holder = try server.holder(), holder.send(SIGTERM) == 0,
                !(try NamedServer.wait(3) { try !isRunning(server) })
            {
                _ = try server.holder()?.send(SIGKILL)
            }
        }
        var isTold = false
        let began = Instant.now()
        guard
            try NamedServer.wait(
                patience,
                until: {
                    if !isTold, began.duration(to: .now()).count > 1_000_000_000 {
                        isTold = true
                        Messages.complain("\(server.name) gives its last answers; --now would cut them.")
                    }
                    return try !isRunning(server)
                }
            )
        else { throw Problem("\(server.name) does not end. End it: stop --now") }
    }

    private static func isRunning(_ server: NamedServer) throws -> Bool {
        if case .running = try server.condition() { true } else { false }
    }
}

/// `martlet restart`: ends a server in the background and starts it as it was.
package struct RestartCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "restart",
        _superCommandName: ServingProgram.current.name,
        abstract: "Ends a server in the background, if it runs, and starts it with the same arguments.",
        discussion: "Between the two nobody is answered; reload, and SIGUSR2 for a new version, leave no gap."
    )

    @OptionGroup var which: NameOptions

    @Flag(help: "Do not wait for answers in flight.")
    var now = false

    package init() {}

    package func run() throws {
        try Problem.told {
            let server = try which.server()
            guard let record = try StartRecord(readingFrom: server.folder.startFile(server.name)) else {
                Messages.complain("\(server.name) was never started here: start says with what arguments.")
                throw ExitCode(LSB.notRunning)
            }
            // First whether it could start again, there and not here; what ends first would stay ended.
            guard unsafe chdir(record.folder) == 0 else {
                throw Problem("\(SystemError(operation: "go to \(record.folder)")): \(server.name) was started there.")
            }
            Environment.adopt(record.variables)
            _ = try CheckCommand.checked(record.arguments)
            if case .running = try server.condition() { try StopCommand.stop(server, now: now) }
            try BackgroundStart(server, record.arguments, directory: record.folder).run()
        }
    }
}

/// `martlet reload`: has a server read its settings and certificates anew.
package struct ReloadCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "reload",
        _superCommandName: ServingProgram.current.name,
        abstract: "Has a server in the background read its settings and certificates anew.",
        discussion:
            "No connection is refused or cut. What cannot be read is told here, and the server goes on as it was."
    )

    @OptionGroup var which: NameOptions

    package init() {}

    package func run() throws {
        try Problem.told {
            let server = try which.server()
            let before = server.state()?.reloads ?? 0
            try server.send(SIGHUP)
            guard NamedServer.wait(30, until: { (server.state()?.reloads ?? 0) > before }), let state = server.state()
            else { throw Problem("\(server.name) did not say within 30 s that it has reloaded. Its log may: logs") }
            guard state.failure.isEmpty else {
                throw Problem("nothing was changed: \(Banner.printable(state.failure))")
            }
            Messages.write(Banner.printable("\(server.name) \(state.title)") + "\n", to: STDOUT_FILENO)
        }
    }
}
