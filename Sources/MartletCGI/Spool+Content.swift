import Glibc
import HTTPTypes
import Martlet
import MartletReactor

/// Content whose length has to be known before a script begins.
extension Spool {
    /// Keeps the content of a request, all of it. No loop waits for the disk.
    /// - Throws: `HTTPError` 413 beyond `limit` octets, 507 when the disk is full; what reading the content throws.
    static func keeping(_ body: RequestBody, upTo limit: Int) async throws -> Spool {
        let spool = Spool(limit: limit)
        for try await chunk in body {
            guard spool.hasRoom(for: chunk.count) else {
                throw HTTPError(
                    .contentTooLarge,
                    "The content is longer than the \(limit) octets that are kept here for a script."
                )
            }
            if spool.isInMemory(with: chunk.count) {
                try spool.append(chunk)
            } else {
                try await storing { try await Blocking.run { try spool.append(chunk) } }
            }
        }
        return spool
    }

    /// Everything as a file to be read from its beginning, for another process; nil where it all is in memory.
    /// - Throws: as `keeping`.
    func storedFile() async throws -> CInt? {
        guard !isInMemory(with: 0) else { return nil }
        return try await Self.storing { try await Blocking.run { try self.fileFromStart() } }
    }

    /// The disk may be full.
    private static func storing<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as SystemError where error.code == ENOSPC || error.code == EDQUOT {
            throw HTTPError(HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage"))
        }
    }
}

extension CGI {
    /// Where content is kept that needs a file, for applications too: a process has to be able to write there.
    package static var temporaryFolder: String { Spool.folder }
}
