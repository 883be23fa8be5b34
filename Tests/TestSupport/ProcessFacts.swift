import Glibc
import MartletReactor

/// Descriptors that a process has open now.
/// - Parameter process: its id; nil for this process.
public func openDescriptorCount(of process: CInt? = nil) throws -> Int {
    let process = process ?? getpid()
    guard let directory = unsafe opendir("/proc/\(process)/fd") else {
        throw SystemError(operation: "list the descriptors of process \(process)")
    }
    defer { unsafe closedir(directory) }
    var count = 0
    while unsafe readdir(directory) != nil { count += 1 }
    // ".", ".." and, in our own list, the descriptor that reads it.
    return count - (process == getpid() ? 3 : 2)
}

/// Octets of memory that a process has resident now.
/// - Parameter process: its id; nil for this process.
public func residentBytes(of process: CInt? = nil) throws -> Int {
    let process = process ?? getpid()
    let fields = try contents(ofFile: "/proc/\(process)/statm").split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else {
        throw SystemError(code: EINVAL, operation: "read /proc/\(process)/statm")
    }
    return pages * sysconf(CInt(_SC_PAGESIZE))
}

/// A file as text. Made for /proc, whose files do not know their size.
public func contents(ofFile path: String) throws -> String {
    try String(decoding: octets(ofFile: path), as: UTF8.self)
}

/// A file as octets.
public func octets(ofFile path: String) throws -> [UInt8] {
    let fd = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard fd >= 0 else { throw SystemError(operation: "open \(path)") }
    defer { close(fd) }
    var all: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = unsafe read(fd, &part, part.count)
        guard count >= 0 else { throw SystemError(operation: "read \(path)") }
        if count == 0 { return all }
        all += part[..<count]
    }
}

/// Where the build has put an executable product or target of this package: beside the running test bundle.
public func builtExecutable(_ name: String) throws -> String {
    var path = [UInt8](repeating: 0, count: 4096)
    let count = unsafe path.withUnsafeMutableBytes { bytes in
        unsafe readlink("/proc/self/exe", bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
    }
    guard count > 0 else { throw SystemError(operation: "readlink /proc/self/exe") }
    let directory = path[..<count].prefix(through: path[..<count].lastIndex(of: UInt8(ascii: "/")) ?? 0)
    let executable = String(decoding: directory, as: UTF8.self) + name
    guard unsafe access(executable, X_OK) == 0 else { throw SystemError(operation: "find \(executable)") }
    return executable
}
