import Martlet
import MartletReactor
import MartletWire

/// Says which script a request is for (RFC 3875 §3.3).
struct ScriptFinder: Sendable {
    enum Found: Equatable {
        case script(ScriptPlace)
        /// A folder with an index, but without the slash behind its name that relative links need.
        case folder
        /// No script: it may be a file of another kind.
        case other
        /// Nothing, and nobody else may be asked: what they would serve is a script's source.
        case nothing
    }

    private enum Rule {
        case application
        case file([UInt8])
        case folder(ApplicationFolder, root: [UInt8], suffixes: [[UInt8]], index: [[UInt8]])
    }

    private let rule: Rule
    /// The path below the folder of the script that answers where no other does.
    private let fallback: [UInt8]?

    init(_ scripts: ApplicationScripts, documentRoot: String?) throws(ApplicationError) {
        if let documentRoot, !documentRoot.hasPrefix("/") { throw .path(documentRoot) }
        switch scripts {
        case .application:
            rule = .application
            fallback = nil
        case .file(let path):
            guard path.hasPrefix("/") else { throw .path(path) }
            rule = .file(Array(path.utf8))
            fallback = nil
        case .folder(let path, let suffixes, let index, let fallback):
            for suffix in suffixes where !suffix.hasPrefix(".") || suffix.utf8.count < 2 || suffix.contains("/") {
                throw .suffix(suffix)
            }
            let folder: ApplicationFolder
            do throws(SystemError) {
                folder = try ApplicationFolder(path)
            } catch {
                throw .folder(path, error)
            }
            rule = .folder(
                folder,
                root: Self.withoutSlash(documentRoot.map { Array($0.utf8) } ?? folder.path),
                suffixes: suffixes.map { Array($0.utf8) },
                index: index.map { Array($0.utf8) }
            )
            self.fallback = fallback.map { Array($0.utf8.drop { $0 == UInt8(ascii: "/") }) }
        }
    }

    /// The script for a request.
    /// - Throws: as `ApplicationFolder.kind`.
    func find(_ request: Request) throws -> Found {
        switch rule {
        case .application: mounted(request, file: nil)
        case .file(let file): mounted(request, file: file)
        case .folder(let folder, let root, let suffixes, let index):
            try FolderSearch(request: request, folder: folder, root: root, suffixes: suffixes, index: index).found()
        }
    }

    /// The script that answers where no other does.
    func fallback(for request: Request) -> ScriptPlace? {
        guard case .folder(_, let root, _, _) = rule, let fallback else { return nil }
        let mount = request.head.path.joined(..<request.mountDepth)
        return ScriptPlace(
            name: mount + [UInt8(ascii: "/")] + fallback,
            file: root + [UInt8(ascii: "/")] + fallback,
            documentRoot: root.isEmpty ? [UInt8(ascii: "/")] : root
        )
    }

    /// The one script for all below its mount.
    private func mounted(_ request: Request, file: [UInt8]?) -> Found {
        // PATH_TRANSLATED would lead out of the folder (RFC 3875 §9.8).
        guard !request.head.path.hidesDotSegment else { return .nothing }
        let folder = file.flatMap { file in file.lastIndex(of: UInt8(ascii: "/")).map { Array(file[..<max($0, 1)]) } }
        let place = ScriptPlace(
            name: request.head.path.joined(..<request.mountDepth),
            pathInfo: request.head.path.rest(from: request.mountDepth),
            file: file,
            documentRoot: folder
        )
        return .script(place)
    }

    private static func withoutSlash(_ path: [UInt8]) -> [UInt8] {
        var path = path
        while path.last == UInt8(ascii: "/") { path.removeLast() }
        return path
    }
}

/// The search for one script below a folder.
private struct FolderSearch {
    let request: Request
    let folder: ApplicationFolder
    /// The folder's path for the application, without a slash at its end.
    let root: [UInt8]
    let suffixes: [[UInt8]]
    let index: [[UInt8]]

