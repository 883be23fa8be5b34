import HTTPTypes
import MartletWire

extension Request {
    /// Reads the content as a form: `application/x-www-form-urlencoded`, or `multipart/form-data` in which no file was sent.
    /// - Parameters:
    ///   - limit: octets of content allowed; default 1 MiB.
    ///   - fieldLimit: fields allowed; default 1000.
    /// - Throws: `HTTPError` 413 when it passes a limit; 415 when it is something else, is not in UTF-8, has a file or a
    ///   Content-Encoding; 400 when it is malformed; and what `body` throws.
    public func form(upTo limit: Int = 1 << 20, fieldLimit: Int = 1000) async throws -> Form {
        switch try formEncoding() {
        case .urlEncoded: try Form(decoding: try await body.collect(upTo: limit), upTo: fieldLimit)
        case .multipart: try await multipartForm(upTo: limit, fieldLimit: fieldLimit)
        }
    }

    private enum FormEncoding {
        case urlEncoded
        case multipart
    }

    /// How the form is written.
    /// - Throws: `HTTPError` 415 when it is no form, or coded besides; 400 when Content-Type cannot be read.
    private func formEncoding() throws(HTTPError) -> FormEncoding {
        try requireIdentityCoding()
        if let mediaType = try contentType() {
            if mediaType.hasSameEssence(as: .formURLEncoded) { return .urlEncoded }
            if mediaType.hasSameEssence(as: .formData) { return .multipart }
        }
        throw Self.unsupportedType(
            "A form is read here: send application/x-www-form-urlencoded or multipart/form-data.",
            accepted: [.formURLEncoded, .formData]
        )
    }

    private func multipartForm(upTo limit: Int, fieldLimit: Int) async throws -> Form {
        var limits = MultipartLimits()
        limits.parts = fieldLimit
        limits.field = limit
        limits.total = limit
        var fields: [Form.Element] = []
        var charset: String?
        for try await part in try multipart(limits) {
            if part.isFile {
                // Browsers send an empty file for an input in which none was chosen.
                var content = part.content.makeAsyncIterator()
                guard part.filename == nil, try await content.next() == nil else {
                    throw HTTPError(.unsupportedMediaType, "No file is taken here: send the form without.")
                }
                continue
            }
            let value = try await part.text(upTo: limit, charset: charset)
            fields.append((part.name, value))
            // RFC 7578 §4.6: the charset of the parts after it that name none.
            if part.name == "_charset_" { charset = value.lowercased() }
        }
        return Form(fields)
    }
}
