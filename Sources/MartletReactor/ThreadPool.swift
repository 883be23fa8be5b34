import Glibc

/// A few threads for work that blocks: reading a directory, looking up a name. Loops hand it over and go on.
///
/// Threads start when there is work for them, and stay.
public final class ThreadPool: Sendable {
    /// Threads at most.
    public let threadCount: Int

    private let name: String
    private let queueLimit: Int
    private let state = Locked(State())
    /// Counts the work that waits: a thread takes one before it takes work.
    private let waiting: Semaphore

    private struct State {
        var jobs: [Job] = []
        var threads = 0
        var idle = 0
    }

    private struct Job {
        let ticket: Ticket
        /// Does the work, or says that nobody wants it any more.
        let end: @Sendable (_ isWanted: Bool) -> Void
    }

    /// Stands for a job, queued or not. Changed under the lock of `state`.
    private final class Ticket: @unchecked Sendable {
        var isCancelled = false
    }

    /// A pool that starts no thread yet.
    /// - Parameters:
    ///   - name: of its threads.
    ///   - threads: at most so many at once.
    ///   - queueLimit: work that may wait; more is refused.
    public init(name: String, threads: Int = 4, queueLimit: Int = 1024) {
        self.name = name
        threadCount = max(1, threads)
        self.queueLimit = queueLimit
        waiting = Semaphore()
    }

    /// Runs `work` on one of the threads. Work whose task is cancelled before a thread is free for it leaves the queue at
    /// once and does not begin.
    /// - Throws: what `work` throws; `SystemError` EAGAIN when too much work waits already, or the system gives no thread;
    ///   `CancellationError` when it did not begin.
    public func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        let ticket = Ticket()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let job = Job(ticket: ticket) { isWanted in
                    if isWanted {
                        continuation.resume(with: Swift.Result { try work() })
                    } else {
                        continuation.resume(throwing: CancellationError())
                    }
                }
                do {
                    try submit(job)
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        } onCancel: {
            cancel(ticket)
        }
    }

    /// Runs `work` on one of the threads, some time; at once on the calling thread when it cannot be queued.
    public func start(_ work: @escaping @Sendable () -> Void) {
        do {
            try submit(Job(ticket: Ticket()) { _ in work() })
        } catch {
            work()
        }
    }

    private func submit(_ job: Job) throws {
        try state.withLock { state in
            if job.ticket.isCancelled { throw CancellationError() }
            guard state.jobs.count < queueLimit else {
                throw SystemError(code: EAGAIN, operation: "\(name): \(queueLimit) jobs wait already")
            }
            // Before the work is queued, so that work nobody would ever take is not queued at all.
            if state.idle <= state.jobs.count, state.threads < threadCount {
                do {
                    _ = try Thread(name: name) { [self] in workForever() }
                    state.threads += 1
                } catch {
                    // The threads that run already will come to it; without any it is refused.
                    if state.threads == 0 { throw error }
                }
            }
            state.jobs.append(job)
        }
        waiting.signal()
    }

    private func cancel(_ ticket: Ticket) {
        let job: Job? = state.withLock { state in
            ticket.isCancelled = true
            // Begun or not queued yet, it is not there. A thread that is woken for it finds nothing, and waits again.
            return state.jobs.firstIndex { $0.ticket === ticket }.map { state.jobs.remove(at: $0) }
        }
        job?.end(false)
    }

    private func workForever() {
        while true {
            state.withLock { $0.idle += 1 }
            waiting.wait()
            let job = state.withLock { state in
                state.idle -= 1
                return state.jobs.isEmpty ? nil : state.jobs.removeFirst()
            }
            job?.end(true)
        }
    }
}

/// A POSIX semaphore at an address of its own.
@safe private final class Semaphore: @unchecked Sendable {
    private let pointer: UnsafeMutablePointer<sem_t>

    init() {
        unsafe pointer = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
        _ = unsafe sem_init(pointer, 0, 0)
    }

    deinit {
        _ = unsafe sem_destroy(pointer)
        unsafe pointer.deallocate()
    }

    func signal() {
        _ = unsafe sem_post(pointer)
    }

    func wait() {
        while unsafe sem_wait(pointer) != 0 {}
    }
}
