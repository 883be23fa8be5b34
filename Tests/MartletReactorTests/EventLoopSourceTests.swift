import Glibc
import MartletReactor
import Synchronization
import TestSupport
import Testing

@Suite("EventLoop: descriptors")
struct EventLoopSourceTests {
    let loop: EventLoop

    init() throws {
        loop = try EventLoop(name: "sources")
    }

    /// A source that reads what its end of a pair has, and the peer's end.
    private func watch(_ fd: CInt, _ source: ScriptedSource) throws -> Registration {
        try loop.register(source, fd: fd, trigger: .edge)
    }

    @Test("an event for a closed descriptor is dropped when number and slot have a new owner in the same batch")
    func staleEvent() throws {
        let (left, right) = (try TestSocket.pair(), try TestSocket.pair())
        let sources = [ScriptedSource(), ScriptedSource()]
        let ends = [left.0, right.0]
        let registrations = [try watch(left.0.fd, sources[0]), try watch(right.0.fd, sources[1])]
        // Both are ready before the first wait, so both events come in one batch.
        try left.1.send("left")
        try right.1.send("right")
        let fresh = try TestSocket.pair()
        let successor = ScriptedSource()
        var heard: [String] = []
        for (index, source) in sources.enumerated() {
            source.onReady = { [loop] _ in
                heard.append("first")
                let other = 1 - index
                sources[other].onReady = { _ in heard.append("stale") }
                loop.deregister(registrations[other], fd: ends[other].fd)
                // The number of the closed descriptor goes to a new connection, in one step.
                #expect(dup2(fresh.0.fd, ends[other].fd) == ends[other].fd)
                #expect(throws: Never.self) {
                    let new = try loop.register(successor, fd: ends[other].fd, trigger: .edge)
                    #expect(new != registrations[other])
                }
            }
        }
        successor.onReady = { [loop] readiness in
            heard.append(readiness.contains(.readable) ? "stale event at the successor" : "successor writable")
            loop.stop()
        }
        loop.runHere()
        #expect(heard == ["first", "successor writable"])
        // Each script holds the sources of both: break the circle.
        for source in sources { source.onReady = { _ in } }
    }

    @Test("deregistering twice does not take the descriptor from its next owner")
    func doubleDeregister() throws {
        let pair = try TestSocket.pair()
        let old = try watch(pair.0.fd, ScriptedSource())
        loop.deregister(old, fd: pair.0.fd)
        let next = ScriptedSource()
        var readable = 0
        next.onReady = { [loop] readiness in
            if readiness.contains(.readable) { readable += 1 }
            loop.stop()
        }
        _ = try watch(pair.0.fd, next)
        loop.deregister(old, fd: pair.0.fd)
        try pair.1.send("x")
        loop.runHere()
        #expect(readable == 1)
    }

    @Test("a source that was deregistered cannot set the deadline or take the turn of who has its slot now")
    func staleRegistration() throws {
        let (old, next) = (ScriptedSource(), ScriptedSource())
        let stale = loop.register(timer: old)
        loop.requestTurn(stale)
        loop.deregister(stale, fd: nil)
        // On a free slot it must not leave a trace either.
        loop.setDeadline(stale, loop.now + Nanoseconds(.seconds(100)))
        let registration = loop.register(timer: next)
        loop.setDeadline(registration, loop.now + Nanoseconds(.milliseconds(5)))
        loop.setDeadline(stale, .never)
        loop.requestTurn(stale)
        var heard: [String] = []
        next.onTurn = { heard.append("turn") }
        next.onDeadline = { [loop] in
            heard.append("deadline")
            loop.stop()
        }
        loop.runHere(limit: .seconds(5))
        #expect(heard == ["deadline"])
    }

    @Test("a source released inside its own callback may use the loop as it goes")
    func releasedInCallback() throws {
        let pair = try TestSocket.pair()
        var steps: [String] = []
        var source: ScriptedSource? = ScriptedSource()
        weak let watched = source
        let registration = try watch(pair.0.fd, source!)
        let other = loop.register(timer: ScriptedSource())
        source?.onReady = { [loop] _ in
            steps.append("ready")
            loop.deregister(registration, fd: pair.0.fd)
            steps.append("deregistered")
        }
        source?.onDeinit = { [loop] in
            loop.setDeadline(registration, loop.now)
            loop.deregister(registration, fd: nil)
            loop.deregister(other, fd: nil)
            _ = loop.register(timer: ScriptedSource())
            steps.append("gone")
            loop.stop()
        }
        source = nil
        #expect(watched != nil, "the loop keeps it alive")
        loop.runHere()
        #expect(steps == ["ready", "deregistered", "gone"])
        #expect(watched == nil)
    }

    @Test("sources that use the loop as they go may do so when the loop ends")
    func releasedAtEnd() throws {
        var gone = 0
        for _ in 0..<3 {
            let source = ScriptedSource()
            let registration = loop.register(timer: source)
            source.onDeinit = { [unowned loop] in
                loop.setDeadline(registration, .never)
                loop.requestTurn(registration)
                loop.deregister(registration, fd: nil)
                gone += 1
            }
        }
        loop.stop()
        loop.runHere()
        #expect(gone == 3)
    }

    @Test("a half-closed peer is reported as finished, not as hung up, and still gets its answer")
    func halfClosed() throws {
        let pair = try TestSocket.pair()
        let source = ScriptedSource()
        _ = try watch(pair.0.fd, source)
        try pair.1.send("question")
        pair.1.finishSending()
        var seen: Readiness = []
        var ends: [TransferResult] = []
        source.onReady = { [loop] readiness in
            seen = readiness
            var buffer = ReceiveBuffer(capacity: 64)
            let socket = Socket(fd: pair.0.fd)
            ends = [socket.receive(into: &buffer), socket.receive(into: &buffer), socket.send([1, 2, 3].span)]
            loop.stop()
        }
        loop.runHere()
        #expect(seen == [.readable, .writable, .peerFinished])
        #expect(ends == [.count(8), .end, .count(3)])
        #expect(try pair.1.receive() == [1, 2, 3])
    }

    @Test("a reset is reported as a hang-up")
    func reset() throws {
        let bound = try ListeningSocket.bind(.loopback(port: 0), count: 1)[0]
        let client = try TestSocket.connect(to: bound.address)
        var accepted: CInt = -1
        let listener = try Listener(
            bound,
            loop: loop,
            accepted: { socket, _ in accepted = socket.fd },
            failed: { _ in }
        )
        listener.ready(.readable)
        let server = TestSocket(fd: accepted)
        let source = ScriptedSource()
        _ = try watch(server.fd, source)
        client.reset()
        var seen: Readiness = []
        source.onReady = { [loop] readiness in
            seen.formUnion(readiness)
            if readiness.contains(.hangup) { loop.stop() }
        }
        loop.runHere()
        #expect(seen.contains([.hangup, .readable]))
        listener.close()
    }

    @Test("an idle connection that could be written to does not keep the loop turning")
    func idleDoesNotSpin() throws {
        let pairs = try (0..<8).map { _ in try TestSocket.pair() }
        for pair in pairs { _ = try watch(pair.0.fd, ScriptedSource()) }
        let timer = ScriptedSource()
        let registration = loop.register(timer: timer)
        loop.setDeadline(registration, Instant.now() + Nanoseconds(.milliseconds(200)))
        timer.onDeadline = { [loop] in loop.stop() }
        var turns = 0
        loop.addBeforeWait { turns += 1 }
        loop.runHere()
        // One to report that all are writable, one for the deadline, one to stop, and some for a stray signal.
        #expect((2...10).contains(turns))
    }

    @Test("a busy exchange takes a few turns a message, not a spin")
    func turnsPerMessage() throws {
        let pair = try TestSocket.pair()
        let source = ScriptedSource()
        _ = try watch(pair.0.fd, source)
        var turns = 0
        loop.addBeforeWait { turns += 1 }
        var buffer = ReceiveBuffer(capacity: 64)
        var left = 1000
        try pair.1.send("x")
        source.onReady = { [loop] readiness in
            guard case .count = Socket(fd: pair.0.fd).receive(into: &buffer) else { return }
            buffer.removeAll()
            left -= 1
            guard left > 0 else { return loop.stop() }
            #expect(throws: Never.self) { try pair.1.send("x") }
        }
        loop.runHere()
        #expect(turns <= 2100)
    }

    @Test("a source that asks for one turn after another does not keep the others from their events")
    func turnsAreFair() throws {
        let pair = try TestSocket.pair()
        let (greedy, patient) = (ScriptedSource(), ScriptedSource())
        let registration = loop.register(timer: greedy)
        var turns = 0
        greedy.onTurn = { [loop] in
            turns += 1
            if turns == 3 { #expect(throws: Never.self) { try pair.1.send("x") } }
            loop.requestTurn(registration)
        }
        patient.onReady = { [loop] readiness in
            if readiness.contains(.readable) { loop.stop() }
        }
        _ = try watch(pair.0.fd, patient)
        loop.requestTurn(registration)
        loop.runHere()
        #expect((3...6).contains(turns))
    }

    @Test("what is batched for the end of a turn is flushed after the last turn too")
    func hookAfterTheLastTurn() throws {
        var (batched, flushed) = (0, 0)
        loop.addBeforeWait {
            flushed += batched
            batched = 0
        }
        let source = ScriptedSource()
        let registration = loop.register(timer: source)
        source.onTurn = { [loop] in
            batched += 1
            loop.stop()
            if batched + flushed < 3 { loop.requestTurn(registration) }
        }
        loop.requestTurn(registration)
        loop.runHere()
        #expect(batched == 0)
        #expect(flushed > 0)
    }

    @Test("a descriptor that epoll cannot watch is refused and leaves no slot behind")
    func unwatchable() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("file", "regular files are always ready")
        let fd = unsafe open(path, O_RDONLY | O_CLOEXEC)
        defer { close(fd) }
        weak var refused: ScriptedSource?
        do {
            let source = ScriptedSource()
            refused = source
            let error = #expect(throws: SystemError.self) { try loop.register(source, fd: fd, trigger: .level) }
            #expect(error?.code == EPERM)
        }
        #expect(refused == nil)
    }
}
