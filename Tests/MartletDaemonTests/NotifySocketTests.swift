import Glibc
import MartletDaemon
import MartletReactor
import TestSupport
import Testing

@Suite("Telling the service manager")
struct NotifySocketTests {
    @Test("each message is one datagram, at a path and at an abstract name", arguments: [true, false])
    func messages(isPath: Bool) throws {
        let folder = try TemporaryDirectory()
        let address = isPath ? folder.path(of: "notify") : "@\(folder.path)"
        let manager = try DatagramReceiver(address)
        let notify = NotifySocket(environment: ["NOTIFY_SOCKET": address])
        #expect(notify.isConnected && notify.problem == nil && notify.watchdogInterval == nil)
        notify.ready(status: "Serving on http://127.0.0.1:8000")
        #expect(manager.next() == "READY=1\nSTATUS=Serving on http://127.0.0.1:8000")
        let before = Instant.now().nanoseconds / 1000
        notify.reloading()
        let reloading = try #require(manager.next())
        #expect(reloading.hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
        let time = try #require(UInt64(reloading.dropFirst("RELOADING=1\nMONOTONIC_USEC=".count)))
        #expect((before...Instant.now().nanoseconds / 1000).contains(time))
        notify.status("two\nlines\rWATCHDOG=trigger\u{0}")
        #expect(manager.next() == "STATUS=two lines WATCHDOG=trigger ")
        notify.extendTimeout(microseconds: 5_000_000)
        #expect(manager.next() == "EXTEND_TIMEOUT_USEC=5000000")
        notify.watchdog()
        #expect(manager.next() == "WATCHDOG=1")
        notify.mainPID(4711)
        #expect(manager.next() == "MAINPID=4711")
        notify.stopping()
        #expect(manager.next() == "STOPPING=1")
        notify.stopping(status: "Draining")
        #expect(manager.next() == "STOPPING=1\nSTATUS=Draining")
        #expect(manager.next() == nil)
    }

    @Test("a manager that reads nothing, or is gone, holds up nobody")
    func deaf() throws {
        let folder = try TemporaryDirectory()
        var manager: DatagramReceiver? = try DatagramReceiver(folder.path(of: "notify"))
        let notify = NotifySocket(environment: ["NOTIFY_SOCKET": folder.path(of: "notify")])
        // More than the kernel keeps for it.
        for _ in 0..<10_000 { notify.watchdog() }
        #expect(manager?.next() == "WATCHDOG=1")
        manager = nil
        notify.watchdog()
    }

    @Test("a busy manager gets what it must know, once it reads again; a sign of life waits for nobody")
    func busy() throws {
        let folder = try TemporaryDirectory()
        let manager = try DatagramReceiver(folder.path(of: "notify"))
        let notify = NotifySocket(environment: ["NOTIFY_SOCKET": folder.path(of: "notify")])
        let start = Instant.now()
        for _ in 0..<10_000 { notify.watchdog() }
        let full = Instant.now()
        notify.mainPID(1)
        #expect(full.duration(to: .now()).count >= 900_000_000)
        #expect(start.duration(to: full).count < 30_000_000_000)
        let thread = try Thread(name: "notify") { notify.ready(status: "") }
        let end = Instant.now() + Nanoseconds(.seconds(60))
        var last: String?
        while last != "READY=1\nSTATUS=", Instant.now() < end { last = manager.next() ?? last }
        #expect(last == "READY=1\nSTATUS=")
        thread.join()
    }

    @Test("without a manager nothing is done")
    func absent() {
        for environment in [[:], ["NOTIFY_SOCKET": ""]] {
            let notify = NotifySocket(environment: environment)
            #expect(!notify.isConnected && notify.problem == nil)
            notify.ready(status: "")
        }
    }

    @Test(
        "an address that cannot be told is named, and harms nothing",
        arguments: [
            (
                "vsock:2:1234",
                "NOTIFY_SOCKET=vsock:2:1234 is neither a path nor an abstract name (@...); others are not supported."
            ),
            ("/no/such/socket", "NOTIFY_SOCKET: connect to /no/such/socket: No such file or directory."),
            (
                "/" + String(repeating: "x", count: 107),
                "NOTIFY_SOCKET: connect to /\(String(repeating: "x", count: 107)): File name too long."
            ),
        ]
    )
    func unusable(address: String, problem: String) {
        let notify = NotifySocket(environment: ["NOTIFY_SOCKET": address])
        #expect(notify.problem == problem)
        notify.ready(status: "")
    }

    @Test(
        "the watchdog's interval is for this process, or for all",
        arguments: [
            (["WATCHDOG_USEC": "3000000"], .seconds(3)),
            (["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "\(getpid())"], .seconds(3)),
            (["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"], nil),
            (["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "x"], nil),
            (["WATCHDOG_USEC": "0"], nil),
            (["WATCHDOG_USEC": "18446744073709551615"], nil),
            (["WATCHDOG_USEC": "-1"], nil),
            ([:], nil),
        ] as [([String: String], Duration?)]
    )
    func watchdog(environment: [String: String], interval: Duration?) {
        #expect(NotifySocket(environment: environment).watchdogInterval == interval)
    }

    @Test("a successor is watched as its predecessor was")
    func successor() {
        let own = ["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1", "A": "b"]
        let successors = NotifySocket.successorEnvironment(own)
        #expect(successors == ["WATCHDOG_USEC": "3000000", "A": "b"])
        #expect(NotifySocket(environment: successors).watchdogInterval == .seconds(3))
    }
}
