import CMartlet
import Glibc
import MartletDaemon
import MartletReactor
import TestSupport
import Testing

@Suite("Detached processes and their ready pipe")
struct DetachedProcessTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func probe(_ arguments: [String]) throws -> DetachedProcess {
        var process = try DetachedProcess(executable: builtExecutable("DaemonProbe"), arguments: arguments)
        let fd = unsafe open(folder.path(of: "output"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        (process.output, process.errors) = (fd, fd)
        return process
    }

    private func end(of process: Int32) async throws -> ProcessEnd {
        var end: ProcessEnd?
        try await eventually("process \(process) has ended") {
            end = ProcessEnd.of(process)
            return end != nil
        }
        return try #require(end)
    }

    @Test("it has a session of its own, its descriptors and no others, and no signal blocked or ignored")
    func facts() async throws {
        try folder.write("a", "first")
        try folder.write("b", "second")
        // As a server does: what it starts must not inherit it.
        _ = cm_ignore_sigpipe()
        var process = try probe(["facts", "3", "4"])
        // The higher descriptor first: neither may be overwritten before its turn.
        let (a, b) = unsafe (open(folder.path(of: "a"), O_RDONLY), open(folder.path(of: "b"), O_RDONLY))
        #expect(process.inherit(b) == 3)
        #expect(process.inherit(a) == 4)
        process.environment = ["PROBE": "a value=with = signs"]
        process.directory = folder.path
        let started = try process.start()
        for fd in [a, b, process.output] { close(fd) }
        #expect(try await end(of: started) == .exited(0))
        #expect(
            try contents(ofFile: folder.path(of: "output")) == """
                session own
                open 0 1 2 3 4
                /dev/null
                \(folder.path)
                blocked [], ignored []
                3: second
                4: first
                PROBE=a value=with = signs
                HOME=(unset)
                standard error

                """
        )
    }

    @Test("a successor stays in its predecessor's session")
    func successor() async throws {
        var process = try probe(["facts"])
        process.startsSession = false
        let started = try process.start()
        close(process.output)
        #expect(try await end(of: started) == .exited(0))
        #expect(try contents(ofFile: folder.path(of: "output")).hasPrefix("session inherited\nopen 0 1 2\n"))
    }

    @Test("a program that is missing, or a folder, is an error at once")
    func missing() throws {
        for (path, code) in [("/no/such/program", ENOENT), ("/", EACCES)] {
            #expect(throws: SystemError(code: code, operation: "start \(path)")) {
                try DetachedProcess(executable: path, arguments: []).start()
            }
        }
        var process = DetachedProcess(executable: "/bin/true", arguments: [])
        process.directory = "/no/such/folder"
        #expect(throws: SystemError(code: ENOENT, operation: "start /bin/true")) { try process.start() }
    }

    @Test(
        "the starter learns what the server says, or how it ended",
        arguments: [
            (
                ["ready", "http://127.0.0.1:8000", "a second\nline"],
                .ready(["http://127.0.0.1:8000", "a second", "line"])
            ),
            (["ready"], .ready([])),
            (["failed", "Port 80 is taken.\nUse another."], .failed("Port 80 is taken.\nUse another.")),
            (["failed", String(repeating: "x", count: 100_000)], .failed(String(repeating: "x", count: 32_761))),
            (["exit", "0"], .ended(.exited(0))),
            (["exit", "7"], .ended(.exited(7))),
            (["killed"], .ended(.killed(9))),
        ] as [([String], ReadyPipe.Outcome)]
    )
    func outcomes(arguments: [String], outcome: ReadyPipe.Outcome) async throws {
        var process = try probe(["ready"] + arguments)
        let ready = try ReadyPipe()
        ready.give(to: &process)
        let started = try process.start()
        close(process.output)
        #expect(ready.wait(for: started, until: Instant.now() + Nanoseconds(.seconds(60))) == outcome)
        // What was started must be gone before its folder is.
        if case .ended = outcome {} else { _ = try await end(of: started) }
        #expect(try contents(ofFile: folder.path(of: "output")) == "")
    }

    @Test("a server that is not ready by the deadline goes on running")
    func late() async throws {
        var process = try probe(["ready", "hang"])
        let ready = try ReadyPipe()
        ready.give(to: &process)
        let started = try process.start()
        close(process.output)
        #expect(ready.wait(for: started, until: Instant.now() + Nanoseconds(.milliseconds(50))) == .timedOut)
        #expect(ready.check(started) == nil)
        kill(started, SIGKILL)
        #expect(try await end(of: started) == .killed(9))
    }

    @Test("what the server has started does not hide its end")
    func leftBehind() throws {
        var process = try probe(["ready", "leave"])
        let ready = try ReadyPipe()
        ready.give(to: &process)
        let started = try process.start()
        close(process.output)
        #expect(ready.wait(for: started, until: Instant.now() + Nanoseconds(.seconds(25))) == .ended(.exited(3)))
        let left = try contents(ofFile: folder.path(of: "output"))
        if let process = Int32(left.dropLast()) { kill(process, SIGKILL) }
    }

    @Test("without a pipe, being ready is nobody's business", arguments: [["ready"], ["failed", "x"]])
    func noPipe(arguments: [String]) throws {
        let result = try run(builtExecutable("DaemonProbe"), arguments: ["ready"] + arguments)
        #expect(result.text == "no pipe\n")
        #expect(result.status == 0)
    }

    @Test("a variable that names no pipe is an error", arguments: ["", "x", "-1", "1", "77", "99999999999999999999"])
    func wrongPipe(value: String) throws {
        let result = try run(
            builtExecutable("DaemonProbe"),
            arguments: ["ready", "ready"],
            environment: ["MARTLET_READY_FD": value]
        )
        #expect(
            result.text
                == "error: MARTLET_READY_FD=\(value) is not the number of an open pipe. Start the server without it.\n"
        )
        #expect(result.status == 1)
    }

    @Test("the ends of processes are told in words")
    func words() {
        #expect("\(ProcessEnd.exited(1))" == "exited with status 1")
        #expect("\(ProcessEnd.killed(9))" == "was killed by signal 9 (Killed)")
        #expect(ProcessEnd.of(1) == .unknown)
        #expect(ProcessEnd.seen(of: 1) == .unknown)
    }
}
