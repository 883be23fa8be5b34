import Glibc
import MartletReactor
import TestSupport
import Testing

@Suite("Servers in the background", .timeLimit(.patient))
struct BackgroundTests {
    @Test("start returns when the server answers, status knows it, stop ends it; each has its exit code")
    func life() throws {
        let martlet = try Background()
        #expect(try martlet("status").status == 3)
        let started = try martlet("start", martlet.site, "--port", "0")
        #expect(started.status == 0)
        let address = try Background.address(started)
        #expect(try Background.get("/a.txt", address) == "200 Hello")
        let process = try #require(martlet.process())
        let status = try martlet("status")
        #expect(status.status == 0)
        #expect(status.text.contains("martlet runs as process \(process) for "))
        #expect(status.text.contains("http://\(address)/"))
        let json = try martlet("status", "--json").text
        #expect(json.hasPrefix("{\"name\":\"martlet\",\"state\":\"running\",\"pid\":\(process),"))
        let stopped = try martlet("stop")
        #expect(stopped.status == 0 && stopped.text == "martlet has ended\n")
        try waited("the process is gone") { !Background.lives(process) }
        #expect(throws: SystemError.self) { try TestSocket.connect(to: address) }
        #expect(martlet.process() == nil)
        #expect(try martlet("status").status == 3)
        #expect(try martlet("stop").status == 0)
        #expect(try martlet("reload").status == 7)
    }

    @Test("its session, its directory's files and its descriptors are its own")
    func detached() throws {
        let martlet = try Background()
        #expect(try martlet("start", martlet.site, "--port", "0").status == 0)
        let process = try #require(martlet.process())
        #expect(getsid(process) == process)
        for fd in 0...2 {
            var target = [UInt8](repeating: 0, count: 4096)
            let count = unsafe target.withUnsafeMutableBytes { bytes in
                unsafe readlink(
                    "/proc/\(process)/fd/\(fd)",
                    bytes.baseAddress!.assumingMemoryBound(to: CChar.self),
                    bytes.count
                )
            }
            let expected = fd == 0 ? "/dev/null" : "\(martlet.run)/martlet.log"
            #expect(String(decoding: target.prefix(max(0, count)), as: UTF8.self) == expected)
        }
        #expect(try martlet("stop").status == 0)
    }

    @Test("what cannot be served is told at once, with exit code 1, and leaves nothing behind")
    func failing() throws {
        let martlet = try Background()
        let missing = try martlet("start", martlet.folder.path(of: "nosuch"))
        #expect(missing.status == 1)
        #expect(missing.errorText.contains("there is no folder or file"))
        let first = try martlet("start", "--name", "one", martlet.site, "--port", "0")
        let port = try #require(Background.address(first).port)
        let taken = try martlet("start", "--name", "two", martlet.site, "--port", "\(port)")
        #expect(taken.status == 1)
        #expect(taken.errorText.contains("port \(port) is in use"))
        let wrong = try martlet("start", martlet.site, "--bogus")
        #expect(wrong.status == 2)
        #expect(wrong.errorText.contains("Unknown option '--bogus'"))
        let odd = try martlet("start", martlet.site, "--cache=-1")
        #expect(odd.status == 2)
        #expect(odd.errorText.contains("--cache takes seconds from 0 up"))
        #expect(martlet.process("two") == nil)
        #expect(try martlet("status", "two").status == 3)
        #expect(try martlet("stop", "one").status == 0)
    }

    @Test("starting twice is a success that says so, and changes nothing")
    func twice() throws {
        let martlet = try Background()
        #expect(try martlet("start", martlet.site, "--port", "0").status == 0)
        let process = martlet.process()
        let again = try martlet("start", martlet.site, "--port", "0")
        #expect(again.status == 0)
        #expect(again.errorText.contains("martlet runs already as process \(process ?? 0)"))
        #expect(martlet.process() == process)
        #expect(try martlet("stop").status == 0)
    }

