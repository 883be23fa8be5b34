import MartletReactor
import Testing

/// A source that does what its test says.
final class ScriptedSource: EventSource {
    var onReady: (Readiness) -> Void = { _ in }
    var onDeadline: () -> Void = {}
    var onTurn: () -> Void = {}
    var onDeinit: () -> Void = {}

    deinit {
        onDeinit()
    }

    func ready(_ readiness: Readiness) { onReady(readiness) }
    func deadlineReached() { onDeadline() }
    func turn() { onTurn() }
}

extension Locked {
    /// The value now.
    var value: Value { withLock { $0 } }
}

/// Something that belongs to a loop's thread, on its way there: only closures that run on that loop may open it.
struct OnLoop<Value>: @unchecked Sendable {
    let value: Value
}

extension EventLoop {
    /// Turns on the calling thread until something stops the loop: the test's own script, or the watchdog.
    func runHere(limit: Duration = .seconds(20), sourceLocation: SourceLocation = #_sourceLocation) {
        let watchdog = ScriptedSource()
        let registration = register(timer: watchdog)
        watchdog.onDeadline = { [unowned self] in
            Issue.record("the loop was not stopped within \(limit)", sourceLocation: sourceLocation)
            stop()
        }
        setDeadline(registration, Instant.now() + Nanoseconds(limit))
        run()
    }

    /// Runs `body` on the loop's thread and hands back what it returns or throws.
    func call<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            execute { continuation.resume(with: Swift.Result { try body() }) }
        }
    }
}

/// A loop on a thread of its own, stopped and joined when `body` is done.
func withLoop(_ name: String = "test-loop", _ body: (EventLoop) async throws -> Void) async throws {
    let loop = try EventLoop(name: name)
    try loop.start()
    defer {
        loop.stop()
        loop.join()
    }
    try await body(loop)
}

/// Numbers that look random and are the same in every run.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        // SplitMix64.
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
