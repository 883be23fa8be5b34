import Glibc
import Martlet
import MartletAdmin
import MartletReactor
import TestSupport
import Testing

@Suite("Metrics for Prometheus", .timeLimit(.patient))
struct MetricsPageTests {
    @Test("requests are counted by method, route and status; paths that clients think up make no series")
    func requests() async throws {
        try await withSite(Router.hello) { site in
            for name in ["ada", "bob", "c%22%5C"] { try site.ask("/hello/\(name)") }
            try site.ask("/hello/dan", method: "HEAD")
            for path in ["/a", "/b", "/c"] { try site.ask(path, method: "FROB") }
            let metrics = try site.metrics()
            #expect(metrics.requests("GET", "/hello/:name", 200) == 3)
            #expect(metrics.requests("HEAD", "/hello/:name", 200) == 1)
            #expect(metrics.requests("_OTHER", "", 404) == 3)
            #expect(metrics.samples.filter { $0.name == "http_server_request_duration_seconds_count" }.count == 3)
            #expect(metrics.sum("http_server_active_requests") == 0)
        }
    }

    @Test("every family is there, as it should be read")
    func families() async throws {
        try await withSite(Router.hello) { site in
            try site.ask("/hello/ada")
            let answer = try site.page("/metrics")
            #expect(answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
            let metrics = try Metrics(answer.text)
            #expect(
                metrics.types == [
                    "http_server_request_duration_seconds": "histogram", "http_server_active_requests": "gauge",
                    "martlet_connections": "gauge", "martlet_connections_opened_total": "counter",
                    "martlet_connections_refused_total": "counter", "martlet_accept_failures_total": "counter",
                    "martlet_received_bytes_total": "counter", "martlet_sent_bytes_total": "counter",
                    "tls_handshakes_total": "counter", "martlet_loop_lag_seconds": "gauge",
                    "martlet_build_info": "gauge", "process_cpu_seconds_total": "counter",
                    "process_resident_memory_bytes": "gauge", "process_virtual_memory_bytes": "gauge",
                    "process_open_fds": "gauge", "process_max_fds": "gauge", "process_start_time_seconds": "gauge",
                ]
            )
            let bounds = metrics.samples.filter { $0.name == "http_server_request_duration_seconds_bucket" }
            #expect(
                bounds.compactMap { $0.labels["le"] } == [
                    "0.005", "0.01", "0.025", "0.05", "0.075", "0.1", "0.25", "0.5", "0.75", "1", "2.5", "5", "7.5",
                    "10", "+Inf",
                ]
            )
            #expect(metrics.value("martlet_build_info", ["version": "1.2 \"three\""]) == 1)
            #expect(metrics.value("tls_handshakes_total", ["result": "ok"]) == 0)
            #expect(metrics.value("martlet_received_bytes_total") == 55)
        }
    }

    @Test("process figures are the system's")
    func process() async throws {
        try await withSite(Router.hello) { site in
            let metrics = try site.metrics()
            let memory = try #require(metrics.value("process_resident_memory_bytes"))
            // Other tests take and give memory meanwhile.
            let ratio = memory / Double(try residentBytes())
            #expect(ratio > 0.1 && ratio < 10)
            let start = try #require(metrics.value("process_start_time_seconds"))
            #expect(start < Double(WallClock.seconds()) + 1 && start > Double(WallClock.seconds() - 86400))
            try #expect(#require(metrics.value("process_max_fds")) >= 256)
            try #expect(#require(metrics.value("process_open_fds")) >= 8)
            try #expect(#require(metrics.value("process_cpu_seconds_total")) > 0)
        }
    }

    @Test("connections are told by what they do, requests under way by method")
    func underWay() async throws {
        try await withSite(try Router { Route("/wait") { _ async throws in try await forever() } }) { site in
            let idle = try TestSocket.connect(to: site.server.addresses[0])
            try idle.send("GET /no HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try idle.receive(through: "\r\n\r\n")
            let busy = try TestSocket.connect(to: site.server.addresses[0])
            try busy.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
            try await eventually("it is under way") {
                try site.metrics().value("http_server_active_requests", ["http_request_method": "GET"]) == 1
            }
            let metrics = try site.metrics()
            #expect(metrics.value("martlet_connections", ["state": "handling"]) == 1)
            #expect(metrics.value("martlet_connections", ["state": "idle"]) == 1)
            #expect(metrics.value("martlet_connections_opened_total") == 2)
            #expect(metrics.requests("GET", "/wait", 499) == nil)
            busy.reset()
            try await eventually("it has ended") { try site.metrics().requests("GET", "/wait", 499) == 1 }
            try #expect(site.metrics().sum("http_server_active_requests") == 0)
        }
    }

    @Test("a server that takes the place of another counts on: totals never go back")
    func reload() async throws {
        let admin = Admin(version: "1")
        let pages = try admin.server(at: .loopback(port: 0))
        try pages.start()
        let first = try observedServer(Router.hello, admin, threads: 2)
        let second = try observedServer(Router.hello, admin, threads: 2)
        let site = Site(admin: admin, server: second, pages: pages)
        try await running([pages, second]) {
            for _ in 0..<5 { _ = try Site.ask(first.addresses[0], "/hello/1") }
            try site.ask("/hello/2")
            // Two loops of one name are shown as one.
            try #expect(site.metrics().samples.filter { $0.name == "martlet_loop_lag_seconds" }.count == 2)
            try #expect(site.metrics().requests("GET", "/hello/:name", 200) == 6)
            let sent = try #require(site.metrics().value("martlet_sent_bytes_total"))
            first.stop()
            await first.waitUntilStopped()
            try site.ask("/hello/3")
            try #expect(site.metrics().requests("GET", "/hello/:name", 200) == 7)
            try #expect(#require(site.metrics().value("martlet_sent_bytes_total")) > sent)
            try #expect(site.metrics().value("martlet_connections_opened_total") == 7)
        }
    }

    @Test("another reader of the format, Prometheus' own for Python, understands all of it too")
    func otherReader() async throws {
        try await withSite(Router.hello) { site in
            try site.ask("/hello/ada")
            let directory = try TemporaryDirectory()
            let path = try directory.write("metrics", site.page("/metrics").text)
            let script = """
                import sys
                from prometheus_client.parser import text_string_to_metric_families
                families = list(text_string_to_metric_families(open(sys.argv[1]).read()))
                print(sum(len(family.samples) for family in families), families[0].name, families[0].type)
                """
            let result = try run("/usr/bin/python3", arguments: ["-c", script, path])
            let count = try site.metrics().samples.count
            #expect(result.text == "\(count) http_server_request_duration_seconds histogram\n", "\(result.errorText)")
        }
    }
}

/// Waits until it is cancelled.
private func forever() async throws -> Response {
    try await Task.sleep(for: .seconds(3600))
    return .text("")
}
