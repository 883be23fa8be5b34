import Glibc
import MartletReactor

/// A file that a server logs to.
final class LogSink: Sendable {
    let fd: CInt
    private let path: String

    init(_ path: String) throws {
        self.path = path
        fd = unsafe open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard fd >= 0 else { throw SystemError(operation: "open \(path)") }
    }

    deinit {
        close(fd)
    }

    /// What was logged, when the server is done.
    func lines() throws -> [String] {
        let input = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw SystemError(operation: "open \(path)") }
        defer { close(input) }
        var octets: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe read(input, &chunk, chunk.count)
            guard count > 0 else { break }
            octets += chunk[..<count]
        }
        return String(decoding: octets, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
