import MartletReactor
import TestSupport
import Testing

@Suite("EventLoop: deadlines")
struct EventLoopDeadlineTests {
    let loop: EventLoop

    init() throws {
        loop = try EventLoop(name: "deadlines")
    }

    private func after(_ milliseconds: Int) -> Instant {
        loop.now + Nanoseconds(.milliseconds(milliseconds))
    }

    @Test("come in the order of their instants, not of their setting, and never early")
    func order() throws {
        var heard: [Int] = []
        for milliseconds in [30, 10, 40, 20] {
            let source = ScriptedSource()
            let registration = loop.register(timer: source)
            let instant = after(milliseconds)
            loop.setDeadline(registration, instant)
            source.onDeadline = { [loop] in
                #expect(Instant.now() >= instant)
                heard.append(milliseconds)
                if heard.count == 4 { loop.stop() }
            }
        }
        loop.runHere()
        #expect(heard == [10, 20, 30, 40])
    }

    @Test("moved later: the source is not told at the old instant, and the loop turns only once more")
    func movedLater() throws {
        let source = ScriptedSource()
        let registration = loop.register(timer: source)
        for milliseconds in [5, 10, 20, 60] { loop.setDeadline(registration, after(milliseconds)) }
        let last = after(60)
        var turns = 0
        loop.addBeforeWait { turns += 1 }
        var told: [Bool] = []
        source.onDeadline = { [loop] in
            told.append(Instant.now() >= last)
            loop.stop()
        }
        loop.runHere()
        #expect(told == [true])
        #expect(turns <= 6)
    }

    @Test("moved earlier: told once, at the new instant")
    func movedEarlier() throws {
        let (source, end) = (ScriptedSource(), ScriptedSource())
        let registration = loop.register(timer: source)
        loop.setDeadline(registration, after(40))
        loop.setDeadline(registration, after(10))
        var told: [Bool] = []
        let before = after(40)
        source.onDeadline = { [loop] in told.append(loop.now < before) }
        end.onDeadline = { [loop] in loop.stop() }
        loop.setDeadline(loop.register(timer: end), after(60))
        loop.runHere()
        // A machine under load may be late; twice would be wrong.
        #expect(told.count == 1)
    }

    @Test("unset, or of a source that is gone: not told")
    func unset() throws {
        let (source, gone, end) = (ScriptedSource(), ScriptedSource(), ScriptedSource())
        var told: [String] = []
        source.onDeadline = { told.append("unset") }
        gone.onDeadline = { told.append("gone") }
        end.onDeadline = { [loop] in loop.stop() }
        let registration = loop.register(timer: source)
        loop.setDeadline(registration, after(5))
        loop.setDeadline(registration, .never)
        let leaving = loop.register(timer: gone)
        loop.setDeadline(leaving, after(5))
        loop.deregister(leaving, fd: nil)
        loop.setDeadline(loop.register(timer: end), after(20))
        loop.runHere()
        #expect(told.isEmpty)
    }

    @Test("unset by a neighbour that is due at the same instant: not told")
    func unsetByNeighbour() throws {
        let sources = [ScriptedSource(), ScriptedSource()]
        let registrations = sources.map { loop.register(timer: $0) }
        var told = 0
        for (index, source) in sources.enumerated() {
            loop.setDeadline(registrations[index], after(5))
            source.onDeadline = { [loop] in
                told += 1
                loop.setDeadline(registrations[1 - index], .never)
                loop.stop()
            }
        }
        loop.runHere()
        #expect(told == 1)
    }

    @Test("set again from its own call, to an instant that has passed: others get their events in between")
    func passedAgainAndAgain() throws {
        let pair = try TestSocket.pair()
        let (busy, reader) = (ScriptedSource(), ScriptedSource())
        let registration = loop.register(timer: busy)
        var told = 0
        busy.onDeadline = { [loop] in
            told += 1
            if told == 3 { #expect(throws: Never.self) { try pair.1.send("x") } }
            // Without fairness this never ends: give up so that the test fails instead of hanging.
            if told < 10_000 { loop.setDeadline(registration, loop.now) }
        }
        reader.onReady = { [loop] readiness in
            if readiness.contains(.readable) { loop.stop() }
        }
        _ = try loop.register(reader, fd: pair.0.fd, trigger: .edge)
        loop.setDeadline(registration, loop.now)
        loop.runHere()
        #expect((3...10).contains(told))
    }

    @Test("a deadline far beyond what a wait can express, or before the loop's time, does no harm")
    func extremes() throws {
        let (late, early) = (ScriptedSource(), ScriptedSource())
        var told: [String] = []
        late.onDeadline = { told.append("late") }
        early.onDeadline = { [loop] in
            told.append("early")
            loop.stop()
        }
        loop.setDeadline(loop.register(timer: late), Instant(nanoseconds: .max - 1))
        loop.setDeadline(loop.register(timer: early), Instant(nanoseconds: 0))
        loop.runHere()
        #expect(told == ["early"])
    }
}
