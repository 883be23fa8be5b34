#if Brotli
    import CBrotli

    /// Brotli by the system's libbrotlienc.
    ///
    /// `@unchecked Sendable`: one task or thread at a time uses it.
    @safe
    final class BrotliEncoder: Encoder, @unchecked Sendable {
        private let state: OpaquePointer

        init() throws(EncoderFailure) {
            guard let state = unsafe BrotliEncoderCreateInstance(nil, nil, nil) else {
                throw EncoderFailure(coding: .brotli)
            }
            unsafe self.state = state
            // Of 0 to 11: smaller than gzip's usual level and about as fast.
            _ = unsafe BrotliEncoderSetParameter(state, BROTLI_PARAM_QUALITY, 5)
        }

        deinit {
            unsafe BrotliEncoderDestroyInstance(state)
        }

        func encode(_ input: [UInt8], isLast: Bool, into output: inout [UInt8]) throws(EncoderFailure) {
            let operation = isLast ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_FLUSH
            try unsafe input.span.withUnsafeBufferPointer { input throws(EncoderFailure) in
                var available = input.count
                var next = input.baseAddress
                var isDone = false
                repeat {
                    var isWell = false
                    unsafe output.grow { free in
                        var room = free.count
                        var target = free.baseAddress
                        let code = unsafe BrotliEncoderCompressStream(
                            state,
                            operation,
                            &available,
                            &next,
                            &room,
                            &target,
                            nil
                        )
                        isWell = code != 0
                        return free.count - room
                    }
                    guard isWell else { throw EncoderFailure(coding: .brotli) }
                    isDone = unsafe available == 0 && BrotliEncoderHasMoreOutput(state) == 0
                } while !isDone
            }
        }
    }
#endif