    @Test("several have names; list shows them, and restart starts one as it was")
    func several() throws {
        let martlet = try Background()
        #expect(try martlet("start", "--name", "one", martlet.site, "--port", "0").status == 0)
        let second = try martlet("start", martlet.site, "--name", "two", "--port", "0", "--drain-timeout", "3")
        #expect(second.status == 0)
        let port = try #require(Background.address(second).port)
        let list = try martlet("list").text.split(separator: "\n")
        #expect(list.count == 2)
        #expect(list.first?.hasPrefix("one  runs as process ") == true)
        let process = martlet.process("two")
        let restarted = try martlet("restart", "two")
        #expect(restarted.status == 0, "\(restarted.errorText)")
        #expect(martlet.process("two") != process)
        #expect(try Background.get("/a.txt", Background.address(restarted)) == "200 Hello")
        let arguments = try contents(ofFile: "/proc/\(martlet.process("two") ?? 0)/cmdline")
        #expect(arguments.contains("\0--drain-timeout\03\0"))
        #expect(port > 0)
        #expect(try martlet("stop", "two").status == 0)
        #expect(try martlet("stop", "--name", "one").status == 0)
        #expect(try martlet("list").errorText.contains("no server runs"))
        let odd = try martlet("status", "../etc")
        #expect(odd.status == 1 && odd.errorText.contains("is not a server's name"))
    }

    @Test("restart checks first, where the server was started: with wrong settings it goes on")
    func restart() throws {
        let martlet = try Background()
        let settings = "directory = \"site\"\nport = 0\n"
        try martlet.folder.write("martlet.toml", settings)
        let started = try run(
            "/bin/sh",
            arguments: [
                "-c", "cd \"$1\" && exec \"$2\" start --config martlet.toml", "sh", martlet.folder.path,
                builtExecutable("martlet"),
            ],
            environment: ["MARTLET_RUN_FOLDER": martlet.run]
        )
        #expect(started.status == 0, "\(started.errorText)")
        let process = try #require(martlet.process())
        try martlet.folder.write("martlet.toml", "directory = \"nosuch\"\nport = 0\n")
        let refused = try martlet("restart")
        #expect(refused.status == 1)
        #expect(refused.errorText.contains("there is no folder or file"), "\(refused.errorText)")
        #expect(martlet.process() == process && Background.lives(process))
        try martlet.folder.write("martlet.toml", settings)
        let restarted = try martlet("restart")
        #expect(restarted.status == 0, "\(restarted.errorText)")
        #expect(try Background.get("/a.txt", Background.address(restarted)) == "200 Hello")
        #expect(martlet.process() != process)
        #expect(try martlet("stop").status == 0)
    }

    @Test("a server is started again by the path by which it was found: a link stays a link")
    func link() throws {
        let martlet = try Background()
        let link = martlet.folder.path(of: "linked")
        #expect(try unsafe symlink(builtExecutable("martlet"), link) == 0)
        for program in [link, "./linked", "linked"] {
            let started = try run(
                "/bin/sh",
                arguments: [
                    "-c", "cd \"$1\"; exec \"$2\" start \"$1/site\" --port 0", "sh", martlet.folder.path, program,
                ],
                environment: ["MARTLET_RUN_FOLDER": martlet.run, "PATH": "\(martlet.folder.path):/usr/bin:/bin"]
            )
            #expect(started.status == 0, "\(started.errorText)")
            #expect(try contents(ofFile: "/proc/\(martlet.process() ?? 0)/cmdline").hasPrefix("\(link)\0"))
            #expect(try martlet("stop").status == 0)
        }
    }

    @Test("restart runs what the starter wrote, not what the server did; a log that is a link is refused")
    func trusted() throws {
        let martlet = try Background()
        #expect(try martlet("start", martlet.site, "--port", "0").status == 0)
        var status = stat()
        #expect(unsafe lstat("\(martlet.run)/martlet.start", &status) == 0 && status.st_mode & 0o7777 == 0o600)
        let state = try contents(ofFile: "\(martlet.run)/martlet.state")
        #expect(!state.contains("argument ") && !state.contains("folder "))
        try martlet.folder.write(
            "run/martlet.state",
            "argument --bogus\nurl %1b%5b2J\nstarted 9223372036854775807\nend\n"
        )
        let list = try martlet("list")
        #expect(list.status == 0 && !list.text.contains("\u{1b}"))
        #expect(try martlet("restart").status == 0)
        // A number that a server has written there is not that of a process to end.
        let process = try #require(martlet.process())
        try martlet.folder.write("run/martlet.pid", "\(getpid())\n")
        let refused = try martlet("stop", "--now")
        #expect(refused.status == 1)
        #expect(refused.errorText.contains("names process \(getpid()), which does not hold it"))
        try martlet.folder.write("run/martlet.pid", "\(process)\n")
        #expect(try martlet("stop").status == 0)
        unsafe chmod("\(martlet.run)/martlet.start", 0o622)
        #expect(try martlet("restart").errorText.contains("others can write to it"))
        unsafe symlink("/etc/martlet-no-such-file", martlet.folder.path(of: "log"))
        let linked = try martlet("check", martlet.site, "--log-file", martlet.folder.path(of: "log"))
        #expect(linked.status == 1 && linked.errorText.contains("is a symbolic link"))
    }

