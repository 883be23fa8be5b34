import Glibc

/// Finds the process that listens on a port, as far as this user may see: Linux's /proc.
enum PortOwner {
    /// - Returns: "python3 (process 1234)", or nil when it cannot be told.
    static func find(port: UInt16) -> String? {
        let inodes = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { listeners(in: $0, port: port) }
        guard !inodes.isEmpty else { return nil }
        let links = Set(inodes.map { "socket:[\($0)]" })
        for process in FileSystem.names(in: "/proc") where process.allSatisfy(\.isNumber) {
            let folder = "/proc/\(process)/fd"
            guard FileSystem.names(in: folder).contains(where: { links.contains(target(of: "\(folder)/\($0)")) }) else {
                continue
            }
            let name = FileSystem.contents(of: "/proc/\(process)/comm").split(separator: "\n").first ?? "a process"
            return "\(Banner.printable(String(name))) (process \(process))"
        }
        return nil
    }

    /// The inodes of sockets that listen (state 0A) on the port.
    private static func listeners(in table: String, port: UInt16) -> [Substring] {
        FileSystem.contents(of: table).split(separator: "\n").dropFirst().compactMap { line in
            let columns = line.split(separator: " ", omittingEmptySubsequences: true)
            guard columns.count > 9, columns[3] == "0A", let text = columns[1].split(separator: ":").last,
                UInt16(text, radix: 16) == port
            else { return nil }
            return columns[9]
        }
    }

    private static func target(of link: String) -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe readlink(link, bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : ""
    }
}
