import Glibc
import Synchronization
import TestSupport
import Testing

@testable import MartletReactor

@Suite("EventLoop: threads and tasks")
struct EventLoopThreadTests {
    @Test("work from many threads is all done, on the loop, in each thread's order")
    func wakeUps() async throws {
        try await withLoop { loop in
            let (threads, each) = (8, 3000)
            let orders = Locked([[Int]](repeating: [], count: threads))
            let strangers = Atomic(0)
            let started = try (0..<threads).map { thread in
                try MartletReactor.Thread(name: "poster-\(thread)") {
                    for number in 0..<each {
                        loop.execute {
                            if !loop.isCurrent { strangers.add(1, ordering: .relaxed) }
                            orders.withLock { $0[thread].append(number) }
                        }
                        // Now and then the loop gets time to fall asleep, so that the next call must wake it.
                        if number % 100 == 0 { sched_yield() }
                    }
                }
            }
            for thread in started { thread.join() }
            try await loop.call {}
            #expect(orders.value == [[Int]](repeating: Array(0..<each), count: threads))
            #expect(strangers.load(ordering: .relaxed) == 0)
        }
    }

    @Test("a call between two idle loops wakes the other every time")
    func pingPong() async throws {
        try await withLoop("ping") { ping in
            try await withLoop("pong") { pong in
                await withCheckedContinuation { continuation in
                    exchange(2000, from: ping, to: pong) { continuation.resume() }
                }
            }
        }
    }

    private func exchange(_ left: Int, from: EventLoop, to: EventLoop, done: @escaping @Sendable () -> Void) {
        guard left > 0 else { return done() }
        to.execute { exchange(left - 1, from: to, to: from, done: done) }
    }

    @Test("tasks started on many threads with the loop's preference all run and end on the loop")
    func foreignJobs() async throws {
        try await withLoop { loop in
            let onLoop = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<500 {
                    group.addTask(executorPreference: loop) {
                        let before = loop.isCurrent
                        await Task.yield()
                        return before && loop.isCurrent
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(onLoop == 500)
        }
    }

    @Test("a task with the loop's preference runs on the loop's named thread, and again there after a sleep")
    func taskStaysOnLoop() async throws {
        try await withLoop("martlet-7") { loop in
            let names = try await Task(executorPreference: loop) {
                let before = try contents(ofFile: "/proc/thread-self/comm")
                try await Task.sleep(for: .milliseconds(1))
                return [before, try contents(ofFile: "/proc/thread-self/comm"), "\(loop.isCurrent)"]
            }.value
            #expect(names == ["martlet-7\n", "martlet-7\n", "true"])
            #expect(!loop.isCurrent)
        }
    }

    @Test("an immediate task that never suspends has ended before the call returns")
    func immediateTask() async throws {
        try await withLoop { loop in
            let steps = try await loop.call {
                let steps = Locked<[String]>([])
                Task.immediate(executorPreference: loop) {
                    steps.withLock { $0.append("task \(loop.isCurrent)") }
                }
                steps.withLock { $0.append("after") }
                return steps.value
            }
            #expect(steps == ["task true", "after"])
        }
    }

    @Test("a task that yields for ever does not keep the loop from its other work")
    func yieldingTaskIsFair() async throws {
        try await withLoop { loop in
            let task = Task(executorPreference: loop) {
                while !Task.isCancelled { await Task.yield() }
            }
            for _ in 0..<100 { try await loop.call {} }
            task.cancel()
            await task.value
        }
    }

    @Test("a task that outlives the loop goes on elsewhere and ends")
    func taskOutlivesLoop() async throws {
        let (stream, source) = AsyncStream<Int>.makeStream()
        let loop = try EventLoop(name: "short")
        try loop.start()
        let task = Task(executorPreference: loop) {
            let first = loop.isCurrent
            var sum = 0
            for await number in stream { sum += number }
            await Task.yield()
            return (first, sum, loop.isCurrent)
        }
        source.yield(1)
        try await loop.call {}
        loop.stop()
        loop.join()
        source.yield(2)
        source.finish()
        let (_, sum, last) = await task.value
        #expect(sum == 3)
        #expect(!last)
    }

    @Test("a job that is waiting when the loop stops is not lost")
    func jobWaitingAtStop() async throws {
        let loop = try EventLoop(name: "stopping")
        // All before the start: the stop and the jobs come in the first batch, and some jobs yield into a dead loop.
        let tasks = (0..<50).map { number in
            Task(executorPreference: loop) {
                for _ in 0..<number { await Task.yield() }
                return number
            }
        }
        loop.stop()
        try loop.start()
        loop.join()
        var sum = 0
        for task in tasks { sum += await task.value }
        #expect(sum == 1225)
    }

    @Test("what is handed over before the start is done after it")
    func beforeStart() async throws {
        let loop = try EventLoop(name: "early")
        let order = Locked<[Int]>([])
        for number in 0..<3 { loop.execute { order.withLock { $0.append(number) } } }
        let task = Task(executorPreference: loop) { loop.isCurrent }
        try loop.start()
        try await loop.call {}
        #expect(order.value == [0, 1, 2])
        #expect(await task.value)
        loop.stop()
        loop.join()
    }

    @Test("work handed over on the loop itself is done in a later turn")
    func nestedExecute() async throws {
        try await withLoop { loop in
            let order = Locked<[String]>([])
            await withCheckedContinuation { continuation in
                loop.execute {
                    loop.execute {
                        order.withLock { $0.append("inner") }
                        continuation.resume()
                    }
                    order.withLock { $0.append("outer") }
                }
            }
            #expect(order.value == ["outer", "inner"])
        }
    }

    @Test("a loop that was stopped more than once, and asked for work later, is released with all it holds")
    func released() throws {
        weak var watched: EventLoop?
        weak var source: ScriptedSource?
        do {
            let loop = try EventLoop(name: "gone")
            watched = loop
            let held = ScriptedSource()
            source = held
            held.onTurn = { [loop] in _ = loop }
            _ = loop.register(timer: held)
            let dropped = Atomic(0)
            loop.stop()
            loop.execute {
                // In the turn that ends the loop, behind the stop: nobody will look any more.
                loop.stop()
                loop.execute { [loop] in
                    _ = loop
                    dropped.add(1, ordering: .relaxed)
                }
            }
            try loop.start()
            loop.join()
            loop.stop()
            loop.execute { dropped.add(1, ordering: .relaxed) }
            #expect(dropped.load(ordering: .relaxed) == 0)
        }
        #expect(source == nil)
        #expect(watched == nil)
    }

    @Test("a loop that never ran is released though it was told to stop")
    func neverStarted() throws {
        weak var watched: EventLoop?
        do {
            let loop = try EventLoop(name: "never")
            watched = loop
            loop.stop()
            loop.join()
        }
        #expect(watched == nil)
    }

    @Test("joining from several threads, and twice, is safe")
    func joinTwice() async throws {
        let loop = try EventLoop(name: "joined")
        try loop.start()
        loop.stop()
        let joiners = try (0..<4).map { _ in try MartletReactor.Thread(name: "joiner") { loop.join() } }
        for joiner in joiners { joiner.join() }
        loop.join()
    }
}
