#if Zstd
    import CZstd

    /// Zstandard by the system's libzstd, at its usual level 3: its window of 2 MiB is one that every client takes
    /// (RFC 9659).
    ///
    /// `@unchecked Sendable`: one task or thread at a time uses it.
    @safe
    final class ZstdEncoder: Encoder, @unchecked Sendable {
        private let context: OpaquePointer

        init() throws(EncoderFailure) {
            guard let context = unsafe ZSTD_createCCtx() else { throw EncoderFailure(coding: .zstd) }
            unsafe self.context = context
        }

        deinit {
            _ = unsafe ZSTD_freeCCtx(context)
        }

        func encode(_ input: [UInt8], isLast: Bool, into output: inout [UInt8]) throws(EncoderFailure) {
            let directive = isLast ? ZSTD_e_end : ZSTD_e_flush
            try unsafe input.span.withUnsafeBufferPointer { input throws(EncoderFailure) in
                var source = unsafe ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
                var remaining = 0
                repeat {
                    unsafe output.grow { free in
                        var target = unsafe ZSTD_outBuffer(dst: free.baseAddress, size: free.count, pos: 0)
                        remaining = unsafe ZSTD_compressStream2(context, &target, &source, directive)
                        return unsafe target.pos
                    }
                    guard ZSTD_isError(remaining) == 0 else { throw EncoderFailure(coding: .zstd) }
                } while remaining != 0
            }
        }
    }
#endif
