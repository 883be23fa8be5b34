import CMartlet
import Glibc
import MartletFiles
import MartletReactor
import MartletService
import MartletWire

/// What is served: a folder or one file.
struct Subject {
    /// The absolute path, without links.
    let path: String
    /// Whether that is a folder.
    let isFolder: Bool

    /// - Throws: `Problem` when there is nothing there, or nothing that can be served.
    init(_ given: String) throws {
        guard let resolved = unsafe realpath(given, nil) else {
            switch errno {
            case EACCES: throw Problem("permission denied for '\(given)'. \(Self.remedy)")
            case ENOENT, ENOTDIR:
                throw Problem(
                    "there is no folder or file '\(given)'. Give one that exists."
                )
            default: throw Problem("'\(given)': \(SystemError.text(of: errno)).")
            }
        }
        defer { unsafe free(resolved) }
        // A folder above may have a name that is not UTF-8, which a String cannot hold: then the way given is taken.
        path = unsafe String(validatingCString: resolved) ?? given
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw Problem("'\(given)': \(SystemError.text(of: errno)).") }
        isFolder = unsafe cm_is_directory(&status)
        let isFile = unsafe cm_is_regular(&status)
        guard isFolder || isFile else {
            throw Problem("'\(given)' is neither a folder nor a regular file. Give one of those.")
        }
        guard unsafe access(path, isFolder ? R_OK | X_OK : R_OK) == 0 else {
            throw Problem("permission denied for '\(given)'. \(Self.remedy)")
        }
    }

    private static let remedy = "Serve it as a user who may read it, or give this one the right: chmod a+rX"

    /// The folder that it is, or that it is in.
    var folder: String {
        if isFolder { return path }
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Its path in the URLs of a server, percent-encoded: a folder's ends in "/".
    /// - Parameter served: the folder or the one file that is served, absolute and without links.
    /// - Returns: nil when it is not among what is served.
    func target(below served: String) -> String? {
        guard let names = names(below: served) else { return nil }
        var target: [UInt8] = []
        for name in names {
            target.append(UInt8(ascii: "/"))
            PercentEncoding.appendSegment(Array(name.utf8), to: &target)
        }
        return String(decoding: target, as: UTF8.self) + (isFolder ? "/" : "")
    }

    /// Whether a server would hide it for a name that begins with a dot.
    func isHidden(below served: String) -> Bool {
        guard path != served else { return false }
        return names(below: served)?.contains { $0.hasPrefix(".") } ?? false
    }

    private func names(below served: String) -> [Substring]? {
        if path == served { return isFolder ? [] : path.split(separator: "/").suffix(1) }
        let root = served == "/" ? "/" : "\(served)/"
        guard path.hasPrefix(root) else { return nil }
        return path.dropFirst(root.count).split(separator: "/")
    }

    func files(options: FilesOptions) throws -> Files {
        do throws(SystemError) {
            if isFolder { return try Files(path, options: options) }
            let slash = path.lastIndex(of: "/") ?? path.startIndex
            let folder = slash == path.startIndex ? "/" : String(path[..<slash])
            return try Files(file: String(path[path.index(after: slash)...]), in: folder, options: options)
        } catch {
            throw Problem("\(error)")
        }
    }
}
