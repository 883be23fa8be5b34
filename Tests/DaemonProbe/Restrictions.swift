import Glibc
import MartletDaemon
import MartletReactor

/// Becomes another user, and tries to go back.
func probeDrop(_ arguments: [String]) throws {
    try Privileges.drop(to: arguments[0])
    print("uid \(getuid()) \(geteuid()) gid \(getgid()) \(getegid())")
    print("root again: \(setuid(0) == 0), root's group again: \(setgid(0) == 0)")
    let secret = unsafe open("/etc/shadow", O_RDONLY)
    print("reads /etc/shadow: \(secret >= 0)")
    for line in try text(of: "/proc/self/status").split(separator: "\n") {
        for key in ["CapPrm", "CapEff", "CapInh", "CapAmb", "NoNewPrivs", "Groups"] where line.hasPrefix(key + ":") {
            print(line.split(whereSeparator: { $0 == "\t" || $0 == " " }).joined(separator: " "))
        }
    }
    // Files of a process that may not dump core belong to root.
    var status = stat()
    print("dumpable: \(unsafe stat("/proc/self/status", &status) == 0 && status.st_uid == getuid())")
}

private func text(of path: String) throws -> String {
    let fd = unsafe open(path, O_RDONLY)
    guard fd >= 0 else { throw SystemError(operation: "open \(path)") }
    defer { close(fd) }
    var octets = [UInt8](repeating: 0, count: 16_384)
    let count = unsafe read(fd, &octets, octets.count)
    return String(decoding: octets[..<max(count, 0)], as: UTF8.self)
}

/// "read=PATH write=PATH exec=PATH bind=PORT connect=PORT" up to "--", then what to try: each prints "ok" or why not.
func probeSandbox(_ arguments: [String]) throws {
    let split = arguments.firstIndex(of: "--") ?? arguments.endIndex
    var sandbox = Sandbox(executable: Sandbox.systemExecutable)
    var (layers, hasThread) = (1, false)
    for (key, value) in arguments[..<split].map(pair) {
        switch key {
        case "read": sandbox.readable.append(value)
        case "write": sandbox.writable.append(value)
        case "change": sandbox.changeable.append(value)
        case "exec": sandbox.executable.append(value)
        case "bind": sandbox.bindPorts = (sandbox.bindPorts ?? []) + (UInt16(value).map { [$0] } ?? [])
        case "connect": sandbox.connectPorts = (sandbox.connectPorts ?? []) + (UInt16(value).map { [$0] } ?? [])
        case "layers": layers = Int(value) ?? 1
        case "thread": hasThread = true
        default: print("what is \(key)?")
        }
    }
    if hasThread { _ = try Thread(name: "other") { while true { pause() } } }
    for _ in 0..<layers { print(try sandbox.apply()) }
    for (key, value) in arguments[split...].dropFirst().map(pair) {
        print("\(key): \(attempt(key, value) ? "ok" : SystemError.text(of: errno))")
    }
}

private func pair(_ argument: String) -> (String, String) {
    let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
    return (parts[0], parts.count > 1 ? parts[1] : "")
}

private func attempt(_ what: String, _ value: String) -> Bool {
    switch what {
    case "read": return succeeded(unsafe open(value, O_RDONLY))
    case "overwrite": return succeeded(unsafe open(value, O_WRONLY | O_TRUNC))
    case "create": return succeeded(unsafe open(value, O_WRONLY | O_CREAT | O_EXCL, 0o600))
    case "rename": return unsafe rename(value, value + ".old") == 0
    case "move":
        return unsafe rename(value, String(value[..<(value.lastIndex(of: "/") ?? value.endIndex)]) + "/../moved") == 0
    case "remove": return unsafe unlink(value) == 0
    case "make-folder": return unsafe mkdir(value, 0o700) == 0
    case "remove-folder": return unsafe rmdir(value) == 0
    case "link": return unsafe symlink("target", value) == 0
    case "pipe": return unsafe mkfifo(value, 0o600) == 0
    case "device": return unsafe mknod(value, S_IFCHR | 0o600, 0x103) == 0
    case "list":
        guard let folder = unsafe opendir(value) else { return false }
        unsafe closedir(folder)
        return true
    case "bind":
        return succeeded((try? ListeningSocket.bind(address(value), count: 1))?[0].fd ?? -1)
    case "connect":
        let fd = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        let result = unsafe SocketAddress.loopback(port: UInt16(value) ?? 0).withSystemAddress {
            unsafe connect(fd, $0, $1)
        }
        return result == 0
    case "run":
        guard let process = try? DetachedProcess(executable: value, arguments: []).start() else { return false }
        var status: CInt = 0
        return unsafe waitpid(process, &status, 0) == process && status == 0
    case "signal": return kill(CInt(value) ?? getpid(), 0) == 0
    case "notify": return NotifySocket(environment: ["NOTIFY_SOCKET": value]).isConnected
    default: return false
    }
}

private func address(_ text: String) -> SocketAddress {
    UInt16(text).map { .loopback(port: $0) } ?? .unix(path: text)
}

private func succeeded(_ fd: CInt) -> Bool {
    guard fd >= 0 else { return false }
    close(fd)
    return true
}
