import Glibc
import Martlet
import MartletCGI
import MartletReactor
import TestSupport
import Testing

/// Scripts as processes: their content, their time, their end.
@Suite("CGI: processes", .timeLimit(.patient))
struct ProcessTests {
    private static let cat = "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\n%s:' \"$CONTENT_LENGTH\"\nexec cat\n"

    @Test("the content is on standard input, and the end behind it", .rfc("3875-4.2-01", "3875-4.2-02"))
    func content() async throws {
        try await withSite { site in
            try site.write("cat.cgi", Self.cat)
            for count in [1, 1000, 70_000, 1_000_000] {
                let content = String(repeating: "x", count: count)
                #expect(try site.post("cat.cgi", content).text == "\(count):\(content)")
            }
            #expect(try site.get("cat.cgi").text == ":")
        }
    }

    @Test("chunked content has its length when the script begins", .rfc("3875-4.1.2-02", "3875-4.2-03"))
    func chunked() async throws {
        try await withSite { site in
            try site.write("cat.cgi", Self.cat)
            for count in [0, 5, 65_536, 65_537, 3_000_000] {
                let client = try site.connect()
                try client.send(
                    "POST /cgi-bin/cat.cgi HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                )
                for start in stride(from: 0, to: count, by: 50_000) {
                    let size = min(50_000, count - start)
                    try client.send("\(String(size, radix: 16))\r\n" + String(repeating: "y", count: size) + "\r\n")
                }
                try client.send("0\r\n\r\n")
                let answer = try StrictAnswer.one(in: client.receiveAll())
                #expect(answer.content == Array("\(count):".utf8) + [UInt8](repeating: UInt8(ascii: "y"), count: count))
            }
        }
    }

    @Test("chunked content beyond the limit is a 413, and no script runs", .rfc("3875-4.2-04"))
    func tooLarge() async throws {
        var options = CGIOptions()
        options.spoolLimit = 100_000
        try await withSite(options: options) { site in
            try site.write("touch.cgi", "#!/bin/sh\necho > ran\nprintf 'Content-Type: a/b\\n\\n'\n")
            let client = try site.connect()
            try client.send("POST /cgi-bin/touch.cgi HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            try client.send("186a1\r\n" + String(repeating: "y", count: 100_001))
            let answer = try StrictAnswer.one(in: client.receiveAll(untilReset: true))
            #expect(answer.status == 413)
            #expect(site.scripts.text(of: "ran") == nil)
        }
    }

    @Test("a script that asks for more before it is given all gets it: Expect is answered")
    func expectation() async throws {
        try await withSite { site in
            try site.write("cat.cgi", Self.cat)
            let client = try site.connect()
            try client.send(
                "POST /cgi-bin/cat.cgi HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
            )
            #expect(try client.receive(through: "\r\n\r\n") == Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
            try client.send("hello")
            #expect(try StrictAnswer.one(in: client.receiveAll()).text == "5:hello")
        }
    }

    @Test("a script need not read its content", .rfc("3875-6.4-01"))
    func unread() async throws {
        try await withSite { site in
            try site.write("deaf.cgi", "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\nenough'\n")
            try site.write("closes.cgi", "#!/bin/sh\nexec 0<&-\nprintf 'Content-Type: a/b\\n\\nenough'\n")
            for name in ["deaf.cgi", "closes.cgi"] {
                #expect(try site.post(name, String(repeating: "x", count: 200_000)).text == "enough")
                #expect(try site.post(name, "x").text == "enough")
            }
        }
    }

    @Test("an answer does not wait for content that its script does not read and the client does not send")
    func unsent() async throws {
        try await withSite(configure: { $0.limits.bodyIdleTimeout = .seconds(3600) }) { site in
            try site.scripts.makeFIFO("go")
            try site.write("ends.cgi", "#!/bin/sh\nprintf 'Status: 403\\nContent-Type: a/b\\n\\nno'\n")
            try site.write(
                "closes.cgi",
                "#!/bin/sh\nexec 0<&-\nprintf 'Status: 403\\nContent-Type: a/b\\nContent-Length: 2\\n\\nno'\nread line < go\n"
            )
            for name in ["ends.cgi", "closes.cgi"] {
                for begun in ["", "some of it"] {
                    let client = try site.connect()
                    let head = "POST /cgi-bin/\(name) HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
                    try client.send(head + begun)
                    let answer = try StrictAnswer.one(in: client.receiveAll(untilReset: true))
                    #expect(answer.status == 403)
                    #expect(answer.text == "no")
                    if name == "closes.cgi" { try site.scripts.letGo("go") }
                }
            }
        }
    }

    @Test("much goes both ways at once, to a client that reads only when it has sent all", .rfc("3875-6.4-01"))
    func bothWays() async throws {
        try await withSite { site in
            try site.write("cat.cgi", Self.cat)
            let client = try site.connect(receiveBuffer: 4096)
            let content = [UInt8]((0..<8_000_000).lazy.map { UInt8(truncatingIfNeeded: $0 &* 31) })
            try client.send(
                "POST /cgi-bin/cat.cgi HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: \(content.count)\r\n\r\n"
            )
            try client.send(content)
            let answer = try StrictAnswer.one(in: client.receiveAll())
            #expect(answer.content == Array("\(content.count):".utf8) + content)
        }
    }

    @Test("output of any size goes through, standard error beside it", .rfc("3875-6.4-01", "3875-9.6-01"))
    func large() async throws {
        try await withSite { site in
            try site.write(
                "large.cgi",
                "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\n'\nhead -c 500000 /dev/zero >&2\nhead -c 20000000 /dev/zero\n"
            )
            #expect(try site.get("large.cgi").content.count == 20_000_000)
        }
    }

    @Test("it begins in its own folder", .rfc("3875-7.2-03"))
    func folder() async throws {
        try await withSite { site in
            try site.scripts.makeDirectory("a/b")
            try site.write("a/b/pwd.cgi", "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\n'\nexec pwd\n")
            #expect(try site.get("a/b/pwd.cgi/c").text == site.scripts.path(of: "a/b") + "\n")
        }
    }

    @Test("a compiled program has three descriptors, no signal ignored, and the words of a search")
    func program() async throws {
        let probe = try builtExecutable("CGIProbe")
        try await withSite { site in
            // A link would lead out of the folder.
            _ = try run("cp", arguments: [probe, site.scripts.path(of: "probe")])
            #expect(try site.get("probe").text == "hello from a compiled script\n")
            #expect(try site.get("probe?descriptors").text == "0 1 2\n")
            try site.write(
                "signals.cgi",
                "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\n'\ngrep -E 'Sig(Ign|Blk)' /proc/self/status\n"
            )
            // The C library keeps two real-time signals, 32 and 33, to itself: those it ignores.
            let signals = try site.get("signals.cgi").text.replacing("0000000180000000", with: "0000000000000000")
            #expect(signals == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n")
            try site.write("words.cgi", "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\n'\nprintf '%s|' \"$@\"\n")
            #expect(try site.get("words.cgi?one+t%20wo+$3").text == "one|t wo|\\$3|")
            #expect(try site.get("words.cgi?one=two").text == "|")
            #expect(try site.post("words.cgi?one", "x").text == "|")
        }
    }

    @Test("a program that cannot be started is a 502, and no shell is asked")
    func noProgram() async throws {
        try await withSite { site in
            try site.write("nobody.cgi", "#!/no/such/interpreter\n")
            try site.write("text.cgi", "echo 'Content-Type: a/b'\necho\necho a shell ran\n")
            for name in ["nobody.cgi", "text.cgi"] {
                #expect(try site.get(name).status == 502)
                #expect(site.log.contains("script /cgi-bin/\(name): it cannot be started"))
            }
        }
    }

    @Test("a request of more than the system lets a program have is a 431")
    func tooMuchToTell() async throws {
        try await withSite(configure: { configuration in
            configuration.limits.requestLine = 1 << 20
            configuration.limits.head = 2 << 20
        }) { site in
            try site.write("env.cgi", printEnvironment)
            #expect(try site.get("env.cgi?a=" + String(repeating: "x", count: 200_000)).status == 431)
        }
    }

    @Test("standard error goes to the log by lines, with the script's name, and no more than a limit of it")
    func errors() async throws {
        try await withSite { site in
            try site.write(
                "errors.cgi",
                "#!/bin/sh\nprintf 'one\\n\\033[31mtwo\\n' >&2\nhead -c 5000 /dev/zero | tr '\\0' x >&2\necho >&2\n"
                    + "i=0; while [ $i -lt 500 ]; do echo more >&2; i=$((i+1)); done\nprintf 'Content-Type: a/b\\n\\n'\n"
            )
            #expect(try site.get("errors.cgi").status == 200)
            try await eventually("the lines are told") { site.log.contains("what else it writes") }
            let lines = site.log.lines.filter { $0.contains("script /cgi-bin/errors.cgi: ") }
            #expect(lines.contains("warning: script /cgi-bin/errors.cgi: one"))
            #expect(lines.contains("warning: script /cgi-bin/errors.cgi: ?[31mtwo"))
            #expect(lines.count == 101)
            #expect(lines.allSatisfy { $0.utf8.count < 1100 })
        }
    }

    // MARK: Time

    @Test("a script that says nothing for too long is stopped with all it has started: 504", .rfc("3875-6.1-01"))
    func silence() async throws {
        var options = CGIOptions()
        options.timeout = .milliseconds(300)
        try await withSite(options: options) { site in
            try site.write(
                "sleep.cgi",
                "#!/bin/sh\nsleep 1000 &\necho $! > child\necho $$ > parent\nwait\n"
            )
            #expect(try site.get("sleep.cgi").status == 504)
            try await expectGone(site, ["child", "parent"])
            #expect(site.log.contains("script /cgi-bin/sleep.cgi: it said nothing for 0.3 seconds, and is stopped"))
        }
    }

    @Test("one that does not hear SIGTERM hears SIGKILL")
    func stubborn() async throws {
        var options = CGIOptions()
        options.timeout = .milliseconds(300)
        try await withSite(options: options) { site in
            try site.write(
                "stubborn.cgi",
                "#!/bin/sh\ntrap '' TERM\n(while :; do sleep 1; done) &\necho $! > child\necho $$ > parent\nwhile :; do sleep 1; done\n"
            )
            #expect(try site.get("stubborn.cgi").status == 504)
            try await expectGone(site, ["child", "parent"])
        }
    }

    @Test("an answer that has begun is cut when the script goes silent")
    func cut() async throws {
        var options = CGIOptions()
        options.timeout = .milliseconds(300)
        try await withSite(options: options) { site in
            try site.write(
                "half.cgi",
                "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\nhalf'\necho $$ > parent\nsleep 1000\n"
            )
            let client = try site.connect()
            try client.send("GET /cgi-bin/half.cgi HTTP/1.1\r\nHost: a\r\n\r\n")
            let octets = try client.receiveAll(untilReset: true)
            #expect(String(decoding: octets, as: UTF8.self).contains("half"))
            #expect(throws: (any Error).self) { try StrictAnswer.one(in: octets) }
            try await expectGone(site, ["parent"])
        }
    }

    @Test("a script that a signal ends leaves no answer that looks complete")
    func killed() async throws {
        try await withSite { site in
            try site.write("killed.cgi", "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\nhalf'\nkill -9 $$\n")
            let client = try site.connect()
            try client.send("GET /cgi-bin/killed.cgi HTTP/1.1\r\nHost: a\r\n\r\n")
            let octets = try client.receiveAll(untilReset: true)
            #expect(throws: (any Error).self) { try StrictAnswer.one(in: octets) }
            #expect(site.log.contains("script /cgi-bin/killed.cgi: it was killed by signal 9"))
        }
    }

    @Test("a child that keeps the output open is waited for, but not for ever")
    func lingeringChild() async throws {
        var options = CGIOptions()
        options.timeout = .milliseconds(500)
        try await withSite(options: options) { site in
            try site.write(
                "child.cgi",
                "#!/bin/sh\nprintf 'Content-Type: a/b\\nContent-Length: 5\\n\\nhello'\nsleep 1000 &\necho $! > child\n"
            )
            // All that was announced is there: the client need not wait.
            #expect(try site.get("child.cgi").text == "hello")
            try await expectGone(site, ["child"])
            try site.write(
                "open.cgi",
                "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\nhello'\nsleep 1000 &\necho $! > child2\n"
            )
            let client = try site.connect()
            try client.send("GET /cgi-bin/open.cgi HTTP/1.1\r\nHost: a\r\n\r\n")
            let octets = try client.receiveAll(untilReset: true)
            #expect(throws: (any Error).self) { try StrictAnswer.one(in: octets) }
            try await expectGone(site, ["child2"])
        }
    }

    @Test("a child that goes on in the background with nothing of the answer may do so")
    func background() async throws {
        try await withSite { site in
            try site.scripts.makeFIFO("go")
            try site.write(
                "work.cgi",
                "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\nstarted'\n(read line < go; echo done > done) >/dev/null 2>&1 </dev/null &\n"
            )
            #expect(try site.get("work.cgi").text == "started")
            try site.scripts.letGo("go")
            try await eventually("the work is done") { site.scripts.text(of: "done") == "done\n" }
        }
    }

    @Test("a client that leaves stops its script, before and within the answer", .rfc("3875-3.4-01"))
    func leaves() async throws {
        try await withSite { site in
            try site.write("early.cgi", "#!/bin/sh\necho $$ > early\nexec sleep 1000\n")
            try site.write(
                "late.cgi",
                "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\nhalf'\necho $$ > late\nexec sleep 1000\n"
            )
            try site.write(
                "busy.cgi",
                "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\n'\necho $$ > busy\nexec cat /dev/zero\n"
            )
            for name in ["early", "late", "busy"] {
                let client = try site.connect()
                try client.send("GET /cgi-bin/\(name).cgi HTTP/1.1\r\nHost: a\r\n\r\n")
                try await eventually("\(name) runs") { site.scripts.process(in: name) != nil }
                if name != "early" { _ = try client.receive(through: "\r\n\r\n") }
                client.reset()
                try await expectGone(site, [name])
            }
        }
    }

    @Test("a script that has left its process group is stopped as well")
    func leavesGroup() async throws {
        try await withSite { site in
            try site.write(
                "leaver.cgi",
                """
                #!/usr/bin/python3
                import os, time
                script = os.getpid()
                child = os.fork()
                if child == 0:
                    os.setpgid(0, 0)
                    while os.getppid() == script: time.sleep(0.1)
                    os._exit(0)
                while os.getpgid(child) != child: time.sleep(0.01)
                os.setpgid(0, child)
                with open("leaver", "w") as file: file.write(f"{script}\\n")
                time.sleep(1000)

                """
            )
            let client = try site.connect()
            try client.send("GET /cgi-bin/leaver.cgi HTTP/1.1\r\nHost: a\r\n\r\n")
            try await eventually("it runs") { site.scripts.process(in: "leaver") != nil }
            client.reset()
            try await expectGone(site, ["leaver"])
        }
    }

    @Test("a server whose children others take away learns no end of a script, and gives its place back all the same")
    func takenAway() throws {
        let folder = try TemporaryDirectory()
        try folder.writeScript("ok.cgi", "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\nok'\n")
        // Where SIGCHLD is ignored, it is the system that does.
        let server = try ChildProcess(
            "/bin/sh",
            arguments: ["-c", "trap '' CHLD; exec \"$@\"", "sh", builtExecutable("CGIServer"), folder.path, "1"]
        )
        defer { server.send(signal: SIGTERM) }
        let line = try #require(try server.readLine())
        let port = try #require(line.split(separator: ":").last.flatMap { UInt16($0) })
        for _ in 0..<3 {
            let client = try TestSocket.connect(to: .loopback(port: port), timeout: .seconds(240))
            try client.send("GET /ok.cgi HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(try StrictAnswer.one(in: client.receiveAll()).text == "ok")
        }
    }

    @Test("scripts end with their server")
    func stops() async throws {
        let kept = Locked<[CInt]>([])
        try await withSite { site in
            try site.write(
                "early.cgi",
                "#!/bin/sh\ntrap '' TERM\necho $$ > early\nsleep 1000 & echo $! > child\nwait; sleep 1000\n"
            )
            let client = try site.connect()
            try client.send("GET /cgi-bin/early.cgi HTTP/1.1\r\nHost: a\r\n\r\n")
            try await eventually("it runs") {
                site.scripts.process(in: "early") != nil && site.scripts.process(in: "child") != nil
            }
            kept.withLock { $0 = ["early", "child"].compactMap(site.scripts.process) }
            site.server.stop(grace: .zero)
            await site.server.waitUntilStopped()
        }
        let processes = kept.withLock { $0 }
        #expect(processes.count == 2)
        try await eventually("they are gone") {
            !isRunning(processes[0]) && !isRunning(processes[1]) && !isThere(processes[0])
        }
    }

    @Test("a client that stops sending its content ends its script")
    func halfContent() async throws {
        try await withSite(configure: { $0.limits.bodyIdleTimeout = .milliseconds(300) }) { site in
            try site.write(
                "cat.cgi",
                "#!/bin/sh\necho $$ > cat\ncat > /dev/null\nprintf 'Content-Type: a/b\\n\\nwhole'\n"
            )
            let client = try site.connect()
            try client.send("POST /cgi-bin/cat.cgi HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nhalf")
            let answer = try StrictAnswer.one(in: client.receiveAll(untilReset: true))
            #expect(answer.status == 408)
            try await expectGone(site, ["cat"])
        }
    }

    /// Waits until the processes whose ids scripts have written into files are gone, and were taken away: but for those that
    /// are nobody's children any more, which this machine may keep as zombies.
    private func expectGone(_ site: Site, _ names: [String]) async throws {
        for name in names {
            try await eventually("\(name) has said who it is") { site.scripts.process(in: name) != nil }
            guard let process = site.scripts.process(in: name) else { continue }
            try await eventually("\(name) is gone") {
                name.hasPrefix("child") ? !isRunning(process) : !isThere(process)
            }
        }
    }

    /// Whether the process runs: is no zombie.
    private func isRunning(_ process: CInt) -> Bool {
        guard let status = try? contents(ofFile: "/proc/\(process)/stat"), let name = status.lastIndex(of: ")")
        else { return false }
        return !status[name...].hasPrefix(") Z")
    }

    // MARK: Many

    @Test("no more scripts run at once than allowed; the rest wait, and too many are a 503 with Retry-After")
    func slots() async throws {
        var options = CGIOptions()
        options.processes = 2
        options.queue = 1
        try await withSite(options: options, configure: { $0.threads = 2 }) { site in
            try site.write(
                "wait.cgi",
                "#!/bin/sh\necho $$ >> running\nwhile [ ! -e go ]; do sleep 0.1; done\nprintf 'Content-Type: a/b\\n\\nok'\n"
            )
            func begin() throws -> TestSocket {
                let client = try site.connect()
                try client.send("GET /cgi-bin/wait.cgi HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                return client
            }
            func running() -> Int { site.scripts.text(of: "running")?.count { $0 == "\n" } ?? 0 }
            var clients = [try begin(), try begin()]
            try await eventually("two run") { running() == 2 }
            clients += [try begin(), try begin()]
            // One of these waits, the other has no place.
            let refused = try await firstAnswer(Array(clients[2...]))
            #expect(refused.answer.status == 503)
            #expect(refused.answer["retry-after"] == ["2"])
            clients.remove(at: 2 + refused.index)
            #expect(running() == 2)
            try site.scripts.write("go", "")
            for client in clients { #expect(try StrictAnswer.one(in: client.receiveAll()).text == "ok") }
        }
    }

    private func firstAnswer(_ clients: [TestSocket]) async throws -> (index: Int, answer: StrictAnswer) {
        var found = 0
        try await eventually("one is answered") {
            for (index, client) in clients.enumerated() {
                var entry = pollfd(fd: client.fd, events: Int16(POLLIN), revents: 0)
                if unsafe poll(&entry, 1, 0) == 1 {
                    found = index
                    return true
                }
            }
            return false
        }
        return (found, try StrictAnswer.one(in: clients[found].receiveAll()))
    }

    @Test("who waits too long is a 503, and one that leaves makes room")
    func patience() async throws {
        var options = CGIOptions()
        options.processes = 1
        options.queue = 1
        options.queueTimeout = .milliseconds(300)
        try await withSite(options: options) { site in
            try site.write("wait.cgi", "#!/bin/sh\necho $$ > one\nexec sleep 1000\n")
            let first = try site.connect()
            try first.send("GET /cgi-bin/wait.cgi HTTP/1.1\r\nHost: a\r\n\r\n")
            try await eventually("it runs") { site.scripts.process(in: "one") != nil }
            #expect(try site.get("wait.cgi").status == 503)
            for _ in 0..<5 {
                let leaving = try site.connect()
                try leaving.send("GET /cgi-bin/wait.cgi HTTP/1.1\r\nHost: a\r\n\r\n")
                leaving.reset()
            }
            try site.write("ok.cgi", "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\nok'\n")
            first.reset()
            try await eventually("there is room again") { try site.get("ok.cgi").status == 200 }
        }
    }

    @Test("hundreds of requests leave no zombie and no descriptor, whatever becomes of them")
    func nothingLeft() async throws {
        let folder = try TemporaryDirectory()
        try folder.writeScript("ok.cgi", "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\nok'\n")
        try folder.writeScript("bad.cgi", "#!/bin/sh\nexit 3\n")
        try folder.writeScript("none.cgi", "#!/no/such/thing\n")
        try folder.writeScript("zero.cgi", "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\n'\nexec cat /dev/zero\n")
        let server = try ChildProcess(builtExecutable("CGIServer"), arguments: [folder.path, "4"])
        defer { server.send(signal: SIGTERM) }
        let line = try #require(try server.readLine())
        let port = try #require(line.split(separator: ":").last.flatMap { UInt16($0) })
        func begin(_ name: String) throws -> TestSocket {
            let client = try TestSocket.connect(to: .loopback(port: port), timeout: .seconds(240))
            try client.send("GET /\(name) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            return client
        }
        func wait(_ clients: [TestSocket]) throws -> [Int] {
            try clients.map { try StrictAnswer.one(in: $0.receiveAll()).status }
        }
        // Once, so that all that stays is there.
        _ = try wait([begin("ok.cgi"), begin("bad.cgi")])
        try await eventually("it rests") { try children(of: server.process) == 0 }
        let before = try openDescriptorCount(of: server.process)

        #expect(try wait((0..<200).map { _ in try begin("ok.cgi") }).allSatisfy { $0 == 200 })
        #expect(try wait((0..<40).map { _ in try begin("bad.cgi") }).allSatisfy { $0 == 502 })
        #expect(try wait((0..<20).map { _ in try begin("none.cgi") }).allSatisfy { $0 == 502 })
        for _ in 0..<20 {
            let client = try begin("zero.cgi")
            _ = try client.receive(exactly: 100_000)
            client.reset()
        }
        try await eventually("no child is left, not even as a zombie") { try children(of: server.process) == 0 }
        try await eventually("no descriptor is left") { try openDescriptorCount(of: server.process) <= before }
    }

    @Test("a gigabyte of output takes no memory, nor does one that nobody reads", .rfc("3875-9.6-01"))
    func gigabyte() async throws {
        let size = isSanitized ? 100_000_000 : 1 << 30
        let folder = try TemporaryDirectory()
        try folder.writeScript(
            "large.cgi",
            "#!/bin/sh\nprintf 'Content-Type: a/b\\nContent-Length: \(size)\\n\\n'\nexec head -c \(size) /dev/zero\n"
        )
        let server = try ChildProcess(builtExecutable("CGIServer"), arguments: [folder.path])
        defer { server.send(signal: SIGTERM) }
        let line = try #require(try server.readLine())
        let port = try #require(line.split(separator: ":").last.flatMap { UInt16($0) })
        let client = try TestSocket.connect(to: .loopback(port: port), timeout: .seconds(120))
        let before = try residentBytes(of: server.process)
        try client.send("GET /large.cgi HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        _ = try client.receive(through: "\r\n\r\n")
        var count = 0
        var most = before
        while true {
            let octets = try client.receive(upTo: 1 << 20)
            if octets.isEmpty { break }
            if (count + octets.count) >> 26 != count >> 26 { most = max(most, try residentBytes(of: server.process)) }
            count += octets.count
        }
        #expect(count == size)
        if !isSanitized { #expect(most - before < 16 << 20) }
    }

    /// Processes whose parent is this one, zombies too.
    private func children(of process: CInt) throws -> Int {
        var count = 0
        guard let tasks = unsafe opendir("/proc/\(process)/task") else { throw SystemError(operation: "list threads") }
        defer { unsafe closedir(tasks) }
        while let entry = unsafe readdir(tasks) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
                unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard CInt(name) != nil else { continue }
            // A thread may be gone meanwhile.
            let list = (try? contents(ofFile: "/proc/\(process)/task/\(name)/children")) ?? ""
            count += list.split(separator: " ").count
        }
        return count
    }
}
