import Testing

@testable import MartletReactor

@Suite("DeadlineQueue")
struct DeadlineQueueTests {
    @Test("hands out what is due like a sorted list does", arguments: [1, 2, 3, 4, 5] as [UInt64])
    func model(seed: UInt64) {
        var generator = SeededGenerator(state: seed)
        var queue = DeadlineQueue()
        var model: [UInt64] = []
        var now: UInt64 = 0
        var largest = 0
        for step in 0..<5_000 {
            if Int.random(in: 0..<3, using: &generator) < 2 {
                // Few different instants, so that equal ones are common.
                let instant = now + UInt64.random(in: 0..<500, using: &generator)
                queue.insert(.init(instant: Instant(nanoseconds: instant), token: UInt64(step)))
                model.append(instant)
                largest = max(largest, model.count)
            } else {
                now += UInt64.random(in: 0..<20, using: &generator)
                model.sort()
                let due = model.prefix { $0 <= now }
                var popped: [UInt64] = []
                while let entry = queue.popDue(at: Instant(nanoseconds: now)) {
                    popped.append(entry.instant.nanoseconds)
                }
                guard popped == Array(due) else {
                    Issue.record("step \(step): \(popped) instead of \(due)")
                    return
                }
                model.removeFirst(due.count)
            }
            guard queue.count == model.count, queue.next?.nanoseconds == model.min() else {
                Issue.record("step \(step): \(queue.count) entries from \(String(describing: queue.next))")
                return
            }
        }
        #expect(largest > 40, "the run must have kept the queue busy")
    }

    @Test("replacing all entries leaves a heap in order")
    func replaced() {
        var generator = SeededGenerator(state: 9)
        var queue = DeadlineQueue()
        queue.insert(.init(instant: Instant(nanoseconds: 1), token: 0))
        let instants = (0..<1000).map { _ in UInt64.random(in: 0..<10_000, using: &generator) }
        queue.replaceAll(with: instants.map { .init(instant: Instant(nanoseconds: $0), token: $0) })
        var popped: [UInt64] = []
        while let entry = queue.popDue(at: .never) { popped.append(entry.token) }
        #expect(popped == instants.sorted())
    }

    @Test("a keep-alive connection that moves its deadline a million times costs one entry")
    func keepAlive() throws {
        let loop = try EventLoop(name: "heap")
        let registration = loop.register(timer: ScriptedSource())
        for step in 0..<1_000_000 as Range<UInt64> {
            let seconds: UInt64 = step % 2 == 0 ? 60 : 10
            loop.setDeadline(registration, Instant(nanoseconds: 1 << 62 + step + seconds * 1_000_000_000))
        }
        #expect(loop.queuedDeadlineCount <= 2)
    }

    @Test("connections that come and go, or move their deadline ever earlier, do not fill the heap")
    func churn() throws {
        let loop = try EventLoop(name: "heap")
        for step in 0..<100_000 as Range<UInt64> {
            let registration = loop.register(timer: ScriptedSource())
            loop.setDeadline(registration, Instant(nanoseconds: 1 << 62 + step))
            loop.deregister(registration, fd: nil)
        }
        #expect(loop.queuedDeadlineCount < 1000)
        let registration = loop.register(timer: ScriptedSource())
        for step in 0..<100_000 as Range<UInt64> {
            loop.setDeadline(registration, Instant(nanoseconds: 1 << 62 - step))
        }
        #expect(loop.queuedDeadlineCount < 1000)
    }
}
