import MartletFiles

func file(_ name: String, size: Int = 0, modified: Int = 0) -> DirectoryEntry {
    DirectoryEntry(name: Array(name.utf8), kind: .file, size: size, modified: modified)
}

/// A directory; its size, which nothing may look at, differs from name to name.
func directory(_ name: String, modified: Int = 0) -> DirectoryEntry {
    let size = name.utf8.reduce(4_096) { $0 ^ Int($1) }
    return DirectoryEntry(name: Array(name.utf8), kind: .directory, size: size, modified: modified)
}

extension DirectoryEntry {
    var text: String {
        String(decoding: name, as: UTF8.self)
    }
}
