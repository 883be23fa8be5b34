import Glibc
import MartletReactor
import Synchronization
import TestSupport

private func answer(_ loop: EventLoop) {
    let answered = Atomic(false)
    loop.execute { answered.store(true, ordering: .releasing) }
    while !answered.load(ordering: .acquiring) { sched_yield() }
}

/// Signals that interrupt the loop's wait, again and again, must neither end it nor lose anything.
func probeInterrupted() throws {
    var action = sigaction()
    unsafe action.__sigaction_handler.sa_handler = { _ in }
    _ = unsafe sigaction(SIGUSR1, &action, nil)
    let loop = try EventLoop(name: "probe")
    try loop.start()
    let handle = Locked<pthread_t?>(nil)
    loop.execute { handle.withLock { $0 = pthread_self() } }
    answer(loop)
    guard let thread = handle.withLock({ $0 }) else { return print("no thread") }
    let turns = Atomic(0)
    loop.execute { loop.addBeforeWait { turns.add(1, ordering: .relaxed) } }
    answer(loop)
    for round in 0..<200 {
        let before = turns.load(ordering: .relaxed)
        guard pthread_kill(thread, SIGUSR1) == 0 else { return print("the loop's thread is gone") }
        // The interrupted wait ends the turn: seen, so the signal did arrive in a wait.
        while turns.load(ordering: .relaxed) == before {
            pthread_kill(thread, SIGUSR1)
            sched_yield()
        }
        if round % 10 == 0 { answer(loop) }
    }
    answer(loop)
    loop.stop()
    loop.join()
    print("answered to the end")
}

/// A file sent to a peer that is gone must be a failure, not the end of the process.
func probeBrokenPipe() throws {
    let loop = try EventLoop(name: "probe")
    var (server, client): (TestSocket, TestSocket?) = try TestSocket.pair()
    _ = client
    client = nil
    let file = unsafe open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
    let result = Socket(fd: server.fd).sendFile(file, offset: 0, count: 100)
    print(result == .failed(EPIPE) ? "a failure" : "\(result)")
    _ = loop
}
