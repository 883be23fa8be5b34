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
        var work: [@Sendable () -> Void] = []
        var threads = 0
        var idle = 0
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

    /// Runs `work` on one of the threads. Work whose task is cancelled before a thread is free for it does not begin.
    /// - Throws: what `work` throws; `SystemError` EAGAIN when too much work waits already, or the system gives no thread;
    ///   `CancellationError` when it did not begin.
    public func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        let isCancelled = Locked(false)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                do {
                    try submit {
                        guard !isCancelled.withLock({ $0 }) else {
                            return continuation.resume(throwing: CancellationError())
                        }
                        continuation.resume(with: Swift.Result { try work() })
                    }
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        } onCancel: {
            isCancelled.withLock { $0 = true }
        }
    }

    private func submit(_ work: @escaping @Sendable () -> Void) throws(SystemError) {
        try state.withLock { state throws(SystemError) in
            guard state.work.count < queueLimit else {
                throw SystemError(code: EAGAIN, operation: "\(name): \(queueLimit) jobs wait already")
            }
            // Before the work is queued, so that work nobody would ever take is not queued at all.
            if state.idle <= state.work.count, state.threads < threadCount {
                do throws(SystemError) {
                    _ = try Thread(name: name) { [self] in workForever() }
                    state.threads += 1
                } catch {
                    // The threads that run already will come to it; without any it is refused.
                    if state.threads == 0 { throw error }
                }
            }
            state.work.append(work)
        }
        waiting.signal()
    }

    private func workForever() {
        while true {
            state.withLock { $0.idle += 1 }
            waiting.wait()
            let work = state.withLock { state in
                state.idle -= 1
                return state.work.isEmpty ? nil : state.work.removeFirst()
            }
            work?()
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