    private static let slash = UInt8(ascii: "/")

    func found() throws -> ScriptFinder.Found {
        guard !request.isOfNoScript else { return .other }
        let path = request.path
        // No name has a slash in it.
        guard !path.hasEncodedSlash else { return .nothing }
        var name: [UInt8] = []
        for position in 0..<path.segmentCount {
            let segment = path.bytes(of: position)
            guard segment.first != UInt8(ascii: ".") else { return isSource(path) ? .nothing : .other }
            if position > 0 { name.append(Self.slash) }
            name += segment
            guard suffixes.contains(where: { segment.hasSuffix($0) }) else { continue }
            switch try folder.kind(of: name) {
            case .file: return .script(place(name, depth: position + 1))
            case .folder: continue
            case .none: return .nothing
            }
        }
        if let index = try index(of: name) {
            guard path.hasTrailingSlash else { return .folder }
            return .script(index)
        }
        return isSource(path) ? .nothing : .other
    }

    /// The script that answers for the folder `name`.
    private func index(of name: [UInt8]) throws -> ScriptPlace? {
        guard !index.isEmpty, try folder.kind(of: name) == .folder else { return nil }
        for candidate in index {
            let file = name.isEmpty ? candidate : name + [Self.slash] + candidate
            guard try folder.kind(of: file) == .file else { continue }
            var place = place(file, depth: request.path.segmentCount)
            place.name += [Self.slash] + candidate
            place.pathInfo = []
            return place
        }
        return nil
    }

    private func place(_ file: [UInt8], depth: Int) -> ScriptPlace {
        ScriptPlace(
            name: request.head.path.joined(..<(request.mountDepth + depth)),
            pathInfo: request.head.path.rest(from: request.mountDepth + depth),
            file: root + [Self.slash] + file,
            documentRoot: root.isEmpty ? [Self.slash] : root
        )
    }

    /// Whether the path's last name is that of a script, in any case: nobody else may deliver that.
    private func isSource(_ path: RequestPath) -> Bool {
        guard path.segmentCount > 0 else { return false }
        let last = path.bytes(of: path.segmentCount - 1).map(OctetSet.lowercased)
        return suffixes.map { $0.map(OctetSet.lowercased) }.contains { last == $0 || last.hasSuffix($0) }
    }
}

extension Request {
    /// OPTIONS of the whole server (RFC 9112 §3.2.4).
    var isOfNoScript: Bool { head.form == .asterisk }
}

extension RequestPath {
    /// The octets of one decoded segment.
    fileprivate func bytes(of index: Int) -> [UInt8] {
        var octets: [UInt8] = []
        octets.append(copying: segment(index))
        return octets
    }

    /// Whether "." or ".." stands between slashes that were encoded: `x%2F..`. Where they were not, it is resolved.
    fileprivate var hidesDotSegment: Bool {
        guard hasEncodedSlash else { return false }
        return (0..<segmentCount).contains { index in
            bytes(of: index).split(separator: UInt8(ascii: "/")).contains { name in
                name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8)
            }
        }
    }

    /// The first segments, each with a slash before it; empty for none.
    fileprivate func joined(_ range: PartialRangeUpTo<Int>) -> [UInt8] {
        (0..<min(range.upperBound, segmentCount)).flatMap { [UInt8(ascii: "/")] + bytes(of: $0) }
    }

    /// The segments from `start` on, each with a slash before it, and the slash at the end.
    fileprivate func rest(from start: Int) -> [UInt8] {
        let rest = (min(start, segmentCount)..<segmentCount).flatMap { [UInt8(ascii: "/")] + bytes(of: $0) }
        return hasTrailingSlash ? rest + [UInt8(ascii: "/")] : rest
    }
}

extension [UInt8] {
    fileprivate func hasSuffix(_ suffix: [UInt8]) -> Bool {
        count > suffix.count && self[(count - suffix.count)...].elementsEqual(suffix)
    }
}
