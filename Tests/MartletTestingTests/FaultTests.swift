import MartletTesting
import TestSupport
import Testing

@Suite("Faults, as curl and Python see them")
struct FaultTests {
    /// curl's exit codes: 1 it is HTTP/0.9, 8 a weird answer, 18 a part of the content, 28 too late, 52 no answer at
    /// all, 56 the receipt failed.
    static let table: [(Fault, CInt)] = [
        (.stall(at: .accept), 28), (.stall(at: .beforeHead), 28), (.stall(at: .midHead), 28),
        (.stall(at: .midBody), 28), (.stall(at: .beforeEnd), 28),
        (.reset(at: .accept), 56), (.reset(at: .beforeHead), 56), (.reset(at: .midHead), 56),
        (.reset(at: .midBody), 56), (.reset(at: .beforeEnd), 56),
        (.truncate(at: .accept), 52), (.truncate(at: .beforeHead), 52), (.truncate(at: .midBody), 18),
        (.truncate(at: .beforeEnd), 18),
        (.halfClose(at: .accept), 52), (.halfClose(at: .beforeHead), 52), (.halfClose(at: .midBody), 18),
        (.halfClose(at: .beforeEnd), 18),
        (.garbage(at: .accept), 1), (.garbage(at: .beforeHead), 1),
        (.badChunk, 56),
    ]

    @Test("each fault ends curl with the exit code that names it", arguments: table)
    func exitCodes(fault: Fault, code: CInt) async throws {
        try await withServer { server in
            server.enqueue(.text("Hello, world"), fault: fault)
            let patience = code == 28 ? "0.5" : "20"
            let result = try await curl("--max-time", patience, server.url())
            #expect(result.status == code)
        }
    }

    @Test("what was sent before a fault in the middle of the content arrives", arguments: Framing.allCases)
    func firstHalf(framing: Framing) async throws {
        try await withServer { server in
            server.enqueue(.text("Hello, world"), framing: framing, fault: .truncate(at: .midBody))
            let result = try await curl(server.url())
            #expect(result.text == "Hello,")
            // An answer that ends with its connection looks whole when it is not: why HTTP/1.1 has better ways.
            #expect(result.status == (framing == .untilClose ? 0 : 18))
        }
    }

