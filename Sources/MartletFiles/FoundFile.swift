import HTTPTypes
import Martlet
import MartletReactor
import MartletWire

/// A regular file that a path leads to, and its sidecars: forms of it that were compressed in advance and stand beside
/// it, as `app.js.br` beside `app.js`.
///
/// Belongs to the thread that found it.
final class FoundFile {
    let path: [UInt8]
    let original: Representation
    /// Where it is, when it is held by a `FileCache`.
    var folder: FileCache.Folder?
    /// What is known of the sidecars while it is held: nil where none was looked for.
    private var known: [Known?] = [nil, nil, nil]

    private enum Known {
        case missing
        case present(Representation)
    }

    /// The codings looked for, the smallest result first.
    private static let codings = [("br", ".br"), ("zstd", ".zst"), ("gzip", ".gz")]

    init(_ file: OpenFile, at path: [UInt8], _ freshness: FilesOptions.Freshness) {
        self.path = path
        let name = (path.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1
        let type = MIMETypes.contentType(forFileName: path.span.extracting(name...))
        original = Representation(of: file, type: type, coding: nil, freshness)
    }

    /// The form that suits the client best: a sidecar that is no older than the original and that the client accepts,
    /// else the file itself.
    /// - Parameter fields: those of the request.
    func representation(for fields: Fields, in root: FileRoot, _ freshness: FilesOptions.Freshness) -> Representation {
        guard original.mayBeEncoded, !Self.codings.indices.allSatisfy(isMissing),
            let accepted = fields.combinedValue(.acceptEncoding)
        else { return original }
        // A client may want a smaller answer less than the plain one; unless it says so, any coding it takes wins.
        let plain = AcceptEncoding.quality(of: "identity", in: accepted.span)
        var best: (representation: Representation, quality: Int)?
        for index in Self.codings.indices where !isMissing(index) {
            let quality = AcceptEncoding.quality(of: Self.codings[index].0, in: accepted.span)
            guard quality >= plain, quality > best?.quality ?? 0, let sidecar = sidecar(index, in: root, freshness)
            else { continue }
            best = (sidecar, quality)
        }
        return best?.representation ?? original
    }

    /// Whether it is known that there is no such sidecar: the client need not be asked what it thinks of it.
    private func isMissing(_ index: Int) -> Bool {
        if case .missing = known[index] { true } else { false }
    }

    private func sidecar(_ index: Int, in root: FileRoot, _ freshness: FilesOptions.Freshness) -> Representation? {
        if case .present(let sidecar) = known[index], sidecar.file.isUntouched { return sidecar }
        let (coding, suffix) = Self.codings[index]
        let file = try? root.open(path + Array(suffix.utf8))
        let sidecar = file.flatMap { file -> Representation? in
            guard file.kind == .regular, file.modified >= original.file.modified else { return nil }
            return Representation(of: file, type: original.type, coding: coding, freshness)
        }
        let isCertain = folder?.has(file, as: FileCache.split(path).name + Array(suffix.utf8)) ?? false
        known[index] = isCertain ? sidecar.map(Known.present) ?? .missing : nil
        return sidecar
    }
}
