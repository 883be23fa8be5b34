import HTTPTypes
import Martlet
import MartletReactor
import MartletWire

/// From an open file to the answer: the only place that knows conditions, ranges and encodings of files.
extension Files {
    /// Answers GET or HEAD for an open regular file.
    /// - Throws: `HTTPError` 412 and 416.
    func serve(_ original: OpenFile, at path: [UInt8], _ request: Request) throws(HTTPError) -> Response {
        let name = (path.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1
        let type = MIMETypes.contentType(forFileName: path.span.extracting(name...))
        let mayBeEncoded = MediaType.isCompressible(type)
        let sidecar = mayBeEncoded ? Sidecar.find(for: original, at: path, in: root, request) : nil
        let file = sidecar?.file ?? original
        let now = WallClock.seconds()
        let validators = Validators(entityTag: Self.entityTag(of: file), lastModified: Self.lastModified(of: file, now))

        var response = Response()
        response.fields.reserveCapacity(bytes: 320, lines: 8)
        appendMetadata(of: validators, to: &response.fields)
        // Also without an encoding: a cache must know that the answer depends on what the client accepts.
        if mayBeEncoded { response.fields.append(.vary, "Accept-Encoding") }

        switch request.evaluateConditions(validators) {
        case .failed:
            throw HTTPError(.preconditionFailed, "The file is not, or no longer, what the request supposes.")
        case .notModified:
            response.status = .notModified
            // The tag says more, and what a 304 repeats is to be little (RFC 9110 §15.4.5).
            response.fields[.lastModified] = nil
            return response
        case .proceed:
            break
        }
        response.fields.append(.contentType, type)
        response.fields.append(.xContentTypeOptions, "nosniff")
        response.fields.append(.acceptRanges, "bytes")
        if let sidecar { response.fields.append(.contentEncoding, sidecar.coding) }
        return try addContent(of: file, type: type, to: response, request, validators, now)
    }

    /// The whole file, or the ranges asked for (RFC 9110 §14).
    private func addContent(
        of file: OpenFile,
        type: String,
        to response: Response,
        _ request: Request,
        _ validators: Validators,
        _ now: Int
    ) throws(HTTPError) -> Response {
        var response = response
        switch Self.ranges(of: request, length: file.size, validators, now) {
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
                let parts = MultipartRanges(file: file, ranges: ranges, type: type)
                response.fields[.contentType] = parts.contentType
                response.body = parts.body
            }
        }
        return response
    }

    private func appendMetadata(of validators: Validators, to fields: inout Fields) {
        if let seconds = validators.lastModified {
            var date: [UInt8] = []
            date.reserveCapacity(29)
            HTTPDate.append(seconds, to: &date)
            fields.append(.lastModified, date)
        }
        if let tag = validators.entityTag {
            var text: [UInt8] = []
            text.reserveCapacity(64)
            tag.append(to: &text)
            fields.append(.eTag, text)
        }
        fields.append(.cacheControl, options.freshness.field)
    }

    // MARK: Validators

    /// Strong (RFC 9110 §8.8.1): inode, size and modification time in nanoseconds. The change time is added when it
    /// differs: unlike the modification time it cannot be set back.
    private static func entityTag(of file: OpenFile) -> EntityTag {
        var numbers = [UInt(file.inode), UInt(bitPattern: file.size), UInt(bitPattern: Int(file.modified))]
        if file.changed != file.modified { numbers.append(UInt(bitPattern: Int(file.changed &- file.modified))) }
        return EntityTag(strong: numbers)
    }

    /// Never later than now (RFC 9110 §8.8.2.1).
    private static func lastModified(of file: OpenFile, _ now: Int) -> Int {
        min(file.modifiedSeconds, now)
    }

    /// A `Range` counts for GET only, and only when `If-Range` still holds (RFC 9110 §13.1.5, §14.2).
    private static func ranges(
        of request: Request,
        length: Int,
        _ validators: Validators,
        _ now: Int
    ) -> ByteRanges.Result {
        guard request.method == .get, let range = request.fields.combined(.range) else { return .whole }
        let ifRange = request.fields.combined(.ifRange)
        guard Preconditions.rangeApplies(ifRange: ifRange?.span, current: validators, now: now) else { return .whole }
        return ByteRanges.evaluate(range.span, length: length)
    }
}
