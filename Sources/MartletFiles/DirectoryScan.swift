import CMartlet
import Glibc
import MartletReactor

/// Reads a directory for one page of its listing. Blocks, so it runs on the pool's threads.
struct DirectoryScan {
    let root: FileRoot
    let options: FilesOptions
    /// The directory below the root; decoded, joined by "/".
    let path: [UInt8]

    /// - Throws: `FileRoot.Failure` when the directory cannot be read.
    func page(_ query: ListingQuery) throws(FileRoot.Failure) -> PageSelection.Page {
        let folder = try root.open(path)
        guard folder.kind == .directory else { throw .notFound }
        // fdopendir takes the descriptor over, so it gets one of its own.
        let copy = fcntl(folder.fd, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw .overloaded }
        guard let directory = unsafe fdopendir(copy) else {
            close(copy)
            throw .failed(errno)
        }
        defer { unsafe closedir(directory) }

        var selection = PageSelection(order: query.order, after: query.after)
        let needsStatus = query.order.property != .name
        while let entry = unsafe readdir(directory) {
            guard var found = unsafe Self.read(entry), options.showsHidden || found.name.first != UInt8(ascii: ".")
            else { continue }
            let isKnown = unsafe entry.pointee.d_type == DT_DIR || entry.pointee.d_type == DT_REG
            if needsStatus || !isKnown {
                guard complete(&found, folder.fd) else { continue }
            }
            selection.offer(found)
        }
        var page = selection.page()
        if !needsStatus { page.entries = page.entries.compactMap { complete($0, folder.fd) } }
        return page
    }

    /// The name and what the directory itself says of the kind; nil for "." and "..".
    private static func read(_ entry: UnsafeMutablePointer<dirent>) -> DirectoryEntry? {
        let length = unsafe strlen(UnsafeRawPointer(entry).advanced(by: nameOffset).assumingMemoryBound(to: CChar.self))
        let bytes = unsafe UnsafeRawBufferPointer(
            start: UnsafeRawPointer(entry).advanced(by: nameOffset),
            count: length
        )
        let name = unsafe Array(bytes)
        guard name != [UInt8(ascii: ".")], name != [UInt8(ascii: "."), UInt8(ascii: ".")] else { return nil }
        let kind: DirectoryEntry.Kind = unsafe entry.pointee.d_type == DT_DIR ? .directory : .file
        return DirectoryEntry(name: name, kind: kind, size: 0, modified: 0)
    }

    private static let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name)!

    private func complete(_ entry: DirectoryEntry, _ folder: CInt) -> DirectoryEntry? {
        var entry = entry
        return complete(&entry, folder) ? entry : nil
    }

    /// Adds size and time.
    /// - Returns: false for what would not be served: it is not listed either.
    private func complete(_ entry: inout DirectoryEntry, _ folder: CInt) -> Bool {
        var status = stat()
        let name = entry.name + [0]
        let result = unsafe name.withUnsafeBytes { bytes in
            unsafe fstatat(folder, bytes.baseAddress!.assumingMemoryBound(to: CChar.self), &status, AT_SYMLINK_NOFOLLOW)
        }
        guard result == 0 else { return false }
        if unsafe cm_is_symbolic_link(&status) { return completeLink(&entry) }
        let isDirectory = unsafe cm_is_directory(&status)
        let isRegular = unsafe cm_is_regular(&status)
        guard isDirectory || isRegular else { return false }
        entry.kind = isDirectory ? .directory : .file
        entry.size = Int(status.st_size)
        entry.modified = status.st_mtim.tv_sec
        return true
    }

    /// A link is what it leads to, if that may be served.
    private func completeLink(_ entry: inout DirectoryEntry) -> Bool {
        let target = path.isEmpty ? entry.name : path + [UInt8(ascii: "/")] + entry.name
        guard let file = try? root.open(target), file.kind != .other else { return false }
        entry.kind = file.kind == .directory ? .directory : .file
        entry.size = file.size
        entry.modified = file.modifiedSeconds
        return true
    }
}
