import Martlet
import MartletTesting
import Testing

@Suite("A handler over every transport")
struct TransportTests {
    struct Everything: Handler {
        func respond(to request: Request) async throws -> Response {
            switch request.head.rawPath {
            case "/missing": throw HTTPError(.notFound, "Not here.")
            case "/broken": throw Broken()
            case "/empty": return Response(status: .noContent)
            case "/far": return .redirect(to: "/near")
            default:
                let content = try await request.body.collect(upTo: 1_000_000)
                return .content(content, type: "application/octet-stream", status: .created)
            }
        }
    }

    struct Broken: Error {}

    @Test("content goes there and back", arguments: Transport.allCases, [0, 1, 200_000])
    func echo(over transport: Transport, count: Int) async throws {
        let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try await withClient(of: Everything(), over: transport) { client in
            let response = try await client.send(.put, "/a%20b?c=d", body: content)
            #expect(response.status == .created)
            #expect(response.body == content)
            #expect(response.fields[.contentLength] == "\(count)")
            #expect(response.fields[.contentType] == "application/octet-stream")
        }
    }

    @Test(
        "errors and answers without content are what the client of a server sees",
        arguments: Transport.allCases
    )
    func answers(over transport: Transport) async throws {
        try await withClient(of: Everything(), over: transport) { client in
            let missing = try await client.get("/missing")
            #expect(missing.status == .notFound)
            #expect(missing.text == "404 Not Found\nNot here.\n")
            #expect(try await client.get("/broken").status == .internalServerError)
            let empty = try await client.get("/empty")
            #expect(empty.status == .noContent)
            #expect(empty.fields[.contentLength] == nil)
            #expect(try await client.get("/far").fields[.location] == "/near")
        }
    }

    @Test("HEAD has the length of the content and none of it", arguments: Transport.allCases)
    func head(over transport: Transport) async throws {
        struct Hello: GET {
            func get(_ request: Request) -> Response { .text("Hello") }
        }
        try await withClient(of: Hello(), over: transport) { client in
            let response = try await client.send(.head, "/")
            #expect(response.body.isEmpty)
            #expect(response.fields[.contentLength] == "5")
            #expect(try await client.post("/", "x").status == .methodNotAllowed)
        }
    }

    @Test("what a handler threw can be seen over .direct")
    func handlerError() async throws {
        try await withClient(of: Everything(), over: .direct) { client async throws in
            #expect(try await client.get("/broken").handlerError is Broken)
        }
    }

    @Test("octets can be sent as they are where there is a connection", arguments: Transport.allCases)
    func raw(over transport: Transport) async throws {
        try await withClient(of: Everything(), over: transport) { client in
            do {
                let octets = try await client.raw("GET /x HTTP/1.1\r\n\r\n")
                #expect(octets.starts(with: "HTTP/1.1 400 Bad Request\r\n".utf8))
                #expect(transport != .direct)
            } catch TestClientError.noConnection {
                #expect(transport == .direct)
            }
        }
    }

    @Test("a target that cannot stand in a request line is refused", arguments: Transport.allCases)
    func target(over transport: Transport) async throws {
        try await withClient(of: Everything(), over: transport) { client in
            for target in ["", "/a b", "/\r\n", "/ä"] {
                await #expect(throws: TestClientError.self) { try await client.get(target) }
            }
        }
    }

    @Test("streamed content is collected, with its trailers for who asks", arguments: Transport.allCases)
    func stream(over transport: Transport) async throws {
        struct Counting: Handler {
            func respond(to request: Request) async throws -> Response {
                .stream(type: "text/plain") { writer in
                    for number in 1...3 { try await writer.write("\(number)\n") }
                    if request.query == "cut" { throw Broken() }
                    writer.trailers.append(.eTag, "done")
                }
            }
        }
        try await withClient(of: Counting(), over: transport) { client in
            var fields = Fields()
            fields.append(.te, "trailers")
            let response = try await client.get("/", fields: fields)
            #expect(response.text == "1\n2\n3\n")
            #expect(response.trailers[.eTag] == "done")
            #expect(response.fields[.contentLength] == nil)
            #expect(try await client.get("/").trailers.isEmpty)
            do {
                _ = try await client.get("/?cut")
                Issue.record("what was cut was taken for the whole")
            } catch TestClientError.reset {
            } catch TestClientError.closed {
                #expect(transport == .pair)  // Unix sockets know no reset.
            }
        }
    }

    @Test("a handler that never ends is a timeout", arguments: Transport.allCases)
    func endless(over transport: Transport) async throws {
        struct Sleeping: Handler {
            func respond(to request: Request) async throws -> Response {
                try await Task.sleep(for: .seconds(3600))
                return .text("late")
            }
        }
        try await withClient(of: Sleeping(), over: transport, timeout: .milliseconds(100)) { client in
            await #expect(throws: TestClientError.timedOut(received: 0)) { try await client.get("/") }
        }
    }

    @Test("the connection is kept: a second request comes from the same port")
    func keepAlive() async throws {
        struct Port: Handler {
            func respond(to request: Request) async throws -> Response { .text("\(request.peer)") }
        }
        var configuration = ServerConfiguration()
        // On a busy machine the test may stand still for a minute.
        configuration.limits.keepAliveTimeout = .seconds(600)
        try await withClient(of: Port(), over: .socket, configuration: configuration) { client in
            #expect(try await client.get("/").text == client.get("/").text)
            let first = try await client.get("/").text
            client.closeConnections()
            #expect(try await client.get("/").text != first)
        }
    }
}
