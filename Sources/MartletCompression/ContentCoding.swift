/// A content coding that this build can make (RFC 9110 §8.4.1), by its name in `Content-Encoding`.
///
/// gzip is always there. The package traits `Brotli` and `Zstd` add theirs, with the system's libraries.
public enum ContentCoding: String, CaseIterable, Sendable {
    #if Zstd
        /// Zstandard (RFC 8878): the fastest.
        case zstd
    #endif
    #if Brotli
        /// Brotli (RFC 7932): the smallest.
        case brotli = "br"
    #endif
    /// gzip (RFC 1952): every client takes it.
    case gzip

    /// What marks the entity tag of content in this coding.
    var tagSuffix: String { "-" + rawValue }

    func makeEncoder() throws(EncoderFailure) -> any Encoder {
        switch self {
        #if Zstd
            case .zstd: try ZstdEncoder()
        #endif
        #if Brotli
            case .brotli: try BrotliEncoder()
        #endif
        case .gzip: try GzipEncoder()
        }
    }
}

/// Content on its way through a coding. Used by one task or thread at a time.
protocol Encoder: AnyObject, Sendable {
    /// Appends to `output` what `input` becomes. Nothing is held back: a client can decode all of it at once.
    /// - Parameter isLast: ends the content; nothing may follow.
    func encode(_ input: [UInt8], isLast: Bool, into output: inout [UInt8]) throws(EncoderFailure)
}

/// A library could not go on: there is no memory left, most likely.
struct EncoderFailure: Error {
    let coding: ContentCoding
}

extension Array<UInt8> {
    /// Lets `fill` write behind the end and say how many octets it wrote. Room grows with the array, so that appending
    /// takes linear time.
    mutating func grow(_ fill: (UnsafeMutableBufferPointer<UInt8>) -> Int) {
        append(addingCapacity: Swift.max(4096, count)) { free in
            unsafe free.withUnsafeMutableBufferPointer { buffer, initialized in
                initialized = unsafe fill(buffer)
            }
        }
    }
}
