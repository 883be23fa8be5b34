import MartletTesting
import XCTest

// The guide's example for XCTest.

final class WeatherTests: XCTestCase {
    private var server: TestServer!

    override func setUp() async throws {
        server = try TestServer.start()
    }

    override func tearDown() async throws {
        try await server.stop()
    }

    func testRain() async throws {
        server.enqueue(.text("8"))
        let degrees = try await WeatherClient(base: server.url()).temperature(in: "Bergen")
        XCTAssertEqual(degrees, 8)
    }
}
