import Martlet
import MartletReactor
import MartletWire

/// A response with its content in memory, as a handler's server would send it.
struct CollectedResponse: Sendable {
    var response: Response
    var content: [UInt8]
    /// What the handler threw, unless that was an `HTTPError`.
    var error: (any Error)?

    /// Asks for a response and collects its content. What is thrown becomes the answer that a server would give.
    init(to fields: Fields, from respond: () async throws -> Response) async {
        do {
            response = try await respond()
            content = try await response.collected()
        } catch {
            let answer = error as? HTTPError ?? HTTPError(.internalServerError)
            if !(error is HTTPError) { self.error = error }
            response = ErrorPage.response(for: answer, wantsHTML: fields.namesHTML)
            content = (try? await response.collected()) ?? []
        }
    }
}

extension Response {
    /// The content, read into memory.
    /// - Throws: `FileChanged` when a file became shorter than its range.
    func collected() async throws -> [UInt8] {
        var content: [UInt8] = []
        switch body {
        case .none: break
        case .bytes(let bytes): content = bytes
        case .string(let text): content = Array(text.utf8)
        case .file(let file, let range): try Self.append(file, range, to: &content)
        case .parts(let parts):
            for part in parts {
                switch part {
                case .bytes(let bytes): content += bytes
                case .file(let file, let range): try Self.append(file, range, to: &content)
                }
            }
        }
        return content
    }

    private static func append(_ file: OpenFile, _ range: Range<Int>, to content: inout [UInt8]) throws {
        guard file.append(range, to: &content) else { throw FileChanged() }
    }
}

extension Request {
    /// A request for a handler, as a `TestServer` received it.
    init(recorded request: RecordedRequest, peer: SocketAddress) throws(RequestError) {
        var fields = request.fields
        // The content is no longer chunked.
        fields[.transferEncoding] = nil
        try self.init(request.method, request.target, fields: fields, body: request.body, peer: peer)
    }
}

/// A file of an answer became shorter before it was read.
struct FileChanged: Error {}
