import Glibc

/// Finds the process that listens on a port, as far as this user may see: Linux's /proc.
enum PortOwner {
    /// - Returns: "python3 (process 1234)", or nil when it cannot be told.
    static func find(port: UInt16) -> String? {
        let inodes = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { listeners(in: $0, port: port) }
        guard !inodes.isEmpty else { return nil }
        let links = Set(inodes.map { "socket:[\($0)]" })
        for process in names(in: "/proc") where process.allSatisfy(\.isNumber) {
            let folder = "/proc/\(process)/fd"
            guard names(in: folder).contains(where: { links.contains(target(of: "\(folder)/\($0)")) }) else { continue }
            let name = read("/proc/\(process)/comm").split(separator: "\n").first ?? "a process"
            return "\(Banner.printable(String(name))) (process \(process))"
        }
        return nil
    }

    /// The inodes of sockets that listen (state 0A) on the port.
    private static func listeners(in table: String, port: UInt16) -> [Substring] {
        read(table).split(separator: "\n").dropFirst().compactMap { line in
            let columns = line.split(separator: " ", omittingEmptySubsequences: true)
            guard columns.count > 9, columns[3] == "0A", let text = columns[1].split(separator: ":").last,
                UInt16(text, radix: 16) == port
            else { return nil }
            return columns[9]
        }
    }

    private static func names(in folder: String) -> [String] {
        guard let directory = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    private static func target(of link: String) -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe readlink(link, bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : ""
    }

    private static func read(_ path: String) -> String {
        let fd = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return "" }
        defer { close(fd) }
        var contents: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = unsafe Glibc.read(fd, &buffer, buffer.count)
            guard count > 0 else { return String(decoding: contents, as: UTF8.self) }
            contents.append(contentsOf: buffer[..<count])
        }
    }
}
