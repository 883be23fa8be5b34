import Glibc
import MartletReactor

/// One descriptor of a script, and its place on the loop.
struct WatchedDescriptor {
    var fd: CInt = -1
    var registration: Registration?
    /// An event said so, and no call said otherwise.
    var isReady = false
    /// Nobody holds the other end any more: there will be no other event.
    var isHungUp = false
    var isOpen: Bool { fd >= 0 }

    /// Closes it, and is nothing then.
    mutating func close(on loop: EventLoop) {
        guard isOpen else { return }
        if let registration { loop.deregister(registration, fd: nil) }
        _ = Glibc.close(fd)
        self = WatchedDescriptor()
    }
}
