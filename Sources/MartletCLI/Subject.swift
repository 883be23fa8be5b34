import CMartlet
import Glibc
import MartletFiles
import MartletReactor
import MartletService

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
                    "there is no folder or file '\(given)'. Give one that exists, or none for the current folder: martlet"
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
