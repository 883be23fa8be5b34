import HTTPTypes
import Martlet
import MartletReactor
import MartletWire

/// A file compressed in advance, beside its original: `app.js.br` for `app.js`.
struct Sidecar {
    let file: OpenFile
    let coding: String

    /// The codings looked for, the smallest result first.
    private static let known: [(coding: String, suffix: String)] = [("br", ".br"), ("zstd", ".zst"), ("gzip", ".gz")]

    /// The best sidecar that exists, is no older than its original, and that the client accepts.
    static func find(for original: OpenFile, at path: [UInt8], in root: FileRoot, _ request: Request) -> Sidecar? {
        guard let accepted = request.fields.combined(.acceptEncoding) else { return nil }
        // A client may want a smaller answer less than the plain one; unless it says so, any coding it takes wins.
        let plain = AcceptEncoding.quality(of: "identity", in: accepted.span)
        var best: (sidecar: Sidecar, quality: Int)?
        for (coding, suffix) in known {
            let quality = AcceptEncoding.quality(of: coding, in: accepted.span)
            guard quality > best?.quality ?? 0, quality >= plain, let file = try? root.open(path + Array(suffix.utf8)),
                file.kind == .regular, file.modified >= original.modified
            else { continue }
            best = (Sidecar(file: file, coding: coding), quality)
        }
        return best?.sidecar
    }
}
