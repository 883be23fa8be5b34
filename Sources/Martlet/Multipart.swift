import HTTPTypes
public import MartletWire

/// The parts of a multipart form, in order; read by one task, once.
///
/// Asking for the next part drops what was not read of the one before. Nothing is received but what is asked for.
public struct Multipart: AsyncSequence {
    /// A part of the form.
    public typealias Element = Part

    let reader: MultipartReader

    /// Gives the parts in order. A second iterator goes on where the first stopped.
    public struct Iterator: AsyncIteratorProtocol {
        let reader: MultipartReader

        /// The next part; nil after the last.
        /// - Throws: `HTTPError` 400 when the form is malformed, 413 when it passes a limit; and what the request's `body`
        ///   throws. Every later call throws the same.
        public mutating func next() async throws -> Part? {
            try await reader.nextPart()
        }
    }

    /// Starts reading.
    public func makeAsyncIterator() -> Iterator {
        Iterator(reader: reader)
    }
}

extension Multipart {
    /// A field of the form, or a file: its head, and its content to be read before the next part is asked for.
    public struct Part {
        /// The name of the field.
        public let name: String
        /// The name of the file at the client without any path: never more than a hint, and nothing to overwrite by. Nil for
        /// what is no file, or has no usable name; `disposition.filename` is the name as sent.
        public let filename: String?
        /// The Content-Disposition.
        public let disposition: ContentDisposition
        /// The head of the part: all its fields.
        public let fields: Fields
        /// The content.
        public let content: Content

        let declaredType: MediaType?

        /// What the content is, if the client is right; `text/plain` where it does not say (RFC 7578 §4.4).
        public var contentType: MediaType { declaredType ?? .plainText }
        /// Whether the part comes from a file input, chosen or not.
        public var isFile: Bool { disposition.filename != nil }

        /// Reads the whole content into memory.
        /// - Parameter limit: octets allowed; one more throws `HTTPError` 413.
        public func collect(upTo limit: Int) async throws -> [UInt8] {
            try await content.joined(
                upTo: limit,
                else: HTTPError(.contentTooLarge, "A part of the form is longer than the \(limit) octets allowed.")
            )
        }

        /// Reads the content as text, in UTF-8 unless the part's Content-Type names `us-ascii` or `iso-8859-1`.
        /// - Parameter limit: octets allowed; default 1 MiB.
        /// - Throws: `HTTPError` 413 when it is longer, 415 when it is in another charset, 400 when it is not in its charset.
        public func text(upTo limit: Int = 1 << 20) async throws -> String {
            try await text(upTo: limit, charset: nil)
        }

        /// Reads the content as text, in the charset given unless the part names one.
        func text(upTo limit: Int, charset: String?) async throws -> String {
            let decoder = try TextDecoder(charset: declaredType?.charset ?? charset)
            return try decoder.text(try await collect(upTo: limit))
        }
    }
}

extension Multipart.Part {
    /// The content of a part: chunks as they arrive, each received only when asked for. Write them wherever you like.
    public struct Content: AsyncSequence {
        /// A piece of the content, never empty.
        public typealias Element = [UInt8]

        let reader: MultipartReader
        let number: Int

        /// Gives the chunks in order. A second iterator goes on where the first stopped.
        public struct Iterator: AsyncIteratorProtocol {
            let reader: MultipartReader
            let number: Int

            /// The next chunk; nil after the last.
            /// - Throws: as ``Multipart/Iterator/next()``; `PassedPart` when the next part has been asked for.
            public mutating func next() async throws -> [UInt8]? {
                try await reader.nextChunk(of: number)
            }
        }

        /// Starts reading.
        public func makeAsyncIterator() -> Iterator {
            Iterator(reader: reader, number: number)
        }
    }

    /// A mistake of the program: the content of a part was read after the next part was asked for, which drops it.
    public struct PassedPart: Error {}

    /// A part whose head the decoder has read.
    init(_ fields: Fields, _ content: Content) throws(FormError) {
        guard fields.values(of: .contentDisposition).count == 1, let value = fields.first(.contentDisposition) else {
            throw .missingDisposition
        }
        guard let disposition = ContentDisposition(parsing: value), disposition.type == "form-data",
            let name = disposition.name
        else { throw .invalidDisposition }
        let encoding = HTTPField.Name("Content-Transfer-Encoding").flatMap { fields[$0] }
        guard ["7bit", "8bit", "binary"].contains(encoding?.lowercased() ?? "binary") else { throw .encodedPart }
        declaredType = fields[.contentType].flatMap { MediaType($0) }
        guard declaredType != nil || !fields.contains(.contentType) else { throw .invalidPartType }
        self.name = name
        self.filename = disposition.safeFilename
        self.disposition = disposition
        self.fields = fields
        self.content = content
    }
}
