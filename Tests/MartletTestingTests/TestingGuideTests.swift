import MartletTesting
import TestSupport
import Testing

// What docs/testing.md shows, letter for letter, and what it needs to work.

@Test func asksForTheCity() async throws {
    try await withServer { server in
        server.enqueue(.text("21"))
        let degrees = try await WeatherClient(base: server.url()).temperature(in: "Graz")
        #expect(degrees == 21)
        let request = try await server.nextRequest()
        #expect(request.method == .get)
        #expect(request.target == "/temperature?city=Graz")
        #expect(request.fields[.accept] == "text/plain")
    }
}

@Test func triesAgainLater() async throws {
    try await withServer { server in
        server.route(.get, "/temperature") { request in
            if request.number == 1 { throw HTTPError(.serviceUnavailable) }
            return .text("-3")
        }
        let degrees = try await WeatherClient(base: server.url(), attempts: 2).temperature(in: "Oslo")
        #expect(degrees == -3)
        #expect(server.requests.count == 2)
        #expect(server.connectionCount == 1)
    }
}

@Test func noticesWhenHalfIsMissing() async throws {
    try await withServer { server in
        server.enqueue(.text("21"), fault: .reset(at: .midBody))
        await #expect(throws: WeatherError.self) {
            try await WeatherClient(base: server.url()).temperature(in: "Graz")
        }
    }
}

@Test func copesWithABadNetwork() async throws {
    try await withServer { server in
        server.route(.get, "/temperature") { _ in .text("21") }
        server.inject(
            .truncate(at: .midHead).oneIn(5, seed: 1),
            .delay(.milliseconds(50), at: .beforeHead).oneIn(3, seed: 2)
        )
        let client = WeatherClient(base: server.url(), attempts: 10)
        for _ in 1...20 {
            let degrees = try await client.temperature(in: "Graz")
            #expect(degrees == 21)
        }
    }
}

#if TLS
    @Test func looksAtTheCertificate() async throws {
        try await withServer { server in
            try server.tls(.expired)
            let client = try WeatherClient(base: server.url(), trusting: TestCA.file)
            await #expect(throws: WeatherError.self) { try await client.temperature(in: "Graz") }
        }
    }

    extension WeatherClient {
        /// - Parameter base: `https://127.0.0.1:<port>/`.
        init(base: String, trusting authorities: String) throws {
            #expect(try contents(ofFile: authorities) == TestCA.pem)
            client = try TestClient(tlsPort: base.dropLast().split(separator: ":").last.flatMap { UInt16($0) } ?? 0)
            attempts = 1
        }
    }
#endif

@Test(arguments: Transport.allCases)
func greets(over transport: Transport) async throws {
    try await withClient(of: Greeter(), over: transport) { client in
        let response = try await client.get("/?name=Ada")
        #expect(response.status == .ok)
        #expect(response.text == "Hello, Ada")
    }
}

struct Greeter: GET {
    func get(_ request: Request) -> Response {
        .text("Hello, \(request.query?.dropFirst("name=".count) ?? "you")")
    }
}

/// The client that the guide's tests are about.
struct WeatherClient {
    let client: TestClient
    let attempts: Int

    /// - Parameter base: `http://127.0.0.1:<port>/`.
    init(base: String, attempts: Int = 1) {
        let port = base.dropLast().split(separator: ":").last.flatMap { UInt16($0) }
        client = TestClient(port: port ?? 0)
        self.attempts = attempts
    }

    func temperature(in city: String) async throws -> Int {
        var fields = Fields()
        fields.append(.accept, "text/plain")
        for _ in 0..<attempts {
            guard let response = try? await client.get("/temperature?city=\(city)", fields: fields) else { continue }
            if response.status == .ok, let degrees = Int(response.text) { return degrees }
        }
        throw WeatherError()
    }
}

struct WeatherError: Error {}

@Suite("The guide to testing")
struct TestingGuideTests {
    @Test("every example in it is one that runs here")
    func examples() throws {
        let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
        let guide = try contents(ofFile: "\(root)/docs/testing.md")
        let sources =
            try contents(ofFile: #filePath)
            + contents(ofFile: "\(root)/Tests/MartletTestingTests/WeatherTests.swift")
        let blocks = guide.split(separator: "```swift\n").dropFirst().compactMap { $0.split(separator: "\n```").first }
        #expect(blocks.count == 6)
        for block in blocks { #expect(unindented(sources).contains(unindented(block)), "\(block)") }
    }

    /// Within a condition of the compiler lines are further to the right.
    private func unindented(_ text: some StringProtocol) -> String {
        text.split(separator: "\n").map { $0.drop { $0 == " " } }.joined(separator: "\n")
    }
}
