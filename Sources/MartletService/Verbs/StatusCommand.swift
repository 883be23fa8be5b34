package import ArgumentParser
import Glibc
import MartletDaemon
import MartletReactor

/// `martlet status`: whether a server in the background runs.
package struct StatusCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "status",
        _superCommandName: ServingProgram.current.name,
        abstract: "Says whether a server in the background runs.",
        discussion: "Exit codes: 0 it runs, 1 it ended without saying so, 3 it does not run."
    )

    @OptionGroup var which: NameOptions

    @Flag(help: "As JSON.")
    var json = false

    package init() {}

    package func run() throws {
        var code: Int32 = 0
        try Problem.told {
            let report = try ServerReport(try which.server())
            Messages.write(json ? "\(report.json)\n" : report.text, to: STDOUT_FILENO)
            code = report.code
            if code == LSB.stopped, !json, let names = try? RunFolder().names(), !names.isEmpty {
                Messages.complain("others were started here: list shows them.")
            }
        }
        guard code == 0 else { throw ExitCode(code) }
    }
}

/// `martlet list`: all servers in the background.
package struct ListCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list",
        _superCommandName: ServingProgram.current.name,
        abstract: "Lists this user's servers in the background."
    )

    @Flag(help: "As JSON.")
    var json = false

    package init() {}

    package func run() throws {
        try Problem.told {
            let folder = RunFolder()
            let names: [ServerName]
            do {
                names = try folder.names()
            } catch {
                throw Problem("\(error)")
            }
            let reports = try names.map { try ServerReport(NamedServer($0.description, in: folder)) }
            if json { return Messages.write("[\(reports.map(\.json).joined(separator: ","))]\n", to: STDOUT_FILENO) }
            guard !reports.isEmpty else { return Messages.complain("no server runs in the background.") }
            let width = reports.map(\.name.count).max() ?? 0
            for report in reports {
                let name = report.name + String(repeating: " ", count: width - report.name.count)
                Messages.write(Banner.printable("\(name)  \(report.line)") + "\n", to: STDOUT_FILENO)
            }
        }
    }
}

/// What can be said of a server in the background.
struct ServerReport {
    let name: String
    private let condition: PIDFile.State
    private let state: ServerState?

    init(_ server: NamedServer) throws {
        name = server.name.description
        condition = try server.condition()
        state = server.state()
    }

    /// As the Linux Standard Base has it.
    var code: Int32 {
        switch condition {
        case .running: 0
        case .dead: LSB.dead
        case .none: LSB.stopped
        }
    }

    /// "runs as process 1234 for 2 h: http://127.0.0.1:8000/"
    var line: String {
        switch condition {
        case .running(let process):
            let id = process.map { " as process \($0)" } ?? ""
            let urls = state?.urls.joined(separator: " ") ?? ""
            return "\(state?.isDraining ?? false ? "is ending" : "runs")\(id) for \(age): \(urls)"
        case .dead: return "is dead: it ended without saying so"
        case .none: return "does not run"
        }
    }

    var text: String {
        guard case .running = condition, let state else { return "\(name) \(line)\n" }
        var lines = ["\(name) \(line)", "  \(state.title)", "  log: \(state.log)"]
        if !state.admin.isEmpty { lines.append("  health and metrics: \(state.admin)") }
        if !state.failure.isEmpty { lines.append("  the last reload failed: \(state.failure)") }
        return lines.map { Banner.printable($0) + "\n" }.joined()
    }

    private var seconds: Int { max(0, WallClock.seconds() - (state?.started ?? WallClock.seconds())) }

    private var age: String {
        switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) days"
        }
    }

    var json: String {
        let word =
            switch condition {
            case .running: state?.isDraining ?? false ? "stopping" : "running"
            case .dead: "dead"
            case .none: "stopped"
            }
        var members = ["\"name\":\(Self.quoted(name))", "\"state\":\"\(word)\""]
        if case .running(let process) = condition, let state {
            members += process.map { ["\"pid\":\($0)"] } ?? []
            members += [
                "\"uptime\":\(seconds)", "\"version\":\(Self.quoted(state.version))",
                "\"title\":\(Self.quoted(state.title))",
                "\"urls\":[\(state.urls.map(Self.quoted).joined(separator: ","))]", "\"log\":\(Self.quoted(state.log))",
                "\"admin\":\(Self.quoted(state.admin))",
                "\"reloads\":\(state.reloads)", "\"reload_failure\":\(Self.quoted(state.failure))",
            ]
        }
        return "{\(members.joined(separator: ","))}"
    }

    private static func quoted(_ text: String) -> String {
        OptionInfo.quoted(text)
    }
}
