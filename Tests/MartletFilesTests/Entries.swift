import MartletFiles

func file(_ name: String, size: Int = 0, modified: Int = 0) -> DirectoryEntry {
    DirectoryEntry(name: Array(name.utf8), kind: .file, size: size, modified: modified)
}

func directory(_ name: String, modified: Int = 0) -> DirectoryEntry {
    DirectoryEntry(name: Array(name.utf8), kind: .directory, size: 4_096, modified: modified)
}

extension DirectoryEntry {
    var text: String {
        String(decoding: name, as: UTF8.self)
    }
}