    @Test("one that was killed is dead, with exit code 1, and can be started again")
    func killed() throws {
        let martlet = try Background()
        #expect(try martlet("start", martlet.site, "--port", "0").status == 0)
        let process = try #require(martlet.process())
        _ = kill(process, SIGKILL)
        try waited("the lock is free") { try martlet("status").status != 0 }
        let status = try martlet("status")
        #expect(status.status == 1)
        #expect(status.text == "martlet is dead: it ended without saying so\n")
        #expect(try martlet("reload").status == 7)
        #expect(try martlet("start", martlet.site, "--port", "0").status == 0)
        #expect(try martlet("status").status == 0)
        #expect(try martlet("stop").status == 0)
    }

    @Test("logs shows the last lines, and goes on with -f, over a file that was moved away")
    func logs() throws {
        let martlet = try Background()
        let address = try Background.address(try martlet("start", martlet.site, "--port", "0", "--threads", "1"))
        for name in ["first", "second", "third"] { _ = try Background.get("/\(name)", address) }
        try waited("the log is written") { martlet.log().contains("/third") }
        let last = try martlet("logs", "-n", "2").text.split(separator: "\n")
        #expect(last.count == 2)
        #expect(last.first?.contains("GET /second ") == true && last.last?.contains("GET /third ") == true)
        #expect(try martlet("logs", "-n", "0").text.isEmpty)
        let following = try ChildProcess(
            builtExecutable("martlet"),
            arguments: ["logs", "-f", "-n", "1"],
            environment: ["MARTLET_RUN_FOLDER": martlet.run]
        )
        #expect(try following.readLine()?.contains("GET /third ") == true)
        _ = try Background.get("/fourth", address)
        #expect(try following.readLine()?.contains("GET /fourth ") == true)
        #expect(unsafe rename("\(martlet.run)/martlet.log", "\(martlet.run)/martlet.log.1") == 0)
        _ = kill(try #require(martlet.process()), SIGUSR1)
        try waited("the log is opened anew") { unsafe access("\(martlet.run)/martlet.log", F_OK) == 0 }
        _ = try Background.get("/fifth", address)
        #expect(try following.readLine()?.contains("GET /fifth ") == true)
        following.send(signal: SIGTERM)
        _ = try following.finish()
        #expect(try martlet("stop").status == 0)
    }

    @Test("stop gives answers in flight their time, and stop --now does not")
    func stopping() throws {
        let martlet = try Background()
        try martlet.folder.setSize("site/big.bin", 64 << 20)
        for arguments in [["stop", "--now"], ["stop"]] {
            let address = try Background.address(
                try martlet("start", martlet.site, "--port", "0", "--drain-timeout", "2", "--threads", "1")
            )
            let socket = try TestSocket.connect(to: address, receiveBuffer: 65_536)
            try socket.send("GET /big.bin HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try socket.receive(through: "\r\n\r\n")
            let start = Instant.now()
            let result = arguments.count == 2 ? try martlet("stop", "--now") : try martlet("stop")
            let seconds = Double(start.duration(to: .now()).count) / 1e9
            #expect(result.status == 0)
            if arguments.count == 1 { #expect(seconds > 1.9, "\(seconds)") }
            #expect(martlet.process() == nil)
            withExtendedLifetime(socket) {}
        }
    }

    @Test("a second stop waits with the first, and cuts nothing")
    func secondStop() throws {
        let martlet = try Background()
        try martlet.folder.write("site/large.bin", String(repeating: "x", count: 16 << 20))
        // On a slow machine a verb alone takes longer than the default drain.
        let address = try Background.address(
            try martlet("start", martlet.site, "--port", "0", "--drain-timeout", "600", "--write-timeout", "600")
        )
        let socket = try TestSocket.connect(to: address, receiveBuffer: 8192)
        try socket.send("GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _ = try socket.receive(through: "\r\n\r\n")
        let stops = try (0..<2).map { _ in
            try ChildProcess(
                try builtExecutable("martlet"),
                arguments: ["stop"],
                environment: ["MARTLET_RUN_FOLDER": martlet.run]
            )
        }
        try waited("it drains") { try martlet("status").text.contains("is ending") }
        _ = try martlet("status")
        #expect(try socket.receive(exactly: 16 << 20).count == 16 << 20)
        for stop in stops { #expect(try stop.finish().status == 0) }
    }

    @Test("a restart keeps the variables of the start, and who has to log in")
    func restartedVariables() throws {
        let martlet = try Background()
        let started = try martlet(
            "start",
            martlet.site,
            "--port",
            "0",
            environment: ["MARTLET_AUTH": "alice:secret", "MARTLET_HEADER": "X-One: 1"]
        )
        #expect(started.status == 0, "\(started.errorText)")
        #expect(try Background.get("/a.txt", Background.address(started)).hasPrefix("401"))
        let again = try martlet("restart")
        #expect(again.status == 0, "\(again.errorText)")
        #expect(try Background.get("/a.txt", Background.address(again)).hasPrefix("401"))
        #expect(try martlet("stop").status == 0)
    }

    @Test("an answer that is cut at the end is told of")
    func cut() throws {
        let martlet = try Background()
        try martlet.folder.write("site/large.bin", String(repeating: "x", count: 16 << 20))
        let address = try Background.address(try martlet("start", martlet.site, "--port", "0", "--drain-timeout", "0"))
        let socket = try TestSocket.connect(to: address, receiveBuffer: 8192)
        try socket.send("GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _ = try socket.receive(through: "\r\n\r\n")
        #expect(try martlet("stop").status == 0)
        #expect(martlet.log().contains("an answer was cut: the server stops"))
    }

    @Test("the log says when the server began and ended")
    func milestones() throws {
        let martlet = try Background()
        _ = try martlet("start", martlet.site, "--port", "0")
        _ = try martlet("stop")
        let lines = martlet.log().split(separator: "\n")
        #expect(lines.first?.contains("Z martlet: serves \(martlet.site) at http://") ?? false, "\(lines)")
        #expect(lines.last?.hasSuffix("Z martlet: stopping") ?? false)
    }

    @Test("a verb that is misspelt is guessed; completions know the verbs")
    func verbs() throws {
        let martlet = try Background()
        #expect(try martlet("strat", martlet.site).errorText.contains("Did you mean start?"))
        for shell in ["bash", "zsh", "fish"] {
            let script = try martlet("--generate-completion-script", shell)
            for word in ["restart", "front", "drain-timeout"] {
                #expect(script.text.contains(word), "\(shell) \(word)")
            }
        }
    }

    @Test("a log that there is not is said to be none")
    func noLog() throws {
        let result = try Background()("logs", "foo")
        #expect(result.status == 1 && result.errorText.contains("foo has no log: it was never started here"))
    }

    @Test("check reads everything and serves nothing")
    func check() throws {
        let martlet = try Background()
        let good = try martlet("check", martlet.site, "--port", "1", "--header", "X-A: b")
        #expect(good.status == 0 && good.text.hasPrefix("ok: serves "))
        for (arguments, code, words) in [
            ([martlet.folder.path(of: "nosuch")], 1, "there is no folder"),
            ([martlet.site, "--tls-cert", "/nonexistent.pem"], 1, "/nonexistent.pem"),
            ([martlet.site, "--log-file", "/nonexistent/log"], 1, "cannot write the log file"),
            ([martlet.site, "--user", "no-such-user"], 1, "no-such-user"),
            ([martlet.site, "--port", "70000"], 2, "70000"),
            (["front"], 2, "Which server?"),
        ] {
            let result = try TestSupport.run(builtExecutable("martlet"), arguments: ["check"] + arguments)
            #expect(result.status == code, "\(arguments) \(result.errorText)")
            #expect(result.errorText.contains(words), "\(result.errorText)")
        }
    }

    @Test("a program of somebody's own has the same verbs and flags")
    func ownProgram() throws {
        let greeter = try Background("greeter")
        let started = try greeter("start", "--port", "0")
        #expect(started.text.hasPrefix("greeter serves in the background as process "), "\(started.errorText)")
        let address = try Background.address(started)
        #expect(try Background.get("/you", address) == "200 Hello, you!\n")
        #expect(try greeter("status").status == 0)
        #expect(try greeter("reload").status == 0)
        #expect(try Background.get("/you", address) == "200 Hello, you!\n")
        #expect(try greeter("stop").text == "greeter has ended\n")
        #expect(try greeter("--help").text.contains("Greets whoever asks."))
        #expect(try greeter("check", "--bogus").status == 2)
    }
}

/// Waits until something is so, with the calling thread.
func waited(_ what: String, until isSo: () throws -> Bool) throws {
    let end = Instant.now() + Nanoseconds(.seconds(240))
    while try !isSo() {
        guard Instant.now() < end else { throw Martlet.Failure(message: "not within four minutes: \(what)") }
        usleep(5000)
    }
}
