import Glibc
import MartletReactor
import TestSupport
import Testing

@Suite("Signals end it gracefully")
struct SignalTests {
    static let size = 64 << 20

    private func begin() throws -> (Martlet, TestSocket, TemporaryDirectory) {
        let folder = try TemporaryDirectory()
        try folder.setSize("big.bin", Self.size)
        try folder.write("a.txt", "Hello")
        // One loop: what it closes first is closed when the next is seen to be.
        let martlet = try Martlet([folder.path, "--threads", "1"])
        let socket = try TestSocket.connect(to: martlet.address, receiveBuffer: 65_536)
        try socket.send("GET /big.bin HTTP/1.1\r\nHost: a\r\n\r\n")
        let head = try socket.receive(through: "\r\n\r\n")
        #expect(String(decoding: head, as: UTF8.self).hasPrefix("HTTP/1.1 200 OK\r\n"))
        return (martlet, socket, folder)
    }

    @Test("a download in flight is finished, nobody new is let in, then it ends with 0", arguments: [SIGINT, SIGTERM])
    func graceful(signal: CInt) throws {
        let (martlet, socket, folder) = try begin()
        let idle = try TestSocket.connect(to: martlet.address)
        try idle.send("GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try idle.receive(through: "Hello")
        let address = try martlet.address
        martlet.process.send(signal: signal)
        #expect(try idle.receiveAll().isEmpty)
        #expect(throws: SystemError.self) { try TestSocket.connect(to: address) }
        var received = 0
        while true {
            let bytes = try socket.receive(upTo: 1 << 20)
            if bytes.isEmpty { break }
            received += bytes.count
        }
        #expect(received == Self.size)
        let result = try martlet.process.finish(timeout: .seconds(5))
        #expect(result.status == 0)
        #expect(result.errorText.contains("\"GET /big.bin HTTP/1.1\" 200 \(Self.size)\n"))
        withExtendedLifetime(folder) {}
    }

    @Test("a second signal ends it at once", arguments: [SIGINT, SIGTERM])
    func twice(signal: CInt) throws {
        let (martlet, socket, folder) = try begin()
        let idle = try TestSocket.connect(to: martlet.address)
        try idle.send("GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try idle.receive(through: "Hello")
        martlet.process.send(signal: signal)
        // The first signal was heard when the idle connection is closed.
        #expect(try idle.receiveAll().isEmpty)
        martlet.process.send(signal: signal)
        #expect(try martlet.process.finish(timeout: .seconds(5)).status == 0)
        withExtendedLifetime((socket, folder)) {}
    }

    @Test("a client that takes nothing holds it up for ten seconds and no longer")
    func deadline() throws {
        let (martlet, socket, folder) = try begin()
        let start = Instant.now()
        let result = try martlet.stop()
        let seconds = start.duration(to: Instant.now()).count / 1_000_000_000
        #expect(result.status == 0)
        #expect((9...15).contains(seconds))
        withExtendedLifetime((socket, folder)) {}
    }
}

@Suite("Access logs")
struct LogTests {
    private func log(_ arguments: [String], environment: [String: String] = [:]) throws -> (
        errors: String, file: String
    ) {
        let folder = try TemporaryDirectory()
        try folder.write("root/a.txt", "Hello")
        try folder.write("log", "before\n")
        let file = folder.path(of: "log")
        // One loop: each writes the lines of a turn together, so the lines of several may come in another order.
        let martlet = try Martlet(
            [folder.path(of: "root"), "--threads", "1"] + arguments.map { $0 == "LOG" ? file : $0 },
            environment: environment.merging(["TZ": "UTC"]) { first, _ in first }
        )
        _ = try martlet.get("/a.txt?x=%22", "User-Agent: me \"and\" \u{E9}", "Referer: http://there/")
        _ = try martlet.get("/nosuch")
        return (try martlet.stop().errorText, try contents(ofFile: file))
    }

    @Test("common, to standard error by default")
    func common() throws {
        let (errors, file) = try log([])
        let lines = errors.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first?.hasPrefix("127.0.0.1 - - [") == true)
        #expect(lines.first?.hasSuffix(" +0000] \"GET /a.txt?x=%22 HTTP/1.1\" 200 5") == true, "\(errors)")
        #expect(lines.last?.hasSuffix("] \"GET /nosuch HTTP/1.1\" 404 48") == true, "\(errors)")
        #expect(file == "before\n")
    }

    @Test("combined, appended to --log-file; what could steer a terminal is escaped")
    func combined() throws {
        let (errors, file) = try log(["--log-format", "combined", "--log-file", "LOG"])
        #expect(errors.isEmpty)
        let lines = file.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.first == "before")
        guard lines.count == 3 else { return }
        #expect(lines[1].hasSuffix(#"" 200 5 "http://there/" "me \x22and\x22 \xc3\xa9""#), "\(file)")
        #expect(lines[2].hasSuffix(" 404 48 \"-\" \"-\""))
    }

    @Test("JSON, a line that a JSON reader reads")
    func json() throws {
        let (errors, file) = try log(["--log-format=json", "--log-file", "LOG"])
        #expect(errors.isEmpty)
        let lines = file.split(separator: "\n").dropFirst()
        #expect(lines.count == 2)
        for line in lines {
            let read = try run(
                "python3",
                arguments: ["-c", "import json,sys;d=json.load(sys.stdin);print(d['method'],d['status'])"],
                input: Array(line.utf8)
            )
            #expect(["GET 200\n", "GET 404\n"].contains(read.text), "\(line) \(read.errorText)")
        }
    }

    @Test("--quiet hushes the log and the banner, but not a log file nor a problem")
    func quiet() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path(of: "socket")
        let arguments = [folder.path, "-q", "--bind", "unix:\(path)", "--log-file", folder.path(of: "log")]
        let child = try ChildProcess(try Martlet.executable, arguments: arguments)
        // No banner says when it is ready: curl tries until it is.
        let answer = try Tool.curl(
            "--retry",
            "50",
            "--retry-delay",
            "1",
            "--retry-all-errors",
            "--unix-socket",
            path,
            "-o",
            "/dev/null",
            "-w",
            "%{http_code}",
            "http://localhost/nosuch"
        )
        #expect(answer.text.hasSuffix("404"))
        child.send(signal: SIGTERM)
        let result = try child.finish()
        #expect(result.output.isEmpty && result.errors.isEmpty)
        #expect(try contents(ofFile: folder.path(of: "log")).contains("\"GET /nosuch HTTP/1.1\" 404"))
        #expect(try Martlet.fails(["nosuch", "--quiet"]).errorText.hasPrefix("martlet: there is no folder"))
    }

    @Test("--verbose tells why a request was refused", arguments: [["-v"], ["--verbose"]])
    func verbose(arguments: [String]) throws {
        let folder = try TemporaryDirectory()
        func refuse(_ arguments: [String]) throws -> String {
            let martlet = try Martlet([folder.path] + arguments)
            let socket = try TestSocket.connect(to: martlet.address)
            try socket.send("GET / HTTP/1.1\r\n\r\n")
            #expect(WireAnswer(try socket.receiveAll())?.status == 400)
            return try martlet.stop().errorText
        }
        #expect(try refuse(arguments).contains("127.0.0.1: 400 "))
        #expect(try !refuse([]).contains("127.0.0.1: 400 "))
    }
}
