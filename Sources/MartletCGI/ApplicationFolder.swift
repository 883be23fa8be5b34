import Glibc
import HTTPTypes
import Martlet
import MartletReactor

/// The folder below which the scripts of an application are, held open. Nothing in it is read: the scripts may be for the
/// application's eyes alone.
struct ApplicationFolder: Sendable {
    enum Kind: Sendable {
        case file
        case folder
        /// Nothing, or nothing that can be a script.
        case none
    }

    /// Its absolute path, without links.
    let path: [UInt8]
    private let root: FileRoot

    /// Opens the folder.
    /// - Throws: `SystemError` when it cannot be opened as one.
    init(_ path: String) throws(SystemError) {
        root = try FileRoot(path: path, followsLinks: false)
        guard let real = unsafe realpath(path, nil) else { throw SystemError(operation: "find the folder \(path)") }
        self.path = unsafe Array(String(cString: real).utf8)
        unsafe free(real)
    }

    /// What is at a path of decoded octets, joined by "/", without dot segments and NUL. Links lead to nothing outside.
    /// - Throws: `HTTPError` 503 when the process has no descriptor left; `SystemError` for a failing disk.
    func kind(of path: [UInt8]) throws -> Kind {
        do throws(FileRoot.Failure) {
            return switch try root.look(at: path) {
            case .file: .file
            case .folder: .folder
            case .other: .none
            }
        } catch {
            switch error {
            case .notFound, .forbidden: return .none
            case .replaced: throw FileRoot.replacement
            case .overloaded: throw HTTPError(.serviceUnavailable)
            case .failed(let code): throw SystemError(code: code, operation: "look for a script")
            }
        }
    }
}
