import HTTPTypes
import Martlet
import MartletReactor
import MartletWire

/// From an open file to the answer: the only place that knows conditions, ranges and encodings of files.
extension Files {
    /// Answers GET or HEAD for a regular file.
    /// - Throws: `HTTPError` 412 and 416.
    func serve(_ found: FoundFile, _ request: Request) throws(HTTPError) -> Response {
        let chosen = found.representation(for: request, in: root, options.freshness)
        switch request.evaluateConditions(chosen.validators) {
        case .failed:
            throw HTTPError(.preconditionFailed, "The file is not, or no longer, what the request supposes.")
        case .notModified:
            return Response(status: .notModified, fields: chosen.fieldsOfNotModified)
        case .proceed:
            return try content(of: chosen, request)
        }
    }

    /// The whole file, or the ranges asked for (RFC 9110 §14).
    private func content(of chosen: Representation, _ request: Request) throws(HTTPError) -> Response {
        let file = chosen.file
        var response = Response(fields: chosen.fields)
        switch Self.ranges(of: request, length: file.size, chosen.validators) {
        case .whole:
            response.body = .file(file, 0..<file.size)
        case .unsatisfiable:
            var fields = Fields()
            fields.append(.contentRange, "bytes */\(file.size)")
            throw HTTPError(.rangeNotSatisfiable, "The file has \(file.size) octets.", fields: fields)
        case .ranges(let ranges):
            response.status = .partialContent
            if ranges.count == 1, let range = ranges.first {
                response.fields.append(.contentRange, MultipartRanges.contentRange(range, of: file.size))
                response.body = .file(file, range)
            } else {
                let parts = MultipartRanges(file: file, ranges: ranges, type: chosen.type)
                response.fields[.contentType] = parts.contentType
                response.body = parts.body
            }
        }
        return response
    }

    /// A `Range` counts for GET only, and only when `If-Range` still holds (RFC 9110 §13.1.5, §14.2).
    private static func ranges(
        of request: Request,
        length: Int,
        _ validators: Validators
    ) -> ByteRanges.Result {
        guard request.method == .get, let range = request.fields.combined(.range) else { return .whole }
        let ifRange = request.fields.combined(.ifRange)
        guard Preconditions.rangeApplies(ifRange: ifRange?.span, current: validators, now: WallClock.seconds()) else {
            return .whole
        }
        return ByteRanges.evaluate(range.span, length: length)
    }
}
