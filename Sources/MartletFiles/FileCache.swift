import CMartlet
import Glibc
import MartletReactor
import MartletWire

/// Files that one loop holds open for a moment, so that those asked for again and again need not be looked up, opened
/// and described each time.
///
/// Nothing stale is ever served: each use asks the kernel about the file and every folder on its way. As long as size,
/// modification and change time of the file, and the times of its folders, are what they were, the name still stands for
/// this file, with this content, and no sidecar has come or gone. Nobody can set a change time back; and none is relied on
/// that is so young that a second change could have the same. Content is read from the file for each answer.
///
/// What asking cannot show is a file system mounted over a folder, and a held file keeps its space on the disk when it is
/// deleted: all is let go after `lifetime`, whoever uses it.
final class FileCache: EventSource {
    /// The longest that anything is held.
    static let lifetime = Duration.seconds(2)
    /// A time stamp this far back cannot come again: file systems count in steps of at most 2 s.
    static let settling: Int64 = 2_000_000_000

    private let root: FileRoot
    private let loop: EventLoop
    private var registration: Registration?
    private var files: [Path: FoundFile] = [:]
    /// By path; nil: not one whose times can be relied on.
    private var folders: [[UInt8]: Folder?] = [:]
    private let limit: Int

    private init(root: FileRoot, loop: EventLoop) {
        (self.root, self.loop) = (root, loop)
        var descriptors = rlimit()
        let isKnown = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &descriptors) == 0
        // Most descriptors are for connections, every loop holds some, and a file may bring three sidecars.
        limit = isKnown ? Int(min(256, descriptors.rlim_cur / 64)) : 16
    }

    /// What the current loop holds of `root`; nil when this is no loop's thread.
    static func current(of root: FileRoot) -> FileCache? {
        guard let loop = EventLoop.current else { return nil }
        if let cache = loop.attachments[ObjectIdentifier(root)] as? FileCache { return cache }
        let cache = FileCache(root: root, loop: loop)
        let registration = loop.register(timer: cache)
        cache.registration = registration
        loop.setDeadline(registration, loop.now + Nanoseconds(lifetime))
        loop.attachments[ObjectIdentifier(root)] = cache
        return cache
    }

    /// Lets go of everything: when its time has come, or descriptors have run out.
    func removeAll() {
        guard let registration else { return }
        self.registration = nil
        loop.attachments[ObjectIdentifier(root)] = nil
        loop.deregister(registration, fd: nil)
    }

    func deadlineReached() {
        removeAll()
    }

    /// The file held for `path`, if the path still leads to it and nothing happened to it.
    func file(at path: [UInt8]) -> FoundFile? {
        guard let found = files[Path(octets: path)] else { return nil }
        if found.folder?.isAsItWas == true, found.original.file.isUntouched { return found }
        files[Path(octets: path)] = nil
        return nil
    }

    /// Holds a file that was just found, if it can be told later that it is still the same.
    func hold(_ found: FoundFile) {
        guard files.count + folders.count < limit else { return }
        let (folder, name) = Self.split(found.path)
        guard let folder = self.folder(at: folder), folder.isAsItWas, folder.has(found.original.file, as: name) else {
            return
        }
        found.folder = folder
        files[Path(octets: found.path)] = found
    }

    private func folder(at path: [UInt8]) -> Folder? {
        if let known = folders[path], known?.isAsItWas ?? true { return known }
        let folder = open(path)
        folders[path] = .some(folder)
        return folder
    }

    private func open(_ path: [UInt8]) -> Folder? {
        guard !path.isEmpty else { return Folder(root.openItself(), in: nil) }
        let (parent, name) = Self.split(path)
        return folder(at: parent).flatMap { Folder($0.open(name), in: $0) }
    }

    /// The folder that a path is in, and its name there.
    static func split(_ path: [UInt8]) -> (folder: [UInt8], name: [UInt8]) {
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return ([], path) }
        return (Array(path[..<slash]), Array(path[(slash + 1)...]))
    }

    /// Whether a later change would show in the times.
    fileprivate static func isSettled(_ file: OpenFile) -> Bool {
        max(file.modified, file.changed) < WallClock.nanoseconds() - settling
    }
}

extension FileCache {
    /// A path that is hashed as a whole: an array is octet by octet.
    private struct Path: Hashable {
        let octets: [UInt8]

        func hash(into hasher: inout Hasher) {
            unsafe octets.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        }
    }

    /// A folder on the way to a held file.
    final class Folder {
        private let file: OpenFile
        private let parent: Folder?

        /// - Returns: nil when it is no folder, or none whose times tell of every change.
        fileprivate init?(_ file: OpenFile?, in parent: Folder?) {
            guard let file, file.kind == .directory, isSettled(file), cm_keeps_times(file.fd) else { return nil }
            (self.file, self.parent) = (file, parent)
        }

        /// Whether every name in it, and on the way to it, stands for what it stood for when this was opened.
        var isAsItWas: Bool {
            file.isUntouched && parent?.isAsItWas ?? true
        }

        /// What a name stands for, symbolic links not followed.
        fileprivate func open(_ name: [UInt8]) -> OpenFile? {
            let fd = unsafe withCString(name) { unsafe cm_open_component(file.fd, $0) }
            return fd < 0 ? nil : try? OpenFile(fd: fd)
        }

        /// Whether `name` stands for `other` itself, and not for a link to it; nil: for nothing.
        func has(_ other: OpenFile?, as name: [UInt8]) -> Bool {
            other.map(isSettled) ?? true && file.has(other, as: name)
        }
    }
}
