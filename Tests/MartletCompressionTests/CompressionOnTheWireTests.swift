import HTTPTypes
import MartletReactor
import MartletWire
import TestSupport
import Testing

@testable import Martlet
@testable import MartletCompression

/// Runs a server whose handler stands behind `Compression`.
func withServer(
    _ compression: Compression = Compression(),
    _ handler: @escaping @Sendable (Request) async throws -> Response,
    _ body: @escaping @concurrent @Sendable (SocketAddress) async throws -> Void
) async throws {
    let endpoint = Endpoint(.handler(AsyncFunction(function: handler)), middleware: [compression])
    var configuration = ServerConfiguration()
    configuration.addresses = [.loopback(port: 0)]
    configuration.threads = 1
    let server = Server(configuration: configuration, handler: SingleEndpoint(endpoint))
    try server.start()
    let result: Result<Void, any Error>
    do {
        result = .success(try await body(try #require(server.addresses.first)))
    } catch {
        result = .failure(error)
    }
    server.stop(grace: .zero)
    await server.waitUntilStopped()
    try result.get()
}

@Suite("Compressed answers as real clients see them", .timeLimit(.patient))
struct CompressionOnTheWireTests {
    private static let rows = (1...20_000).map { "\($0),row number \($0)\r\n" }

    /// Short, long and streamed content.
    private static let site: @Sendable (Request) async throws -> Response = { request in
        switch request.head.rawPath {
        case "/short": return .text(rows[..<100].joined())
        case "/long": return .text(rows.joined())
        default:
            return .stream(type: "text/csv") { writer in
                for start in stride(from: 0, to: rows.count, by: 1000) {
                    try await writer.write(rows[start..<(start + 1000)].joined())
                }
                // More at once than is coded on the loop.
                try await writer.write(rows.joined())
            }
        }
    }

    private static func content(of path: String) -> String {
        switch path {
        case "/short": rows[..<100].joined()
        case "/long": rows.joined()
        default: rows.joined() + rows.joined()
        }
    }

    @Test("curl --compressed gets every coding of this build, whole", arguments: ContentCoding.allCases)
    func curl(coding: ContentCoding) async throws {
        try await withServer(Compression(codings: [coding]), Self.site) { address in
            for path in ["/short", "/long", "/stream"] {
                let result = try run("curl", arguments: ["-sS", "-i", "--compressed", "http://\(address)\(path)"])
                #expect(result.status == 0, "\(result.errorText)")
                let answer = try #require(WireAnswer(result.output))
                #expect(answer["Content-Encoding"] == coding.rawValue)
                #expect(answer["Vary"] == "Accept-Encoding")
                #expect(answer.text == Self.content(of: path))
            }
        }
    }

    @Test("Python's client and gzip module read it, and Content-Length is that of what was sent", .rfc("9110-8.4-04"))
    func python() async throws {
        let script = """
            import sys, gzip, urllib.request
            for path in ["/short", "/long", "/stream"]:
                request = urllib.request.Request(sys.argv[1] + path, headers={"Accept-Encoding": "gzip"})
                with urllib.request.urlopen(request) as answer:
                    coded = answer.read()
                    assert answer.headers["Content-Encoding"] == "gzip", answer.headers
                    assert answer.headers["Content-Length"] in (None, str(len(coded))), answer.headers
                    text = gzip.decompress(coded).decode()
                    print(path, text.count("\\r\\n"), len(coded) < len(text) // 2)
            """
        try await withServer(Compression(codings: [.gzip]), Self.site) { address in
            let result = try run("python3", arguments: ["-c", script, "http://\(address)"])
            #expect(result.text == "/short 100 True\n/long 20000 True\n/stream 40000 True\n", "\(result.errorText)")
        }
    }

    @Test("HEAD says what GET would, without content", .rfc("9110-9.3.2-02", "9110-8.6-01"))
    func head() async throws {
        try await withServer(Compression(codings: [.gzip]), Self.site) { address in
            func answer(_ method: String) throws -> WireAnswer {
                let socket = try TestSocket.connect(to: address)
                try socket.send(
                    "\(method) /short HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"
                )
                return try #require(WireAnswer(try socket.receiveAll()))
            }
            let get = try answer("GET")
            let head = try answer("HEAD")
            #expect(head.head() == get.head())
            #expect(head.content.isEmpty)
            #expect(get["Content-Length"] == "\(get.content.count)")
        }
    }

    @Test(
        "what is written to a stream can be read at once, while the stream goes on",
        arguments: ContentCoding.allCases
    )
    func atOnce(coding: ContentCoding) async throws {
        let (events, more) = AsyncStream<String>.makeStream()
        let handler: @Sendable (Request) async throws -> Response = { _ in
            .stream(type: "text/plain") { writer in
                for await event in events { try await writer.write(event) }
            }
        }
        try await withServer(Compression(codings: [coding]), handler) { address in
            // curl decodes as it reads, and -N passes on at once.
            let client = try ChildProcess("curl", arguments: ["-sSN", "--compressed", "http://\(address)/"])
            for number in 1...3 {
                more.yield("event \(number)\n")
                #expect(try client.readLine() == "event \(number)")
            }
            more.finish()
            let result = try client.finish()
            #expect(result.status == 0, "\(result.errorText)")
        }
    }

    @Test("a stream that fails is cut: no client takes a part for the whole")
    func failure() async throws {
        let handler: @Sendable (Request) async throws -> Response = { _ in
            .stream(type: "text/plain") { writer in
                try await writer.write("some")
                throw HTTPError(.internalServerError)
            }
        }
        try await withServer(Compression(codings: [.gzip]), handler) { address in
            let result = try run("curl", arguments: ["-sS", "--compressed", "http://\(address)/"])
            #expect(result.status != 0)
        }
    }

    @Test("several tasks may write to one stream")
    func tasks() async throws {
        let handler: @Sendable (Request) async throws -> Response = { _ in
            .stream(type: "text/plain") { writer in
                await withTaskGroup { group in
                    for task in 0..<8 {
                        group.addTask { @concurrent in
                            for number in 0..<50 { try? await writer.write("\(task)-\(number)\n") }
                        }
                    }
                }
            }
        }
        try await withServer(Compression(), handler) { address in
            let result = try run("curl", arguments: ["-sS", "--compressed", "http://\(address)/"])
            #expect(result.status == 0, "\(result.errorText)")
            let expected = (0..<8).flatMap { task in (0..<50).map { "\(task)-\($0)" } }
            #expect(result.text.split(separator: "\n").map(String.init).sorted() == expected.sorted())
        }
    }
}
