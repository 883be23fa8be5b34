import HTTPTypes
import Martlet
import MartletReactor
import MartletWire

/// From an open file to the answer: the only place that knows conditions, ranges and encodings of files.
extension Files {
    /// Answers GET or HEAD for a regular file.
    /// - Throws: `HTTPError` 412 and 416.
    func serve(_ found: FoundFile, _ request: Request) throws(HTTPError) -> Response {
        let fields = request.fields
        let chosen = found.representation(for: fields, in: root, options.freshness)
        switch request.evaluateConditions(chosen.validators) {
        case .failed:
            throw HTTPError(.preconditionFailed, "The file is not, or no longer, what the request supposes.")
        case .notModified:
            return Response(status: .notModified, fields: chosen.fieldsOfNotModified)
        case .proceed:
            // A `Range` counts for GET only (RFC 9110 §14.2).
            guard request.method == .get, let range = fields.combinedValue(.range) else {
                return Self.whole(of: chosen)
            }
            let ifRange = fields.combinedValue(.ifRange)
            return try Self.part(range.span, of: chosen, ifRange: ifRange?.span)
        }
    }

    private static func whole(of chosen: Representation) -> Response {
        Response(fields: chosen.fields, body: .file(chosen.file, 0..<chosen.file.size))
    }

    /// The ranges asked for (RFC 9110 §14), or the whole file when `If-Range` no longer holds (§13.1.5).
    private static func part(
        _ range: Span<UInt8>,
        of chosen: Representation,
        ifRange: Span<UInt8>?
    ) throws(HTTPError) -> Response {
        let file = chosen.file
        guard Preconditions.rangeApplies(ifRange: ifRange, current: chosen.validators, now: WallClock.seconds()) else {
            return whole(of: chosen)
        }
        switch ByteRanges.evaluate(range, length: file.size) {
        case .whole:
            return whole(of: chosen)
        case .unsatisfiable:
            let fields = Fields(.contentRange, "bytes */\(file.size)")
            throw HTTPError(.rangeNotSatisfiable, "The file has \(file.size) octets.", fields: fields)
        case .ranges(let ranges):
            if ranges.count == 1, let range = ranges.first {
                let fields = chosen.fields(ofPart: range)
                return Response(status: .partialContent, fields: fields, body: .file(file, range))
            }
            let parts = MultipartRanges(file: file, ranges: ranges, type: chosen.type)
            var fields = chosen.fields
            fields[.contentType] = parts.contentType
            return Response(status: .partialContent, fields: fields, body: parts.body)
        }
    }
}
