import CMartlet
import Glibc
import MartletReactor

/// Something that happens once and wakes every thread that polls for it. Set from any thread.
final class Signal: Sendable {
    /// Readable from the moment it is set, for ever.
    let fd: CInt

    init() throws(SystemError) {
        fd = cm_eventfd()
        guard fd >= 0 else { throw SystemError(operation: "eventfd") }
    }

    deinit {
        close(fd)
    }

    func set() {
        var one: UInt64 = 1
        _ = unsafe write(fd, &one, MemoryLayout<UInt64>.size)
    }

    /// Makes it as if it had never been set.
    func clear() {
        var count: UInt64 = 0
        _ = unsafe read(fd, &count, MemoryLayout<UInt64>.size)
    }
}
