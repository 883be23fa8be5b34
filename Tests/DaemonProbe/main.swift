// What a process does to itself cannot be tried inside the test process: sessions, locks, users, sandboxes.
// Each probe prints what it saw; the tests in MartletDaemonTests know what that should be.

import Glibc

/// At once, unlike the library's: a test waits for the line.
func print(_ items: Any...) {
    let line = Array((items.map { "\($0)" }.joined(separator: " ") + "\n").utf8)
    _ = unsafe write(1, line, line.count)
}

let arguments = Array(CommandLine.arguments.dropFirst())
let rest = Array(arguments.dropFirst())
do {
    switch arguments.first {
    case "pid-file": try probePIDFile(rest)
    case "pid-file-adopt": try probeAdoption(rest)
    case "facts": probeFacts(rest)
    case "ready": try probeReady(rest)
    case "sockets": try probeSockets(rest)
    case "drop": try probeDrop(rest)
    case "sandbox": try probeSandbox(rest)
    default: print("which probe?")
    }
} catch {
    print("error: \(error)")
    exit(1)
}
