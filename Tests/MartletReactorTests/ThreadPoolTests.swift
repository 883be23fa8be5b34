import Glibc
import MartletReactor
import TestSupport
import Testing

@Suite("ThreadPool")
struct ThreadPoolTests {
    private struct Refused: Error, Equatable {}

    @Test("does all its work on its own threads, never more at once than it may")
    func bounded() async throws {
        let pool = ThreadPool(name: "pool-test", threads: 3)
        let running = Locked((now: 0, most: 0))
        let names = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    try await pool.run {
                        running.withLock {
                            $0.now += 1
                            $0.most = max($0.most, $0.now)
                        }
                        defer { running.withLock { $0.now -= 1 } }
                        sched_yield()
                        return try contents(ofFile: "/proc/thread-self/comm")
                    }
                }
            }
            return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(names == ["pool-test\n": 200])
        #expect((1...3).contains(running.value.most))
    }

    @Test("hands back what the work returns or throws, on the loop that asked")
    func results() async throws {
        try await withLoop { loop in
            let pool = ThreadPool(name: "pool-test", threads: 1)
            let returned = try await Task(executorPreference: loop) {
                let sum = try await pool.run { loop.isCurrent ? -1 : 42 }
                return loop.isCurrent ? sum : -2
            }.value
            #expect(returned == 42)
            await #expect(throws: Refused()) { try await pool.run { throw Refused() } }
        }
    }

    @Test("work whose task is cancelled before its turn does not begin")
    func cancelled() async throws {
        let pool = ThreadPool(name: "pool-test", threads: 1)
        let (gate, began, wanted) = (Locked(false), Locked(false), Locked(0))
        let held = Task {
            try await pool.run {
                began.withLock { $0 = true }
                while !gate.withLock({ $0 }) { usleep(1_000) }
            }
        }
        try await eventually("the only thread is busy") { began.withLock { $0 } }
        let abandoned = (0..<10).map { _ in Task { try await pool.run { wanted.withLock { $0 += 1 } } } }
        for task in abandoned { task.cancel() }
        // They end at once, while the thread is still busy.
        for task in abandoned { await #expect(throws: CancellationError.self) { try await task.value } }
        gate.withLock { $0 = true }
        try await held.value
        #expect(wanted.withLock { $0 } == 0)
    }

    @Test("refuses more than may wait, and takes work again once there is room")
    func refuses() async throws {
        let pool = ThreadPool(name: "pool-test", threads: 1, queueLimit: 2)
        let gate = Locked(false)
        let began = Locked(false)
        let held = Task {
            try await pool.run {
                began.withLock { $0 = true }
                while !gate.value { usleep(1_000) }
            }
        }
        try await eventually("the only thread is busy") { began.value }
        let outcomes = Locked<[CInt]>([])
        let waiting = (0..<5).map { _ in
            Task {
                do {
                    try await pool.run {}
                    outcomes.withLock { $0.append(0) }
                } catch let error as SystemError {
                    outcomes.withLock { $0.append(error.code) }
                }
            }
        }
        try await eventually("three are refused") { outcomes.value == [EAGAIN, EAGAIN, EAGAIN] }
        gate.withLock { $0 = true }
        try await held.value
        for task in waiting { try await task.value }
        #expect(outcomes.value == [EAGAIN, EAGAIN, EAGAIN, 0, 0])
        try await pool.run {}
    }
}
