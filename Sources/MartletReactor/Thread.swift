import CMartlet
import Glibc

/// A system thread with a name. Loops and blocking work run on these, never on Swift's own pool.
public struct Thread: Sendable {
    private let handle: pthread_t

    private final class Start {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts a thread that runs `body` and ends with it.
    /// - Parameter name: shown by debuggers and `top -H`; the first 15 octets are kept.
    /// - Throws: `SystemError` when the system has no room for another thread.
    public init(name: String, body: @escaping @Sendable () -> Void) throws(SystemError) {
        let start = unsafe Unmanaged.passRetained(Start(name: name, body: body))
        var handle = pthread_t()
        let code = unsafe pthread_create(
            &handle,
            nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                unsafe cm_begin_thread(start.name)
                start.body()
                cm_end_thread()
                return nil
            },
            start.toOpaque()
        )
        guard code == 0 else {
            unsafe start.release()
            throw SystemError(code: code, operation: "start thread \(name)")
        }
        self.handle = handle
    }

    /// Waits until the thread has ended. Call it once, from another thread.
    public func join() {
        _ = pthread_join(handle, nil)
    }

    /// Lets the thread go: what it has of memory is freed when it ends, without `join`, which must not be called then. A
    /// thread that is neither joined nor let go leaves its stack behind.
    public func detach() {
        _ = pthread_detach(handle)
    }

    /// A number that tells the calling thread from all others that run now.
    static var currentIdentity: UInt { UInt(pthread_self()) }
}
