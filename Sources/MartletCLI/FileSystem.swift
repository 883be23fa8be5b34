import Glibc

/// Small reads of files and folders.
enum FileSystem {
    /// What a file holds, read as UTF-8; "" for one that cannot be read.
    static func contents(of path: String) -> String {
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

    /// The names in a folder but those that begin with a dot; none for one that cannot be read.
    static func names(in folder: String) -> [String] {
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
}
