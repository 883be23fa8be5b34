import CMartlet
import Glibc

/// `Poller` on Linux's epoll.
struct EpollPoller: Poller, ~Copyable {
    /// Events taken in one wait: enough to batch, few enough that a turn stays short.
    static let eventsPerWait = 256

    private let epoll: CInt
    private var events: [cm_event]

    init() throws(SystemError) {
        epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw SystemError(operation: "epoll_create1") }
        events = Array(repeating: cm_event(), count: Self.eventsPerWait)
    }

    deinit {
        close(epoll)
    }

    func add(_ fd: CInt, token: UInt64, trigger: Trigger) throws(SystemError) {
        let interest =
            switch trigger {
            case .edge: cm_readable | cm_writable | cm_peer_finished | cm_edge_triggered
            case .level: cm_readable
            }
        guard cm_epoll_add(epoll, fd, interest, token) == 0 else { throw SystemError(operation: "epoll_ctl") }
    }

    func remove(_ fd: CInt) {
        // Can only fail when the descriptor is not registered: then there is nothing to remove.
        _ = cm_epoll_remove(epoll, fd)
    }

    mutating func wait(milliseconds: CInt) throws(SystemError) -> Int {
        let count = unsafe cm_epoll_wait(epoll, &events, CInt(Self.eventsPerWait), milliseconds)
        if count >= 0 { return Int(count) }
        // A signal or an attached debugger interrupts the wait: the loop simply takes another turn.
        if errno == EINTR { return 0 }
        throw SystemError(operation: "epoll_wait")
    }

    func event(at index: Int) -> PollerEvent {
        let event = events[index]
        let bits = event.events
        var readiness: Readiness = []
        if bits & cm_readable != 0 { readiness.insert(.readable) }
        if bits & cm_writable != 0 { readiness.insert(.writable) }
        if bits & cm_peer_finished != 0 { readiness.formUnion([.peerFinished, .readable]) }
        if bits & cm_hangup != 0 { readiness.formUnion([.hangup, .readable]) }
        return PollerEvent(token: event.token, readiness: readiness)
    }
}
