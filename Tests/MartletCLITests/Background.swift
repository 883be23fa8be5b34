import Glibc
import MartletReactor
import TestSupport

/// A set of background servers of its own: a folder for PID files and logs, which ends what still runs when it goes.
final class Background {
    let folder: TemporaryDirectory
    private let program: String

    /// - Parameters:
    ///   - program: what is started; default martlet.
    ///   - forOthers: whether other users may run a copy of it and look into the folders; default false.
    init(_ program: String = "martlet", forOthers: Bool = false) throws {
        folder = try TemporaryDirectory()
        let built = try builtExecutable(program)
        self.program = forOthers ? folder.path(of: program) : built
        try folder.write("site/a.txt", "Hello")
        guard unsafe chmod(folder.path(of: "site"), 0o755) == 0, unsafe mkdir(run, forOthers ? 0o755 : 0o700) == 0
        else {
            throw SystemError(operation: "mkdir \(run)")
        }
        guard forOthers else { return }
        guard unsafe chmod(folder.path, 0o755) == 0 else { throw SystemError(operation: "chmod \(folder.path)") }
        let copied = try TestSupport.run("cp", arguments: [built, self.program])
        guard copied.status == 0 else { throw Martlet.Failure(message: copied.errorText) }
    }

    deinit {
        for name in names { _ = process(name).map { kill($0, SIGKILL) } }
    }

    var run: String { folder.path(of: "run") }
    var site: String { folder.path(of: "site") }
    private var names: [String] { ["martlet", "one", "two", "greeter"] }

    /// Runs the program to its end.
    func callAsFunction(_ arguments: String..., environment: [String: String] = [:]) throws -> ProcessResult {
        try self(arguments, environment: environment)
    }

    /// Runs the program to its end.
    func callAsFunction(_ arguments: [String], environment: [String: String] = [:]) throws -> ProcessResult {
        try TestSupport.run(
            program,
            arguments: arguments,
            environment: environment.merging(["MARTLET_RUN_FOLDER": run]) { first, _ in first },
            timeout: .seconds(120)
        )
    }

    /// What the PID file of a server says.
    func process(_ name: String = "martlet") -> pid_t? {
        guard let text = try? contents(ofFile: "\(run)/\(name).pid") else { return nil }
        return pid_t(text.prefix { $0 != "\n" })
    }

    /// Whether a process is there, and not only waiting for somebody to ask how it ended.
    static func lives(_ process: pid_t) -> Bool {
        guard let text = try? contents(ofFile: "/proc/\(process)/stat"), let end = text.lastIndex(of: ")") else {
            return false
        }
        return !text[end...].hasPrefix(") Z")
    }

    func log(_ name: String = "martlet") -> String {
        (try? contents(ofFile: "\(run)/\(name).log")) ?? ""
    }

    /// Where a server that was just started listens, as it said.
    static func address(_ started: ProcessResult) throws -> SocketAddress {
        let url = started.text.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("http") } ?? ""
        guard let port = UInt16(url.dropLast().split(separator: ":").last ?? "") else {
            throw Martlet.Failure(message: started.text + started.errorText)
        }
        return .loopback(port: port)
    }

    /// The content of a GET on a connection of its own.
    static func get(_ path: String, _ address: SocketAddress) throws -> String {
        let socket = try TestSocket.connect(to: address)
        try socket.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        guard let answer = WireAnswer(try socket.receiveAll()) else { throw Martlet.Failure(message: "no answer") }
        return "\(answer.status) \(String(decoding: answer.content, as: UTF8.self))"
    }
}
