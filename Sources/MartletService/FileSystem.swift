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

    /// A path without links, "." and ".."; nil when there is nothing at it.
    static func resolved(_ path: String) -> String? {
        guard let resolved = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe String(validatingCString: resolved)
    }

    /// Where a file that takes the place of another appears: the folder of the path and, behind a link, that of its
    /// target. A folder is its own.
    static func folders(of path: String) -> [String] {
        var status = stat()
        if unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return [path] }
        let paths = [path] + [resolved(path)].compactMap(\.self)
        return paths.map(folder)
    }

    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
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
