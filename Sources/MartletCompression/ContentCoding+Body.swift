import Martlet
import MartletReactor

extension ContentCoding {
    /// Octets up to which compressing does not hold up a loop: about two milliseconds' worth.
    static let mostOnLoop = 64 * 1024
    static let pool = ThreadPool(name: "martlet-compress", threads: Processors.available, queueLimit: 256)

    /// The content in this coding; nil when it should be sent as it is.
    /// - Throws: `CancellationError`.
    func encoded(_ body: Response.Body) async throws -> Response.Body? {
        switch body {
        case .none, .parts, .upgrade:
            return nil
        case .bytes(let bytes):
            return try await encoded(bytes)
        case .string(let text):
            return try await encoded(Array(text.utf8))
        case .file(let file, let range):
            return try await onPool {
                var bytes: [UInt8] = []
                return file.append(range, to: &bytes) && file.isUnchanged ? shorter(bytes) : nil
            }
        case .stream(let stream):
            return .stream(
                ResponseStream { writer in
                    let coded = CodedStream(try makeEncoder())
                    let inner = ResponseWriter { bytes in try await coded.write(bytes, isLast: false, to: writer) }
                    try await stream.write(to: inner)
                    try await coded.write([], isLast: true, to: writer)
                    writer.trailers = inner.trailers
                }
            )
        }
    }

    private func encoded(_ bytes: [UInt8]) async throws -> Response.Body? {
        if bytes.count <= Self.mostOnLoop { return shorter(bytes) }
        return try await onPool { shorter(bytes) }
    }

    /// Nil when it did not become shorter, or could not be done.
    private func shorter(_ bytes: [UInt8]) -> Response.Body? {
        var output: [UInt8] = []
        guard (try? makeEncoder().encode(bytes, isLast: true, into: &output)) != nil else { return nil }
        return output.count < bytes.count ? .bytes(output) : nil
    }

    /// Nil also when too much work waits already.
    private func onPool(
        _ work: @escaping @Sendable () -> Response.Body?
    ) async throws -> Response.Body? {
        do {
            return try await Self.pool.run(work)
        } catch is SystemError {
            return nil
        }
    }
}
