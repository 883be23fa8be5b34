import Glibc
import MartletDaemon
import MartletReactor

/// Waits until standard input ends.
func waitForEnd() {
    var octet: UInt8 = 0
    while unsafe read(0, &octet, 1) > 0 {}
}

/// Takes a PID file, and keeps it until the standard input ends.
func probePIDFile(_ arguments: [String]) throws {
    let file = try PIDFile.take(arguments[0])
    print("taken by \(getpid())")
    waitForEnd()
    if arguments.count > 1, arguments[1] == "abandon" { file.abandon() } else { file.remove() }
}

/// Takes a PID file, has a successor adopt it, and waits for that one to say that it has.
func probeAdoption(_ arguments: [String]) throws {
    if arguments.count > 1 {
        let file = try PIDFile.adopt(fd: CInt(arguments[1]) ?? -1, path: arguments[0])
        try file.write()
        try ReadySignal.fromEnvironment()?.ready(["\(getpid())"])
        var octet: UInt8 = 0
        while unsafe read(CInt(4), &octet, 1) > 0 {}
        return file.remove()
    }
    let file = try PIDFile.take(arguments[0])
    var ends: [CInt] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { throw SystemError(operation: "pipe") }
    var successor = DetachedProcess(
        executable: DetachedProcess.ownExecutable ?? "",
        arguments: ["pid-file-adopt", arguments[0], "3"]
    )
    _ = successor.inherit(file.fd)
    _ = successor.inherit(ends[0])
    let ready = try ReadyPipe()
    ready.give(to: &successor)
    let process = try successor.start()
    let outcome = ready.wait(for: process, until: Instant.now() + Nanoseconds(.seconds(30)))
    print(outcome == .ready(["\(process)"]) ? "adopted by \(process)" : "\(outcome)")
    file.abandon()
    // The successor runs until this process has ended, and then until its own pipe does.
    waitForEnd()
}

/// What a started process finds.
func probeFacts(_ arguments: [String]) {
    print("session \(getsid(0) == getpid() ? "own" : "inherited")")
    // Asked for by number: listing the folder would open one more.
    print("open", (0..<CInt(256)).filter { fcntl($0, F_GETFD) >= 0 }.map { "\($0)" }.joined(separator: " "))
    var octets = [UInt8](repeating: 0, count: 4096)
    for link in ["/proc/self/fd/0", "/proc/self/cwd"] {
        let count = unsafe octets.withUnsafeMutableBytes { bytes in
            unsafe readlink(link, bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        print(String(decoding: octets[..<max(count, 0)], as: UTF8.self))
    }
    var blocked = sigset_t()
    unsafe sigprocmask(SIG_SETMASK, nil, &blocked)
    let blockedSignals = (1..<CInt(32)).filter { unsafe sigismember(&blocked, $0) == 1 }
    let ignored = (1..<CInt(32)).filter { signal in
        var action = sigaction()
        let result = unsafe sigaction(signal, nil, &action)
        return unsafe result == 0 && unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    }
    print("blocked \(blockedSignals), ignored \(ignored)")
    for fd in arguments.compactMap({ CInt($0) }) {
        let count = unsafe read(fd, &octets, octets.count)
        print("\(fd): \(String(decoding: octets[..<max(count, 0)], as: UTF8.self))")
    }
    for name in ["PROBE", "HOME"] { print("\(name)=\(ProcessEnvironment.value(name) ?? "(unset)")") }
    let line = Array("standard error\n".utf8)
    _ = unsafe write(2, line, line.count)
}

/// Says what it is told to, then waits or ends as it is told to.
func probeReady(_ arguments: [String]) throws {
    let signal = try ReadySignal.fromEnvironment()
    if signal == nil { print("no pipe") }
    if let left = ProcessEnvironment.value(ReadySignal.variable) { print("left \(left)") }
    switch arguments[0] {
    case "ready":
        signal?.ready(Array(arguments.dropFirst()))
        signal?.failed("said twice")
    case "failed":
        signal?.failed(arguments[1])
        signal?.ready([])
    case "exit": exit(CInt(arguments[1]) ?? 0)
    case "killed": kill(getpid(), SIGKILL)
    case "hang": while true { pause() }
    // Leaves a process behind that lives longer, and must not hold the pipe open.
    case "leave":
        var other = DetachedProcess(executable: "/bin/sleep", arguments: ["30"])
        other.output = 2
        print(try other.start())
        exit(3)
    default: break
    }
}

/// Prints the inherited sockets; greets a client if told to.
func probeSockets(_ arguments: [String]) throws {
    if arguments.first == "hand-over" {
        let bound = try ListeningSocket.bind(.loopback(port: 0), count: 2)
        let sockets = bound.enumerated().map { InheritedSocket(name: "web:\($0)", socket: $1) }
        var successor = DetachedProcess(
            executable: DetachedProcess.ownExecutable ?? "",
            arguments: ["sockets", "greet"]
        )
        InheritedSockets.give(sockets, to: &successor)
        print(bound[0].address.port ?? 0)
        _ = try successor.start()
        return
    }
    // As systemd does: the id is that of this process.
    if ProcessEnvironment.value("LISTEN_PID") == "me" { unsafe setenv("LISTEN_PID", "\(getpid())", 1) }
    let sockets = try InheritedSockets.fromEnvironment()
    for socket in sockets {
        let fd = socket.socket.fd
        let flags = fcntl(fd, F_GETFD) & FD_CLOEXEC != 0 && fcntl(fd, F_GETFL) & O_NONBLOCK != 0
        print("\(socket.name) \(socket.socket.address) \(fd) \(flags ? "ready" : "wrong flags")")
    }
    for name in ProcessEnvironment.all().keys.sorted() where name.contains("LISTEN_") { print("left \(name)") }
    guard arguments.first == "greet" else { return }
    // The kernel spreads connections over sockets of one address: any may get it.
    var entries = sockets.map { pollfd(fd: $0.socket.fd, events: Int16(POLLIN), revents: 0) }
    _ = unsafe poll(&entries, nfds_t(entries.count), 60_000)
    for (entry, socket) in zip(entries, sockets) where entry.revents != 0 {
        let client = accept(socket.socket.fd, nil, nil)
        let line = Array("hello from \(socket.name)\n".utf8)
        _ = unsafe write(client, line, line.count)
        close(client)
    }
}
