import CoreMetrics
import Martlet
import MartletMetrics
import MetricsTestKit
import TestSupport
import Testing

@Suite("swift-metrics is told what servers do", .timeLimit(.patient))
struct MetricsObserverTests {
    private static func labels(_ method: String, _ route: String, _ status: Int) -> [(String, String)] {
        [
            ("http.request.method", method), ("http.route", route), ("http.response.status_code", "\(status)"),
        ]
    }

    @Test("a timer for each method, route and status; counters and meters besides")
    func metrics() async throws {
        let metrics = TestMetrics()
        let observer = MetricsObserver(factory: metrics)
        // Two servers, one observer.
        let servers = try (0..<2).map { _ in try observedServer(Router.hello, observer) }
        try await running(servers) {
            for server in servers {
                _ = try Site.ask(server.addresses[0], "/hello/ada")
                _ = try Site.ask(server.addresses[0], "/hello/bob")
                _ = try Site.ask(server.addresses[0], "/nowhere", method: "FROB")
            }
            try await eventually("all connections are closed") {
                try metrics.expectMeter("martlet.connections").lastValue == 0
            }
        }
        let name = "http.server.request.duration"
        #expect(metrics.timers(label: name).count == 2)
        try #expect(metrics.expectTimer(name, Self.labels("GET", "/hello/:name", 200)).values.count == 4)
        try #expect(metrics.expectTimer(name, Self.labels("_OTHER", "", 404)).values.count == 2)
        try #expect(metrics.expectMeter("http.server.active_requests", [("http.request.method", "GET")]).lastValue == 0)
        try #expect(metrics.expectCounter("martlet.connections.opened").totalValue == 6)
        try #expect(metrics.expectCounter("martlet.received.bytes").totalValue == 2 * (2 * 55 + 54))
    }
}
