import Martlet
import MartletReactor
import MartletWire

/// A response with its content in memory, as a handler's server would send it.
struct CollectedResponse: Sendable {
    private(set) var response: Response
    private(set) var content: [UInt8] = []
    private(set) var trailers = Fields()
    /// What went wrong, unless that was an `HTTPError` instead of an answer.
    private(set) var failure: Failure?

    enum Failure: Sendable {
        /// Instead of an answer: the client is told of a 500.
        case threw(any Error)
        /// In the middle of the content: a server cuts the connection.
        case cut(any Error)

        var error: any Error {
            switch self {
            case .threw(let error), .cut(let error): error
            }
        }
    }

    /// Octets that are collected; more are an error.
    private static let limit = 64 << 20

    /// Asks for a response to a request with these fields, and collects its content.
    init(to fields: Fields, from respond: () async throws -> Response) async {
        do {
            response = try await respond()
        } catch {
            if !(error is HTTPError) { failure = .threw(error) }
            let answer = error as? HTTPError ?? HTTPError(.internalServerError)
            response = ErrorPage.response(for: answer, wantsHTML: fields.namesHTML)
        }
        do {
            try await collect()
        } catch {
            failure = .cut(error)
        }
    }

    /// Whether the length was not known before.
    var isStreamed: Bool { response.body.count == nil }

    private mutating func collect() async throws {
        switch response.body {
        case .none: break
        case .bytes(let bytes): content = bytes
        case .string(let text): content = Array(text.utf8)
        case .file(let file, let range): try append(file, range)
        case .parts(let parts):
            for part in parts {
                switch part {
                case .bytes(let bytes): content += bytes
                case .file(let file, let range): try append(file, range)
                }
            }
        case .stream(let stream): try await run(stream)
        case .upgrade: throw ContentFault.upgrade
        }
    }

    private mutating func append(_ file: OpenFile, _ range: Range<Int>) throws {
        guard range.count <= Self.limit - content.count else { throw ContentFault.tooLarge }
        guard file.append(range, to: &content) else { throw ContentFault.fileChanged }
    }

    private mutating func run(_ stream: ResponseStream) async throws {
        let written = Locked<[UInt8]>([])
        let writer = ResponseWriter { bytes in
            try Task.checkCancellation()
            try written.withLock { written in
                guard bytes.count <= Self.limit - written.count else { throw ContentFault.tooLarge }
                written += bytes
            }
        }
        defer { content = written.withLock { $0 } }
        try await stream.write(to: writer)
        trailers = writer.trailers
        let count = written.withLock { $0.count }
        if let length = stream.length, length != count { throw ContentFault.wrongLength(count, announced: length) }
    }
}

/// Content that is not what its response says.
private enum ContentFault: Error, CustomStringConvertible {
    case tooLarge
    case fileChanged
    case wrongLength(Int, announced: Int)
    case upgrade

    var description: String {
        switch self {
        case .tooLarge: "the content is longer than the 64 MiB that are collected"
        case .fileChanged: "a file of the answer became shorter before it was read"
        case .wrongLength(let count, let announced): "\(count) octets were written where the length is \(announced)"
        case .upgrade: "an upgrade needs a connection of a server"
        }
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