    @Test("a fault before the end keeps back one octet, or the last chunk", arguments: Framing.allCases)
    func beforeEnd(framing: Framing) async throws {
        try await withServer { server in
            server.enqueue(.text("Hello"), framing: framing, fault: .truncate(at: .beforeEnd))
            let octets = try await TestClient(port: server.port).raw("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let text = String(decoding: octets, as: UTF8.self)
            let end = framing == .chunked ? "2\r\nHe\r\n3\r\nllo\r\n" : "\r\n\r\nHell"
            #expect(text.hasSuffix(end))
        }
    }

    @Test("half a head is half a head", arguments: [Fault.truncate(at: .midHead), .halfClose(at: .midHead)])
    func midHead(fault: Fault) async throws {
        try await withServer { server in
            server.enqueue(raw: "HTTP/1.1 204 No Content\r\nAllow: GET, HEAD\r\n\r\n", fault: fault)
            let octets = try await TestClient(port: server.port).raw("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(String(decoding: octets, as: UTF8.self) == "HTTP/1.1 204 No Conten")
        }
    }

    @Test("garbage in content goes unnoticed where a length is all that a client knows, not in chunks")
    func garbageInContent() async throws {
        try await withServer { server in
            server.enqueue(.text("Hello, world"), fault: .garbage(at: .midBody))
            let spoiled = try await curl(server.url())
            #expect(spoiled.status == 0)
            #expect(spoiled.output.starts(with: "Hello,".utf8))
            #expect(spoiled.output.count == 12)
            server.enqueue(.text("Hello, world"), framing: .chunked, fault: .garbage(at: .midBody))
            let noticed = try await curl(server.url())
            #expect(noticed.status == 56)
        }
    }

    @Test("garbage comes in place of the rest, and is no HTTP")
    func garbage() async throws {
        try await withServer { server in
            server.enqueue(raw: "HTTP/1.1 200 OK\r\n\r\nabcd", fault: .garbage(at: .midBody))
            let octets = try await TestClient(port: server.port).raw("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(octets.starts(with: "HTTP/1.1 200 OK\r\n\r\nab".utf8))
            #expect(octets.count == 21 + 64)
            #expect(octets.dropFirst(21).allSatisfy { $0 >= 0x80 })
        }
    }

    @Test(
        "a delay or a drip only takes time",
        arguments: [
            Fault.delay(.milliseconds(200), at: .accept), .delay(.milliseconds(200), at: .beforeHead),
            .delay(.milliseconds(200), at: .midHead), .delay(.milliseconds(200), at: .midBody),
            .delay(.milliseconds(200), at: .beforeEnd), .drip(every: .milliseconds(40), from: .midBody),
            .drip(octets: 20, every: .milliseconds(40)),
        ]
    )
    func late(fault: Fault) async throws {
        try await withServer { server in
            server.enqueue(.text("Hello, friend"), fault: fault)
            let start = ContinuousClock.now
            let result = try await curl(server.url())
            #expect(result.status == 0)
            #expect(result.text == "Hello, friend")
            #expect(ContinuousClock.now - start >= .milliseconds(200))
        }
    }

    @Test("a delay beyond the client's patience is a timeout")
    func tooLate() async throws {
        try await withServer { server async throws in
            server.enqueue(.text("Hello"), fault: .delay(.seconds(60), at: .beforeHead))
            #expect(try await curl("--max-time", "0.3", server.url()).status == 28)
        }
    }

    @Test("a server that refuses connections refuses them, on the same port, until it accepts again")
    func refuse() async throws {
        try await withServer { server async throws in
            server.enqueue(.text("one"))
            #expect(try await curl(server.url()).text == "one")
            server.refuseConnections()
            #expect(try await curl(server.url()).status == 7)
            #expect(try await curl(server.url()).status == 7)
            await #expect(throws: TestClientError.refused) { try await TestClient(port: server.port).get("/") }
            server.acceptConnectionsAgain()
            server.enqueue(.text("two"))
            #expect(try await curl(server.url()).text == "two")
        }
    }

    @Test("one in n by seed: the same requests fail in every run, about one in n")
    func oneIn() async throws {
        func failures(seed: UInt64) async throws -> [Int] {
            try await withServer { server in
                server.route(.get, "/") { _ in .text("fine") }
                server.inject(.truncate(at: .midBody).oneIn(4, seed: seed))
                let client = TestClient(port: server.port)
                var failed: [Int] = []
                for number in 1...80 {
                    do {
                        _ = try await client.get("/")
                    } catch is TestClientError {
                        failed.append(number)
                    }
                }
                return failed
            }
        }
        let first = try await failures(seed: 1)
        #expect(try await failures(seed: 1) == first)
        #expect(try await failures(seed: 2) != first)
        #expect((8...35).contains(first.count))
    }

    @Test("a fault for all comes to an end when none is injected any more")
    func inject() async throws {
        try await withServer { server async throws in
            server.route(.get, "/") { _ in .text("fine") }
            server.inject(.reset(at: .accept))
            #expect(try await curl(server.url()).status == 56)
            server.inject(.reset(at: .midBody).oneIn(1, seed: 9), .stall(at: .midBody))
            #expect(try await curl(server.url()).status == 56)
            server.inject()
            #expect(try await curl(server.url()).text == "fine")
        }
    }

    @Test("a fault at accept that a kept connection made impossible is told")
    func missed() async throws {
        let problems = await problems { server async throws in
            server.enqueue(.text("one"))
            server.enqueue(.text("two"), fault: .reset(at: .accept))
            let client = TestClient(port: server.port)
            #expect(try await client.get("/1").text == "one")
            #expect(try await client.get("/2").text == "two")
        }
        #expect(problems?.problems == [.missedFault("GET /2", connection: 1)])
    }

    @Test(
        "Python tells the faults apart",
        arguments: [
            (Fault.truncate(at: .beforeHead), "RemoteDisconnected"), (.truncate(at: .midBody), "IncompleteRead"),
            (.reset(at: .midBody), "ConnectionResetError"), (.stall(at: .midBody), "TimeoutError"),
            (.badChunk, "IncompleteRead"), (.garbage(at: .beforeHead), "BadStatusLine"),
        ]
    )
    func python(fault: Fault, name: String) async throws {
        try await withServer { server async throws in
            server.enqueue(.text("Hello, world"), fault: fault)
            let patience = name == "TimeoutError" ? 0.5 : 20
            let script = """
                try:
                    print(urllib.request.urlopen(url, timeout=\(patience)).read())
                except Exception as error:
                    print(type(error).__name__)
                """
            #expect(try await MartletTestingTests.python(server.url(), script) == "\(name)\n")
        }
    }

    @Test("a server that ends lets go of stalled connections at once")
    func stop() async throws {
        try await withServer { server in
            server.enqueue(fault: .stall(at: .beforeHead))
            let port = server.port
            // Cut off by the server, long before its own patience ends.
            let task = Task { try await TestClient(port: port, timeout: .seconds(600)).get("/") }
            _ = try await server.nextRequest(timeout: .seconds(240))
            try await server.stop()
            await #expect(throws: TestClientError.self) { try await task.value }
        }
    }
}

/// Runs a test that must end with problems, and returns them.
func problems(
    allowing: Allowance = [],
    _ body: (TestServer) async throws -> Void
) async -> ServerProblems? {
    do {
        try await withServer(allowing: allowing, body)
        return nil
    } catch {
        return error as? ServerProblems
    }
}
