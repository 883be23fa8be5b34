import Glibc
import MartletDaemon
import MartletReactor
import TestSupport
import Testing

@Suite("The sandbox", .enabled(if: Sandbox.availableABI > 0, "the kernel has no Landlock"))
struct SandboxTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func probe(_ allowed: [String], _ tried: [String]) throws -> [String] {
        let result = try run(builtExecutable("DaemonProbe"), arguments: ["sandbox"] + allowed + ["--"] + tried)
        return result.text.split(separator: "\n").dropFirst().map(String.init)
    }

    @Test("what was named for reading can be read and listed, and nothing can be changed or made there")
    func readable() throws {
        let file = try folder.write("site/page.html", "page")
        let other = try folder.write("secret/key.pem", "key")
        let tried = [
            "read=\(file)", "list=\(folder.path)/site", "overwrite=\(file)", "create=\(folder.path)/site/new",
            "remove=\(file)", "rename=\(file)", "make-folder=\(folder.path)/site/new", "bind=\(folder.path)/site/sock",
            "read=\(other)", "list=\(folder.path)", "read=/etc/passwd",
        ]
        #expect(
            try probe(["read=\(folder.path)/site"], tried) == [
                "read: ok", "list: ok", "overwrite: Permission denied", "create: Permission denied",
                "remove: Permission denied", "rename: Permission denied", "make-folder: Permission denied",
                "bind: Permission denied", "read: Permission denied", "list: Permission denied",
                "read: Permission denied",
            ]
        )
        #expect(try contents(ofFile: file) == "page")
    }

    @Test("where it may write, files and sockets are made, changed and removed; folders and what is elsewhere are not")
    func writable() throws {
        let file = try folder.write("log/access.log", "lines")
        let state = "\(folder.path)/log"
        let tried = [
            "read=\(file)", "rename=\(file)", "create=\(file)", "overwrite=\(file)", "bind=\(state)/sock",
            "remove=\(file)",
            "make-folder=\(state)/new", "create=\(folder.path)/new", "move=\(state)/access.log.old",
        ]
        #expect(
            try probe(["write=\(state)"], tried) == [
                "read: ok", "rename: ok", "create: ok", "overwrite: ok", "bind: ok", "remove: ok",
                "make-folder: Permission denied", "create: Permission denied", "move: Permission denied",
            ]
        )
    }

    @Test("where other programs work, folders, links and pipes are made and removed, too; devices never")
    func changeable() throws {
        try folder.makeDirectory("work")
        let work = "\(folder.path)/work"
        let tried = [
            "make-folder=\(work)/new", "create=\(work)/new/file", "remove=\(work)/new/file",
            "remove-folder=\(work)/new",
            "link=\(work)/link", "pipe=\(work)/pipe", "device=\(work)/device", "make-folder=\(folder.path)/new",
        ]
        let results = try probe(["change=\(work)"], tried)
        #expect(
            results.dropLast(2) == [
                "make-folder: ok", "create: ok", "remove: ok", "remove-folder: ok", "link: ok", "pipe: ok",
            ]
        )
        // Without root's rights the reason is another one.
        #expect(results.suffix(2).allSatisfy { !$0.hasSuffix("ok") })
    }

    @Test("a rule on one file is for that file")
    func singleFile() throws {
        let file = try folder.write("a.log", "a")
        let other = try folder.write("b.log", "b")
        #expect(
            try probe(["write=\(file)"], ["overwrite=\(file)", "overwrite=\(other)", "remove=\(file)"])
                == ["overwrite: ok", "overwrite: Permission denied", "remove: Permission denied"]
        )
    }

    @Test("only the programs that were named can be started, and they are bound by the same")
    func programs() throws {
        let read = ["/usr/lib", "/lib", "/lib64", "/etc/ld.so.cache", "/dev/null"].map { "read=\($0)" }
        #expect(
            try probe(read + ["exec=/bin/true"], ["run=/bin/true", "run=/bin/ls"])
                == ["run: ok", "run: Permission denied"]
        )
    }

    @Test(
        "only the ports that were named can be bound or connected to",
        .enabled(if: Sandbox.availableABI >= 4, "Landlock limits ports from ABI 4 on")
    )
    func ports() throws {
        let server = try ListeningSocket.bind(.loopback(port: 0), count: 2)
        let other = try ListeningSocket.bind(.loopback(port: 0), count: 1)
        defer { for socket in server + other { socket.close() } }
        let (port, closed) = (server[0].address.port ?? 0, other[0].address.port ?? 0)
        #expect(
            try probe(
                ["bind=0", "connect=\(port)"],
                ["bind=0", "bind=\(closed)", "connect=\(port)", "connect=\(closed)"]
            )
                == ["bind: ok", "bind: Permission denied", "connect: ok", "connect: Permission denied"]
        )
        #expect(
            try probe(["read=/etc"], ["bind=0", "connect=\(port)", "connect=\(closed)"])
                == ["bind: ok", "connect: ok", "connect: ok"]
        )
        #expect(try probe(["connect=1"], ["bind=0"]) == ["bind: ok"])
    }

    @Test(
        "signals reach the process itself, but no other from ABI 6 on; nor can it connect to abstract sockets",
        .enabled(if: Sandbox.availableABI >= 6, "Landlock limits signals from ABI 6 on")
    )
    func signals() throws {
        let receiver = try DatagramReceiver("@\(folder.path)")
        #expect(
            try probe([], ["signal=self", "signal=\(getpid())", "notify=@\(folder.path)"])
                == ["signal: ok", "signal: Operation not permitted", "notify: Operation not permitted"]
        )
        _ = receiver
    }

    @Test("paths that do not exist are left out")
    func missing() throws {
        let file = try folder.write("here", "")
        #expect(
            try probe(["read=\(folder.path)/gone", "read=\(file)"], ["read=\(file)", "read=\(folder.path)/gone"])
                == ["read: ok", "read: No such file or directory"]
        )
    }

    @Test("what was applied is told; after 16 times no more can be, which is no error")
    func layers() throws {
        let result = try run(
            builtExecutable("DaemonProbe"),
            arguments: ["sandbox", "layers=17", "--", "read=/etc/passwd"]
        )
        let lines = result.text.split(separator: "\n")
        let abi = Sandbox.availableABI
        try #require(lines.count == 18)
        #expect(lines[0] == "Landlock ABI \(abi): files\(abi >= 6 ? ", signals" : "")")
        #expect(lines[15] == lines[0])
        #expect(lines[16] == "Landlock ABI \(abi): as before, it can be applied only 16 times")
        #expect(lines[17] == "read: Permission denied")
    }

    @Test("with another thread it is refused, for that one would stay free")
    func threads() throws {
        let result = try run(
            builtExecutable("DaemonProbe"),
            arguments: ["sandbox", "thread", "--", "read=/etc/passwd"]
        )
        #expect(
            result.text
                == "error: The sandbox would bind only one of the process's threads. Apply it before others start.\n"
        )
        #expect(result.status == 1)
    }

    @Test("an ordinary user can apply it too", .enabled(if: geteuid() == 0, "otherwise all of these tests show it"))
    func ordinaryUser() throws {
        let probe = try builtExecutable("DaemonProbe")
        let result = try run(
            "setpriv",
            arguments: ["--reuid=65534", "--regid=65534", "--clear-groups", probe, "sandbox", "--", "read=/etc/passwd"]
        )
        #expect(result.text.hasSuffix("read: Permission denied\n"))
    }
}
