/// Writes the chunked transfer coding (RFC 9112 §7.1).
public enum ChunkedEncoder {
    /// Appends the line before the data of one chunk: `size` octets of data and ``appendChunkEnd(to:)`` have to follow.
    /// A zero size would end the content, so it, or a negative one, appends nothing: send no data and no end then.
    public static func appendChunkHeader(size: Int, to output: inout [UInt8]) {
        guard size > 0 else { return }
        appendHexadecimal(UInt(size), to: &output)
        output.append("\r\n")
    }

    /// Appends the CRLF after the data of one chunk.
    public static func appendChunkEnd(to output: inout [UInt8]) {
        output.append("\r\n")
    }

    /// Appends `bytes` as one chunk; nothing when there are none.
    public static func appendChunk(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        appendChunkHeader(size: bytes.count, to: &output)
        output.append(copying: bytes)
        output.append("\r\n")
    }

    /// Appends `bytes` as one chunk; nothing when there are none.
    public static func appendChunk(_ bytes: [UInt8], to output: inout [UInt8]) {
        appendChunk(bytes.span, to: &output)
    }

    /// Appends `bytes` as one chunk; nothing when there are none.
    public static func appendChunk(_ bytes: ArraySlice<UInt8>, to output: inout [UInt8]) {
        appendChunk(bytes.span, to: &output)
    }

    /// Appends the last chunk, which ends the content.
    public static func appendEnd(to output: inout [UInt8]) {
        output.append("0\r\n\r\n")
    }

    /// Appends the last chunk and the trailer section.
    ///
    /// A trailer whose name is not a token is left out, and one that says how to frame, route, authenticate, modify,
    /// control or understand a message: that comes too late behind its content (RFC 9110 §6.5.1). Of other fields the
    /// caller has to know that they may be trailers. Control characters in a value, CR and LF first of all, become spaces:
    /// nothing in a value can end its line.
    public static func appendEnd(
        trailers: some Sequence<(name: String, value: String)>,
        to output: inout [UInt8]
    ) {
        output.append("0\r\n")
        for (name, value) in trailers
        where !name.isEmpty && name.utf8.allSatisfy(OctetSet.token.contains)
            && !FieldSection.isForbidden(name.lowercased())
        {
            output.append(contentsOf: name.utf8)
            output.append(": ")
            output.append(contentsOf: value.utf8.lazy.map { OctetSet.isText($0) ? $0 : 0x20 })
            output.append("\r\n")
        }
        output.append("\r\n")
    }
}
