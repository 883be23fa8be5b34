import Glibc
import MartletDaemon
import MartletReactor
import TestSupport
import Testing

@Suite("Inherited sockets")
struct InheritedSocketsTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    /// Starts the probe with these descriptors from 3 on, and returns what it prints.
    private func probe(_ descriptors: [Int32], _ variables: [String: String]) async throws -> String {
        let output = folder.path(of: "output")
        let fd = unsafe open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        var process = try DetachedProcess(executable: builtExecutable("DaemonProbe"), arguments: ["sockets"])
        (process.output, process.errors, process.descriptors) = (fd, fd, descriptors)
        process.environment.merge(variables) { $1 }
        let started = try process.start()
        close(fd)
        try await eventually("the probe has ended") { ProcessEnd.of(started) != nil }
        return try contents(ofFile: output)
    }

    @Test("systemd's are taken by name, made non-blocking and close-on-exec, and the variables go")
    func activation() async throws {
        let tcp = try ListeningSocket.bind(.loopback(port: 0), count: 1)[0]
        let path = folder.path(of: "web.sock")
        let unix = try ListeningSocket.bind(.unix(path: path), count: 1)[0]
        let six = try ListeningSocket.bind(.ipv6(0, 1, port: 0, zone: 0), count: 1)[0]
        defer { for socket in [tcp, unix, six] { socket.close() } }
        let all = [tcp, unix, six].map(\.fd)
        for fd in all { _ = fcntl(fd, F_SETFL, 0) }
        #expect(
            try await probe(all, ["LISTEN_PID": "me", "LISTEN_FDS": "3", "LISTEN_FDNAMES": "web:admin:"]) == """
                web \(tcp.address) 3 ready
                admin unix:\(path) 4 ready
                 \(six.address) 5 ready

                """
        )
        #expect(
            try await probe([tcp.fd], ["LISTEN_PID": "me", "LISTEN_FDS": "1"]) == "unknown \(tcp.address) 3 ready\n"
        )
    }

    @Test("those of another process are not ours: the variables go, and nothing is taken")
    func othersActivation() async throws {
        let tcp = try ListeningSocket.bind(.loopback(port: 0), count: 1)[0]
        defer { tcp.close() }
        #expect(try await probe([tcp.fd], ["LISTEN_PID": "1", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "web"]) == "")
        #expect(try await probe([tcp.fd], ["LISTEN_FDS": "1"]) == "")
        #expect(try await probe([], ["LISTEN_PID": "me", "LISTEN_FDS": "0"]) == "")
    }

    @Test("a predecessor's come without a process id, and go before systemd's")
    func succession() async throws {
        let tcp = try ListeningSocket.bind(.loopback(port: 0), count: 1)[0]
        defer { tcp.close() }
        let variables = [
            "MARTLET_LISTEN_FDS": "1", "MARTLET_LISTEN_FDNAMES": "web", "LISTEN_PID": "me", "LISTEN_FDS": "5",
        ]
        #expect(try await probe([tcp.fd], variables) == "web \(tcp.address) 3 ready\n")
    }

    @Test(
        "numbers that are none, and names that are not as many, are refused",
        arguments: [
            (
                ["LISTEN_PID": "x", "LISTEN_FDS": "1"],
                "LISTEN_PID=x is not a process id. Unset LISTEN_PID and LISTEN_FDS."
            ),
            (["LISTEN_PID": "me", "LISTEN_FDS": "-1"], "LISTEN_FDS=-1 is not a number from 0 to 4096. Unset it."),
            (
                ["MARTLET_LISTEN_FDS": "9223372036854775808"],
                "MARTLET_LISTEN_FDS=9223372036854775808 is not a number from 0 to 4096. Unset it."
            ),
            (
                ["LISTEN_PID": "me", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "a:b"],
                "LISTEN_FDNAMES has 2 names for the 1 sockets of LISTEN_FDS. Set both to match, or unset LISTEN_FDNAMES."
            ),
            (
                ["LISTEN_PID": "me", "LISTEN_FDS": "1"],
                "LISTEN_FDS: descriptor 3 (unknown) is not open. The variable must count the sockets that are passed from 3 on."
            ),
        ]
    )
    func refused(variables: [String: String], message: String) async throws {
        #expect(try await probe([], variables) == "error: \(message)\n")
    }

    @Test("what is no listening stream socket is refused by its number and name, with the remedy")
    func otherKinds() async throws {
        let file = unsafe open("/dev/null", O_RDONLY)
        let datagrams = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        let idle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { for fd in [file, datagrams, idle] { close(fd) } }
        let kinds = [
            (file, "is not a socket. Pass only listening sockets (ListenStream= in a .socket unit)."),
            (datagrams, "is not a stream socket. Use ListenStream= in the .socket unit."),
            (idle, "does not listen: is it a connection? Use Accept=no in the .socket unit."),
        ]
        for (fd, message) in kinds {
            let said = try await probe(
                [fd],
                ["LISTEN_PID": "me", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "odd"]
            )
            #expect(said == "error: LISTEN_FDS: descriptor 3 (odd) \(message)\n")
        }
    }

    @Test("a successor goes on with the sockets it was handed: a client that comes meanwhile is served")
    func handedOver() throws {
        let first = try ChildProcess(builtExecutable("DaemonProbe"), arguments: ["sockets", "hand-over"])
        let port = try #require(UInt16(try first.readLine() ?? ""))
        let client = try TestSocket.connect(to: .loopback(port: port))
        let greeting = String(decoding: try client.receiveAll(), as: UTF8.self)
        #expect(["hello from web_0\n", "hello from web_1\n"].contains(greeting))
        let rest = try first.finish().text
        #expect(rest == "web_0 127.0.0.1:\(port) 3 ready\nweb_1 127.0.0.1:\(port) 4 ready\n")
    }

    @Test("systemd's own tool starts a server on the first connection")
    func systemdSocketActivate() throws {
        let path = folder.path(of: "web.sock")
        let manager = try ChildProcess(
            "systemd-socket-activate",
            arguments: ["-l", path, "--fdname=web", try builtExecutable("DaemonProbe"), "sockets", "greet"]
        )
        var client: TestSocket?
        while client == nil { client = try? TestSocket.connect(to: .unix(path: path)) }
        #expect(String(decoding: try #require(client).receiveAll(), as: UTF8.self) == "hello from web\n")
        #expect(try manager.finish().text == "web unix:\(path) 3 ready\n")
    }
}
