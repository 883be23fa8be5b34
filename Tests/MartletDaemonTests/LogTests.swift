import Glibc
import MartletDaemon
import MartletReactor
import TestSupport
import Testing

@Suite("Journal and syslog")
struct LogTests {
    @Test("the journal reads a stream only if it is the very one that the variable names")
    func journalStream() throws {
        let folder = try TemporaryDirectory()
        try folder.write("stream", "")
        let fd = unsafe open(folder.path(of: "stream"), O_RDONLY)
        defer { close(fd) }
        var status = stat()
        unsafe fstat(fd, &status)
        let name = "\(status.st_dev):\(status.st_ino)"
        #expect(Journal.reads(fd, environment: ["JOURNAL_STREAM": name]))
        for other in ["\(name)1", "1:\(status.st_ino)", "", ":"] {
            #expect(!Journal.reads(fd, environment: ["JOURNAL_STREAM": other]))
        }
        #expect(!Journal.reads(fd, environment: [:]))
        #expect(!Journal.reads(999, environment: ["JOURNAL_STREAM": "0:0"]))
    }

    @Test("every line gets its priority")
    func journalLines() {
        #expect(Journal.lines("started", priority: 6) == "<6>started\n")
        #expect(Journal.lines("one\n<0>two\n", priority: 3) == "<3>one\n<3><0>two\n")
        #expect(Journal.lines("one\r\n<0>two", priority: 3) == "<3>one\r\n<3><0>two\n")
        #expect(Journal.lines("x", priority: -1) == "<0>x\n")
        #expect(Journal.lines("x", priority: 9) == "<7>x\n")
    }

    /// The message of a datagram, whose head must be right.
    private func message(_ datagram: String?, priority: Int) throws -> String {
        let datagram = try #require(datagram)
        let pattern = /<([0-9]+)>[A-Z][a-z]{2} [ 1-3][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} web\[([0-9]+)\]: (.*)/
        let match = try #require(try pattern.wholeMatch(in: datagram))
        #expect(match.1 == "\(24 + priority)" && match.2 == "\(getpid())")
        return String(match.3)
    }

    @Test("a message has facility daemon, its priority, the time, the tag and the process id")
    func syslog() throws {
        let folder = try TemporaryDirectory()
        let daemon = try DatagramReceiver(folder.path(of: "log"))
        let log = Syslog(tag: "we:b []\n", path: folder.path(of: "log"))
        #expect(log.send("started", priority: 6))
        #expect(try message(daemon.next(), priority: 6) == "started")
    }

    @Test("control characters are escaped: no message forges another, or moves a terminal's cursor")
    func forging() throws {
        let folder = try TemporaryDirectory()
        let daemon = try DatagramReceiver(folder.path(of: "log"))
        let log = Syslog(tag: "web", path: folder.path(of: "log"))
        log.send("a\n<0>forged\r\u{0}\u{1B}[2J\u{7F}\u{9B}\u{2028}ü", priority: 3)
        #expect(
            try message(daemon.next(), priority: 3) == #"a\x0a<0>forged\x0d\x00\x1b[2J\x7f\x9b\u2028ü"#
        )
        log.send(String(repeating: "ü", count: 10_000), priority: 7)
        #expect(try message(daemon.next(), priority: 7) == String(repeating: "ü", count: 4096))
        #expect(daemon.next() == nil)
    }

    @Test("messages are lost while the log daemon is away, and go on when it is back")
    func restart() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path(of: "log")
        let log = Syslog(tag: "web", path: path)
        #expect(!log.send("nobody there", priority: 6))
        var daemon: DatagramReceiver? = try DatagramReceiver(path)
        #expect(log.send("one", priority: 6))
        #expect(try message(daemon?.next(), priority: 6) == "one")
        daemon = nil
        #expect(!log.send("lost", priority: 6))
        unsafe unlink(path)
        let next = try DatagramReceiver(path)
        #expect(log.send("two", priority: 6))
        #expect(try message(next.next(), priority: 6) == "two")
    }

    @Test("a log daemon that reads nothing holds up nobody")
    func deaf() throws {
        let folder = try TemporaryDirectory()
        let daemon = try DatagramReceiver(folder.path(of: "log"))
        let log = Syslog(tag: "web", path: folder.path(of: "log"))
        var lost = 0
        for _ in 0..<10_000 where !log.send("x", priority: 6) { lost += 1 }
        #expect(lost > 0)
        #expect(try message(daemon.next(), priority: 6) == "x")
        #expect(log.send("room again", priority: 6))
    }
}
