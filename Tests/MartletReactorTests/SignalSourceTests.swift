import Glibc
import MartletReactor
import TestSupport
import Testing

/// There is one set of signal handlers in a process: one test after another.
@Suite("SignalSource", .serialized)
struct SignalSourceTests {
    private func isDefault(_ signal: CInt) -> Bool {
        var action = sigaction()
        _ = unsafe sigaction(signal, nil, &action)
        return unsafe action.__sigaction_handler.sa_handler == nil
    }

    /// Raises signals on a thread that does not block them, as the threads of Swift's pool do.
    private func raise(_ signals: [CInt]) throws {
        let thread = try MartletReactor.Thread(name: "raiser") {
            var set = sigset_t()
            unsafe sigfillset(&set)
            unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
            for signal in signals { Glibc.raise(signal) }
        }
        thread.join()
    }

    @Test("delivers signals on the loop, in order, and restores the default action when closed")
    func delivery() throws {
        let loop = try EventLoop(name: "signals")
        var received: [CInt] = []
        let source = try SignalSource([SIGUSR1, SIGUSR2], loop: loop) { number in
            #expect(loop.isCurrent)
            received.append(number)
            if received.count == 2 { loop.stop() }
        }
        #expect(!isDefault(SIGUSR1))
        #expect(!isDefault(SIGUSR2))
        try raise([SIGUSR1, SIGUSR2])
        loop.runHere()
        #expect(received == [SIGUSR1, SIGUSR2])
        source.close()
        #expect(isDefault(SIGUSR1))
        #expect(isDefault(SIGUSR2))
        source.close()
    }

    @Test("after a close from inside the call, signals that came before are not delivered")
    func closedInside() throws {
        let loop = try EventLoop(name: "signals")
        var count = 0
        var source: SignalSource?
        source = try SignalSource([SIGUSR1], loop: loop) { _ in
            count += 1
            source?.close()
            loop.stop()
        }
        try raise([SIGUSR1, SIGUSR1])
        loop.runHere()
        #expect(count == 1)
        #expect(isDefault(SIGUSR1))
        source = nil
    }

    @Test("more signals than the pipe holds neither block nor break anything")
    func flood() throws {
        let loop = try EventLoop(name: "signals")
        var count = 0
        let source = try SignalSource([SIGUSR2], loop: loop) { _ in
            count += 1
            if count == 65_536 { loop.stop() }
        }
        try raise([CInt](repeating: SIGUSR2, count: 70_000))
        loop.runHere()
        #expect(count >= 65_536)
        source.close()
    }
}
