import HTTPTypes
import Martlet
import MartletWire
import TestSupport

/// Tells in `X-Head` what it understood of a request, so that the answer shows which request it belongs to. The first
/// segment of the path says how it answers.
struct FuzzedHandler: ImmediateHandler {
    func respondImmediately(to request: Request) throws -> Response? {
        let head = ReferenceHead(request.head)
        switch head.kind {
        case "ignore": return response(.text("ignored"), head)
        case "none": return response(Response(status: .noContent), head)
        case "unmodified": return response(Response(status: .notModified), head)
        case "empty": return response(Response(status: .resetContent), head)
        case "throw": throw error(.conflict, head)
        case "echo", "peek", "slow", "stream", "last": return nil
        default: throw error(.notFound, head)
        }
    }

    func respond(to request: Request) async throws -> Response {
        let head = ReferenceHead(request.head)
        switch head.kind {
        case "peek":
            for try await _ in request.body { break }
            return response(.text("peeked"), head)
        case "slow":
            for _ in 0..<3 { await Task.yield() }
            return response(.text("slow"), head)
        case "stream":
            let stream = Response.stream(type: "text/plain") { writer in
                for part in ["one ", "GET /smuggled HTTP/1.1\r\n\r\n", "three"] {
                    try await writer.write(part)
                    await Task.yield()
                }
            }
            return response(stream, head)
        case "last":
            _ = try await request.body.collect(upTo: 1 << 20)
            var last = response(.text("last"), head)
            last.fields.append(.connection, "close")
            return last
        default:
            var content: [UInt8] = []
            for try await part in request.body { content += part }
            return response(.text(hash(content)), head)
        }
    }

    private func response(_ response: Response, _ head: ReferenceHead) -> Response {
        var response = response
        response.fields.append(HTTPField.Name("X-Head")!, head.digest)
        return response
    }

    private func error(_ status: HTTPResponse.Status, _ head: ReferenceHead) -> HTTPError {
        var fields = Fields()
        fields.append(HTTPField.Name("X-Head")!, head.digest)
        return HTTPError(status, "as asked", fields: fields)
    }
}
