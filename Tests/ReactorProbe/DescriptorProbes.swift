import Glibc
import MartletReactor
import TestSupport

/// Descriptors that this process may have open from now on.
private func limitDescriptors(to count: Int) {
    var limit = rlimit()
    _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = rlim_t(count)
    _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}

/// The lowest number that the next descriptor can get.
private func nextDescriptor() -> CInt {
    let fd = dup(0)
    close(fd)
    return fd
}

/// A timer that calls a closure.
private final class Timer: EventSource {
    private let body: () -> Void

    init(after duration: Duration, loop: EventLoop, _ body: @escaping () -> Void) {
        self.body = body
        loop.setDeadline(loop.register(timer: self), Instant.now() + Nanoseconds(duration))
    }

    func deadlineReached() { body() }
}

/// 40 clients wait and there is room for 10: the others must learn at once, and room that comes back must be used.
func probeOutOfDescriptors() throws {
    let loop = try EventLoop(name: "probe")
    let bound = try ListeningSocket.bind(.loopback(port: 0), count: 1)[0]
    var clients = try (0..<40).map { _ in try TestSocket.connect(to: bound.address) }
    let late = try TestSocket.connect(to: bound.address)
    _ = late
    var accepted: [Socket] = []
    var failures: Set<CInt> = []
    let listener = try Listener(
        bound,
        loop: loop,
        accepted: { socket, _ in
            _ = socket.send([1].span)
            accepted.append(socket)
        },
        failed: { failures.insert($0.code) }
    )
    limitDescriptors(to: Int(nextDescriptor()) + 10)
    _ = Timer(after: .milliseconds(300), loop: loop) { loop.stop() }
    var turns = 0
    loop.addBeforeWait { turns += 1 }
    loop.run()
    print("accepted \(accepted.count), failures \(failures == [EMFILE] ? "EMFILE" : "\(failures)")")
    let ends = clients.map { client in (try? client.receive()).map(\.count) ?? -1 }
    print("greeted \(ends.filter { $0 == 1 }.count), told at once \(ends.filter { $0 <= 0 }.count)")
    print(turns < 100 ? "calm" : "\(turns) turns")
    for socket in accepted.prefix(5) { socket.close() }
    clients.removeAll()
    let again = try TestSocket.connect(to: bound.address)
    listener.ready(.readable)
    print("afterwards \(try again.receive() == [1] ? "served" : "refused")")
    listener.close()
}

/// Not even a spare descriptor: the loop must rest instead of spinning, and serve once there is room.
func probeNoSpare() throws {
    let loop = try EventLoop(name: "probe")
    let bound = try ListeningSocket.bind(.loopback(port: 0), count: 1)[0]
    let client = try TestSocket.connect(to: bound.address)
    limitDescriptors(to: Int(nextDescriptor()))
    var (failures, turns) = (0, 0)
    let listener = try Listener(
        bound,
        loop: loop,
        accepted: { socket, _ in
            _ = socket.send([1].span)
            loop.stop()
        },
        failed: { _ in failures += 1 }
    )
    loop.addBeforeWait { turns += 1 }
    _ = Timer(after: .milliseconds(450), loop: loop) { limitDescriptors(to: 1000) }
    _ = Timer(after: .seconds(10), loop: loop) { loop.stop() }
    loop.run()
    print(try client.receive() == [1] ? "served" : "refused")
    print((1...20).contains(failures) && turns < 40 ? "calm" : "\(failures) failures, \(turns) turns")
    listener.close()
}
