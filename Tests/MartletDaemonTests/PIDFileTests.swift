import Glibc
import MartletDaemon
import MartletReactor
import TestSupport
import Testing

@Suite("PID files")
struct PIDFileTests {
    private let folder: TemporaryDirectory
    private var path: String { folder.path(of: "web.pid") }

    init() throws { folder = try TemporaryDirectory() }

    private func holder(_ more: String...) throws -> (ChildProcess, Int32) {
        let child = try ChildProcess(builtExecutable("DaemonProbe"), arguments: ["pid-file", path] + more)
        #expect(try child.readLine() == "taken by \(child.process)")
        return (child, child.process)
    }

    @Test("while a process holds it, its state is running; once it is removed, none")
    func taken() throws {
        #expect(try PIDFile.state(path) == .none)
        let (child, process) = try holder()
        #expect(try contents(ofFile: path) == "\(process)\n")
        #expect(try PIDFile.state(path) == .running(process))
        #expect(try child.finish().status == 0)
        #expect(try PIDFile.state(path) == .none)
        #expect(unsafe access(path, F_OK) != 0)
    }

    @Test("a second process is refused, with the first one's id")
    func second() throws {
        let (child, process) = try holder()
        let second = try run(builtExecutable("DaemonProbe"), arguments: ["pid-file", path])
        #expect(second.text == "error: It runs already as process \(process), which holds \(path).\n")
        #expect(second.status == 1)
        #expect(try contents(ofFile: path) == "\(process)\n")
        #expect(try child.finish().status == 0)
    }

    @Test("a killed process leaves a file that counts as dead, whoever has its number now, and can be taken")
    func dead() throws {
        let (child, process) = try holder()
        child.send(signal: SIGKILL)
        #expect(try child.finish().status == 137)
        #expect(try PIDFile.state(path) == .dead)
        // Our own number, as if it had been given out again: we run, but hold no lock.
        try folder.write("web.pid", "\(getpid())\n")
        #expect(try PIDFile.state(path) == .dead)
        let (next, successor) = try holder()
        #expect(successor != process)
        #expect(try PIDFile.state(path) == .running(successor))
        #expect(try next.finish().status == 0)
    }

    @Test("a longer number of before is not left behind a shorter one")
    func shorter() throws {
        try folder.write("web.pid", "123456789012345\nabc\n")
        let file = try PIDFile.take(path)
        #expect(try contents(ofFile: path) == "\(getpid())\n")
        file.remove()
    }

    @Test("asking for the state over and over does not keep a server from starting")
    func probing() async throws {
        let path = path
        let asking = Task.detached {
            while !Task.isCancelled { _ = try PIDFile.state(path) }
        }
        for _ in 0..<300 { try PIDFile.take(path).remove() }
        asking.cancel()
        try await asking.value
    }

