import CZlib

/// gzip by the system's zlib.
///
/// `@unchecked Sendable`: one task or thread at a time uses it.
@safe
final class GzipEncoder: Encoder, @unchecked Sendable {
    /// At an address of its own: zlib remembers it.
    private let stream: UnsafeMutablePointer<z_stream>
    /// Octets that zlib can count in one call.
    private static let mostAtOnce = 1 << 30

    init() throws(EncoderFailure) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        // 15 bits of window, which is the most; 16 more ask for gzip's head and checksum.
        let code = unsafe deflateInit2_(
            stream,
            6,
            Z_DEFLATED,
            15 + 16,
            8,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            CInt(MemoryLayout<z_stream>.size)
        )
        guard code == Z_OK else { throw EncoderFailure(coding: .gzip) }
    }

    deinit {
        _ = unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    func encode(_ input: [UInt8], isLast: Bool, into output: inout [UInt8]) throws(EncoderFailure) {
        var start = 0
        repeat {
            let end = start + min(input.count - start, Self.mostAtOnce)
            let flush = end < input.count ? Z_NO_FLUSH : isLast ? Z_FINISH : Z_SYNC_FLUSH
            try unsafe input.span.extracting(start..<end).withUnsafeBufferPointer { piece throws(EncoderFailure) in
                unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: piece.baseAddress)
                unsafe stream.pointee.avail_in = uInt(piece.count)
                try deflate(flush, into: &output)
            }
            start = end
        } while start < input.count
    }

    private func deflate(_ flush: CInt, into output: inout [UInt8]) throws(EncoderFailure) {
        var code = Z_OK
        repeat {
            unsafe output.grow { free in
                let count = min(free.count, Self.mostAtOnce)
                unsafe stream.pointee.next_out = free.baseAddress
                unsafe stream.pointee.avail_out = uInt(count)
                code = unsafe CZlib.deflate(stream, flush)
                return count - Int(unsafe stream.pointee.avail_out)
            }
            // Z_BUF_ERROR says that there was nothing left to do.
            guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else {
                throw EncoderFailure(coding: .gzip)
            }
        } while unsafe stream.pointee.avail_out == 0
    }
}
