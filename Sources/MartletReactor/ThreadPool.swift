import Glibc
import Synchronization

/// A few threads for work that blocks: reading a directory, looking up a name. Loops hand it over and go on.
///
/// Threads start when there is work for them, and stay.
public final class ThreadPool: Sendable {
    /// Threads at most.
    public let threadCount: Int

    private let name: String
    private let queueLimit: Int
    private let state = Mutex(State())
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

    /// Runs `work` on one of the threads.
    /// - Throws: `SystemError` EAGAIN when too much work waits already, or the system gives no thread.
    public func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try submit { continuation.resume(with: Swift.Result { try work() }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    private func submit(_ work: @escaping @Sendable () -> Void) throws(SystemError) {
        enum Decision { case wait, start, refuse }
        let decision = state.withLock { state in
            guard state.work.count < queueLimit else { return Decision.refuse }
            state.work.append(work)
            guard state.idle < state.work.count, state.threads < threadCount else { return .wait }
            state.threads += 1
            return .start
        }
        switch decision {
        case .refuse:
            throw SystemError(code: EAGAIN, operation: "\(name): \(queueLimit) jobs wait already")
        case .start:
            do {
                _ = try Thread(name: name) { [self] in workForever() }
            } catch {
                // The work stays for a thread that runs already; without one it can only be refused.
                let isAlone = state.withLock { state in
                    state.threads -= 1
                    if state.threads == 0 { state.work.removeLast() }
                    return state.threads == 0
                }
                if isAlone { throw error }
            }
        case .wait:
            break
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