    @Test("of many that take it at once, one after another has it, and never two")
    func race() async throws {
        let path = path
        let holders = Locked(0)
        let taken = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var taken = 0
                    for _ in 0..<300 {
                        guard let file = try? PIDFile.take(path) else { continue }
                        taken += 1
                        #expect(
                            holders.withLock {
                                $0 += 1; return $0
                            } == 1
                        )
                        holders.withLock { $0 -= 1 }
                        file.remove()
                    }
                    return taken
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(taken > 0)
        #expect(try PIDFile.state(path) == .none)
    }

    @Test(
        "a successor that inherits the descriptor holds the lock, and goes on holding it when its predecessor is gone"
    )
    func adopted() async throws {
        let child = try ChildProcess(builtExecutable("DaemonProbe"), arguments: ["pid-file-adopt", path])
        let said = try #require(try child.readLine())
        let successor = try #require(Int32(said.dropFirst("adopted by ".count)))
        #expect(successor != child.process)
        #expect(try PIDFile.state(path) == .running(successor))
        child.send(signal: SIGKILL)
        let path = path
        // Its pipe has ended with its predecessor: it removes the file and ends.
        try await eventually("the successor has removed the file") { try PIDFile.state(path) == .none }
    }

    @Test("a descriptor that is another file than the one at the path is not adopted")
    func adoptedWrong() throws {
        let file = try PIDFile.take(path)
        let other = folder.path(of: "other.pid")
        #expect(throws: PIDFile.Failure.notOurs(path: other)) { try PIDFile.adopt(fd: file.fd, path: other) }
        file.remove()
    }

    @Test("an abandoned file stays")
    func abandoned() throws {
        let (child, process) = try holder("abandon")
        #expect(try child.finish().status == 0)
        #expect(try contents(ofFile: path) == "\(process)\n")
        #expect(try PIDFile.state(path) == .dead)
    }

    @Test(
        "where the folder forbids removing it, it is left empty, which counts as none",
        .enabled(if: geteuid() == 0, "only root can make a file for another user")
    )
    func notRemovable() throws {
        unsafe chmod(folder.path, 0o755)
        try folder.write("web.pid", "")
        unsafe chown(path, 65_534, 65_534)
        let wrapper = ["--reuid=65534", "--regid=65534", "--clear-groups"]
        let child = try ChildProcess(
            "setpriv",
            arguments: wrapper + [builtExecutable("DaemonProbe"), "pid-file", path]
        )
        #expect(try child.readLine() == "taken by \(child.process)")
        #expect(try PIDFile.state(path) == .running(child.process))
        #expect(try child.finish().status == 0)
        #expect(try contents(ofFile: path) == "")
        #expect(try PIDFile.state(path) == .none)
    }

    @Test("a file that was put in its place meanwhile is not removed")
    func replaced() throws {
        let file = try PIDFile.take(path)
        unsafe unlink(path)
        try folder.write("web.pid", "1\n")
        file.remove()
        #expect(try contents(ofFile: path) == "1\n")
    }

    @Test("a lock of somebody who is no server is not taken for one", arguments: [LOCK_SH, LOCK_EX])
    func held(lock: CInt) throws {
        // The number of a process that runs, but has not got the file open.
        let other = try ChildProcess(
            builtExecutable("DaemonProbe"),
            arguments: ["pid-file", folder.path(of: "other.pid")]
        )
        #expect(try other.readLine() == "taken by \(other.process)")
        try folder.write("web.pid", "\(other.process)\n")
        let fd = unsafe open(path, O_RDONLY | O_CLOEXEC)
        defer { close(fd) }
        #expect(flock(fd, lock) == 0)
        #expect(throws: PIDFile.Failure.held(path: path)) { try PIDFile.take(path, patience: .milliseconds(20)) }
        #expect(try other.finish().status == 0)
    }

    @Test("the process that holds the file is signalled; one that only has its number there is not")
    func signalled() throws {
        #expect(try LockHolder(of: path)?.send(SIGKILL) == nil)
        let (child, process) = try holder()
        let other = try ChildProcess(
            builtExecutable("DaemonProbe"),
            arguments: ["pid-file", folder.path(of: "other.pid")]
        )
        #expect(try other.readLine() == "taken by \(other.process)")
        try folder.write("web.pid", "\(other.process)\n")
        #expect(throws: PIDFile.Failure.wrongProcess(other.process, path: path)) {
            _ = try LockHolder(of: path)?.send(SIGKILL)
        }
        #expect(try other.finish().status == 0)
        try folder.write("web.pid", "\(process)\n")
        #expect(try LockHolder(of: path)?.send(SIGKILL) == 0)
        #expect(try child.finish().status == 137)
        #expect(try LockHolder(of: path)?.send(SIGKILL) == nil)
    }

    @Test("symbolic links, folders and pipes are not taken, nor waited for")
    func otherKinds() throws {
        try folder.write("target", "precious")
        unsafe symlink(folder.path(of: "target"), path)
        #expect(throws: PIDFile.Failure.notAFile(path: path)) { try PIDFile.take(path) }
        #expect(throws: PIDFile.Failure.notAFile(path: path)) { try PIDFile.state(path) }
        #expect(try contents(ofFile: folder.path(of: "target")) == "precious")
        let pipe = folder.path(of: "pipe")
        unsafe mkfifo(pipe, 0o600)
        #expect(throws: PIDFile.Failure.notAFile(path: pipe)) { try PIDFile.take(pipe) }
        #expect(throws: PIDFile.Failure.notAFile(path: folder.path)) { try PIDFile.take(folder.path) }
        let lost = folder.path(of: "no/such.pid")
        #expect(throws: PIDFile.Failure.system(SystemError(code: ENOENT, operation: "open \(lost)"))) {
            try PIDFile.take(lost)
        }
    }
}
