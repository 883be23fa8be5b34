/// The codings that Transfer-Encoding lists, over all its lines: only `chunked`, once, is taken (RFC 9112 §6.1, §7).
struct TransferCodings: Sendable {
    private var hasChunked = false
    private var hasOther = false

    /// Reads one line's value.
    ///
    /// A HTAB in it is refused although the grammar has it as white space: no client sends one, and peers disagree on what
    /// it means (RFC 9112 §11.2).
    mutating func note(_ value: Span<UInt8>) throws(RequestError) {
        for index in value.indices where value[index] == 0x09 {
            throw .invalidTransferEncoding
        }
        var list = FieldList()
        while let bounds = list.next(in: value) {
            try noteCoding(value.extracting(bounds))
        }
    }

    /// Says whether the codings, all lines read, are ones that can be decoded.
    func check() throws(RequestError) {
        guard hasChunked else { throw .chunkedNotLast }
        guard !hasOther else { throw .unsupportedTransferCoding }
    }

    private mutating func noteCoding(_ coding: Span<UInt8>) throws(RequestError) {
        var nameEnd = 0
        while nameEnd < coding.count, OctetSet.token.contains(coding[nameEnd]) {
            nameEnd += 1
        }
        var next = nameEnd
        while next < coding.count, coding[next] == UInt8(ascii: " ") {
            next += 1
        }
        guard nameEnd > 0, next == coding.count || coding[next] == UInt8(ascii: ";") else {
            throw .invalidTransferEncoding
        }
        guard coding.extracting(0..<nameEnd).equals(anyCaseOf: "chunked") else {
            guard !hasChunked else { throw .chunkedNotLast }
            hasOther = true
            return
        }
        guard next == coding.count else { throw .chunkedWithParameters }
        guard !hasChunked else { throw .repeatedChunked }
        hasChunked = true
    }
}
