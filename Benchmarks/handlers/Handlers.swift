import Martlet

struct Hello: GET {
    func get(_ request: Request) async -> Response { .text("Hello, world!\n") }
}

/// Adds nothing: what is measured is the way through it.
struct PassOn: Middleware {
    func respond(to request: Request, next: Next) async throws -> Response { try await next(request) }
}

/// Reads a form and says what was in it.
struct Message: POST {
    func post(_ request: Request) async throws -> Response {
        let form = try await request.form()
        return .text("\(try form.required("name")): \(try form.required("message"))\n")
    }
}

/// Says how many octets of files came in, and drops them.
struct Upload: POST {
    func post(_ request: Request) async throws -> Response {
        var count = 0
        for try await part in try request.multipart() {
            for try await chunk in part.content { count += chunk.count }
        }
        return .text("\(count)\n")
    }
}

/// Writes as fast as it may, for ever: a test of who reads slowly.
struct Endless: GET {
    func get(_ request: Request) -> Response {
        .stream(type: "application/octet-stream") { writer in
            let piece = [UInt8](repeating: 0x61, count: 10_000)
            while true { try await writer.write(piece) }
        }
    }
}
