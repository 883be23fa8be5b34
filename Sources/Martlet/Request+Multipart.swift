import HTTPTypes
import MartletWire

extension Request {
    /// The parts of a `multipart/form-data` form (RFC 7578), each read from the connection only when asked for.
    ///
    /// ```swift
    /// for try await part in try request.multipart() {
    ///     if let name = part.filename {
    ///         try await part.save(in: "uploads").move(to: "uploads/\(name)")
    ///     } else {
    ///         let value = try await part.text()
    ///     }
    /// }
    /// ```
    /// - Throws: `HTTPError` 415 when the content is something else or has a Content-Encoding, 400 without a valid boundary,
    ///   413 when its length passes the limit on the total.
    public func multipart(_ limits: MultipartLimits = MultipartLimits()) throws(HTTPError) -> Multipart {
        try requireIdentityCoding()
        guard let mediaType = try contentType(), mediaType.hasSameEssence(as: .formData) else {
            throw Self.unsupportedType(
                "A form with parts is read here: send multipart/form-data.",
                accepted: [.formData]
            )
        }
        guard let boundary = mediaType.parameter("boundary"),
            let decoder = MultipartDecoder(boundary: boundary, limits: MultipartDecoder.Limits(parts: limits.parts))
        else {
            throw HTTPError(.badRequest, "Content-Type has no valid boundary: 1 to 70 letters, digits and '()+_,-./:=?")
        }
        if let length = body.contentLength, length > limits.total { throw RequestBody.tooLarge(limits.total) }
        return Multipart(reader: MultipartReader(body, decoder, limits))
    }
}
