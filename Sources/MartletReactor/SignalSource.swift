import CMartlet
import Glibc

/// Tells a loop about signals of the process, such as SIGINT and SIGTERM, instead of their default action.
///
/// There is one set of signal handlers in a process, so use one source at a time.
public final class SignalSource: EventSource {
    private let loop: EventLoop
    private let signals: [CInt]
    private let received: (CInt) -> Void
    private var ends: (read: CInt, write: CInt) = (-1, -1)
    private var registration: Registration?

    /// Starts forwarding on the loop's thread, where `received` is called with each signal's number.
    public init(_ signals: [CInt], loop: EventLoop, received: @escaping (CInt) -> Void) throws(SystemError) {
        self.loop = loop
        self.signals = signals
        self.received = received
        var pair: [CInt] = [-1, -1]
        guard unsafe cm_pipe(&pair) == 0 else { throw SystemError(operation: "pipe for signals") }
        ends = (pair[0], pair[1])
        do {
            registration = try loop.register(self, fd: ends.read, trigger: .level)
        } catch {
            for end in pair { _ = Glibc.close(end) }
            throw error
        }
        for signal in signals { _ = cm_forward_signal(signal, ends.write) }
    }

    /// Restores the default action of the signals. Call it on the loop's thread.
    public func close() {
        guard let registration else { return }
        self.registration = nil
        for signal in signals { _ = cm_forward_signal(signal, -1) }
        loop.deregister(registration, fd: ends.read)
        _ = Glibc.close(ends.read)
        _ = Glibc.close(ends.write)
    }

    /// Reads the numbers that the handler wrote.
    public func ready(_ readiness: Readiness) {
        var octets = [UInt8](repeating: 0, count: 16)
        let count = unsafe read(ends.read, &octets, octets.count)
        guard count > 0 else { return }
        for octet in octets[..<count] where registration != nil { received(CInt(octet)) }
    }
}
