/// What a file descriptor is ready for. Several can be true at once.
public struct Readiness: OptionSet, Sendable {
    /// One bit for each of the members below.
    public let rawValue: UInt8

    /// A set from its bits.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// There may be bytes, a connection to accept, or the end of the stream to read.
    public static let readable = Readiness(rawValue: 1)
    /// There may be room to write.
    public static let writable = Readiness(rawValue: 2)
    /// The peer has closed its sending side (a FIN): what it sent before can still be read, and it may still read.
    public static let peerFinished = Readiness(rawValue: 4)
    /// Both directions are closed, or the connection was reset: nothing can be written any more.
    public static let hangup = Readiness(rawValue: 8)
}

/// How often a poller reports a descriptor.
public enum Trigger: Sendable {
    /// Once for each change, reading and writing both: nothing has to be switched on or off later, so a busy
    /// connection needs no system call for it. Who gets the event must read or write until the call would block,
    /// or remember that there is more.
    case edge
    /// As long as there is something to read. For listeners and wake-ups.
    case level
}

/// One event of a poller: the token that was given with the descriptor, and what it is ready for.
struct PollerEvent {
    var token: UInt64
    var readiness: Readiness
}

/// The system's way to wait for many descriptors: epoll on Linux; kqueue can follow.
///
/// Used by one thread, the loop's.
protocol Poller: ~Copyable {
    init() throws(SystemError)
    func add(_ fd: CInt, token: UInt64, trigger: Trigger) throws(SystemError)
    func remove(_ fd: CInt)
    /// Waits for at most `milliseconds` (-1: for ever). A signal may end the wait early, with no events.
    /// - Returns: the count of events, readable by `event(at:)` until the next call.
    mutating func wait(milliseconds: CInt) throws(SystemError) -> Int
    func event(at index: Int) -> PollerEvent
}
