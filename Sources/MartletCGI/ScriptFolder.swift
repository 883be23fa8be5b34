import Glibc
import HTTPTypes
import Martlet
import MartletReactor
import MartletWire

/// A folder of scripts, and which of them a path means.
struct ScriptFolder: Sendable {
    /// A script that was found.
    struct Script: Sendable {
        /// Its path below the folder, beginning with "/".
        var name: [UInt8]
        /// The segments of the request's path that it took; nil: it is the index of the folder that was asked for.
        var segments: Int?
        /// Who runs it; nil: the system does.
        var interpreter: [UInt8]?

        /// The name of its file.
        var fileName: ArraySlice<UInt8> { name[(name.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...] }
    }

    /// What a path leads to.
    enum Found: Sendable {
        case script(Script)
        /// A folder with an index, whose path lacks the slash at its end.
        case folder
        /// A file, by its path below the folder, that nothing runs.
        case idle([UInt8])
    }

    /// The folder's own path, without links and slash at its end: "/srv/scripts", "" for the root.
    let path: [UInt8]
    private let root: FileRoot
    private let interpreters: [(suffix: [UInt8], program: [UInt8])]
    private let indexNames: [[UInt8]]
    private let showsHidden: Bool

    /// Opens the folder, and finds the interpreters.
    /// - Throws: `SystemError`.
    init(_ path: String, _ options: CGIOptions) throws(SystemError) {
        root = try FileRoot(path: path, followsLinks: options.followsLinks)
        self.path = try Self.realPath(path)
        var interpreters: [(suffix: [UInt8], program: [UInt8])] = []
        for (suffix, program) in options.interpreters {
            interpreters.append((Array(suffix.utf8), try Self.program(program)))
        }
        // The longest suffix says most of a file.
        self.interpreters = interpreters.sorted { $0.suffix.count > $1.suffix.count }
        indexNames = options.indexNames.map { Array($0.utf8) }
        showsHidden = options.showsHidden
    }

    /// The script that a path below the folder means: the first of its segments that is a file.
    /// - Throws: `HTTPError` 404 where there is none.
    func find(_ path: RequestPath) throws -> Found {
        var name: [UInt8] = []
        for index in 0..<path.segmentCount {
            let segment = path.segment(index)
            guard showsHidden || segment[0] != UInt8(ascii: ".") else { throw HTTPError(.notFound) }
            name.append(UInt8(ascii: "/"))
            name.append(copying: segment)
            switch try look(at: name) {
            case .folder: continue
            case .other: throw HTTPError(.notFound)
            case .file(let runs, let reads):
                return script(name, segments: index + 1, runs: runs, reads: reads)
            }
        }
        for index in indexNames {
            let file = name + [UInt8(ascii: "/")] + index
            guard case .file(let runs, let reads)? = try? look(at: file) else { continue }
            guard path.hasTrailingSlash else { return .folder }
            return script(file, segments: nil, runs: runs, reads: reads)
        }
        throw HTTPError(.notFound)
    }

    private func script(_ name: [UInt8], segments: Int?, runs: Bool, reads: Bool) -> Found {
        if runs { return .script(Script(name: name, segments: segments)) }
        guard reads, let interpreter = interpreters.first(where: { Self.ends(name, with: $0.suffix) }) else {
            return .idle(name)
        }
        return .script(Script(name: name, segments: segments, interpreter: interpreter.program))
    }

    private static func ends(_ name: [UInt8], with suffix: [UInt8]) -> Bool {
        name.count > suffix.count && name.suffix(suffix.count).elementsEqual(suffix)
    }

    private func look(at name: [UInt8]) throws -> FileRoot.Finding {
        do throws(FileRoot.Failure) {
            return try root.look(at: Array(name.dropFirst()))
        } catch {
            switch error {
            case .notFound: throw HTTPError(.notFound)
            case .forbidden: throw HTTPError(.forbidden, "The server is not allowed to look there.")
            case .replaced: throw FileRoot.replacement
            case .overloaded: throw HTTPError(.serviceUnavailable, fields: Fields(.retryAfter, "1"))
            case .failed(let code): throw SystemError(code: code, operation: "look at a script")
            }
        }
    }

    // MARK: Paths

    /// The path without links, dot segments and a slash at its end.
    static func realPath(_ path: String) throws(SystemError) -> [UInt8] {
        guard let real = unsafe realpath(path, nil) else { throw SystemError(operation: "find \(path)") }
        defer { unsafe free(real) }
        let octets = unsafe Array(UnsafeBufferPointer(start: real, count: strlen(real)).map { UInt8(bitPattern: $0) })
        return octets == [UInt8(ascii: "/")] ? [] : octets
    }

    /// The path of a program: looked up in PATH where its name has no slash.
    static func program(_ name: String) throws(SystemError) -> [UInt8] {
        if name.hasPrefix("/"), unsafe access(name, X_OK) == 0 { return Array(name.utf8) }
        guard !name.contains("/") else { return try realPath(name) }
        for folder in searchPath.split(separator: ":") where folder.hasPrefix("/") {
            let path = "\(folder)/\(name)"
            // As it is found, for some programs ask by what name they were called.
            if unsafe access(path, X_OK) == 0 { return Array(path.utf8) }
        }
        throw SystemError(code: ENOENT, operation: "find \(name) in PATH")
    }

    /// This process's PATH; where it has none, what systems have.
    static let searchPath: String = {
        guard let path = unsafe getenv("PATH") else { return "/usr/local/bin:/usr/bin:/bin" }
        return unsafe String(cString: path)
    }()
}
