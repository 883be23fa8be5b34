import Martlet
import MartletReactor

extension Exposition {
    /// Everything under its name: see docs/metrics.md.
    init(_ overview: Overview, version: String) {
        self.init()
        appendRequests(overview.totals)
        appendConnections(overview)
        family("martlet_loop_lag_seconds", .gauge, "How long each loop took to answer, or has not answered yet.")
        for loop in overview.loops {
            sample("martlet_loop_lag_seconds", [("loop", loop.name)], Double(loop.lag.count) / 1e9)
        }
        appendProcess(ProcessFigures())
        family("martlet_build_info", .gauge, "The version that runs; always 1.")
        sample("martlet_build_info", [("version", version)], 1)
    }

    private mutating func appendRequests(_ totals: Totals) {
        let name = "http_server_request_duration_seconds"
        family(name, .histogram, "Requests that were answered, by how long it took.")
        let ordered = totals.requests.sorted {
            ($0.key.route, $0.key.method, $0.key.status) < ($1.key.route, $1.key.method, $1.key.status)
        }
        for (series, requests) in ordered {
            let labels = [
                ("http_request_method", series.method), ("http_route", series.route),
                ("http_response_status_code", series.status),
            ]
            histogram(name, labels, requests)
        }
        family("http_server_active_requests", .gauge, "Requests that are not answered yet.")
        for method in ObservedMethod.allCases {
            sample(
                "http_server_active_requests",
                [("http_request_method", method.name)],
                totals.active[Int(method.rawValue)]
            )
        }
    }

    private mutating func appendConnections(_ overview: Overview) {
        let connections = overview.connections
        family("martlet_connections", .gauge, "Connections that are open, by what they are doing.")
        for state in ConnectionState.allCases {
            sample("martlet_connections", [("state", "\(state)")], connections[state])
        }
        let totals = overview.totals
        single("martlet_connections_opened_total", .counter, "Connections that were accepted.", totals.opened)
        single(
            "martlet_connections_refused_total",
            .counter,
            "Connections that were accepted and refused, for there were too many.",
            totals.refused
        )
        single(
            "martlet_accept_failures_total",
            .counter,
            "Times that no connection could be accepted, as for want of descriptors.",
            totals.acceptFailures
        )
        single("martlet_received_bytes_total", .counter, "Octets received, without what TLS adds.", totals.received)
        single("martlet_sent_bytes_total", .counter, "Octets sent, without what TLS adds.", totals.sent)
        family("tls_handshakes_total", .counter, "TLS handshakes, by what they came to: ok, resumed, or why not.")
        for (result, count) in totals.handshakes.sorted(by: { $0.key < $1.key }) {
            sample("tls_handshakes_total", [("result", result)], count)
        }
    }

    /// As Prometheus' own clients name them.
    private mutating func appendProcess(_ process: ProcessFigures) {
        single("process_cpu_seconds_total", .counter, "Processor time used, in seconds.", process.cpuSeconds)
        single("process_resident_memory_bytes", .gauge, "Resident memory in bytes.", process.residentMemory)
        single("process_virtual_memory_bytes", .gauge, "Virtual memory in bytes.", process.virtualMemory)
        single("process_open_fds", .gauge, "Descriptors that are open.", process.openDescriptors)
        single("process_max_fds", .gauge, "Descriptors that may be open.", process.descriptorLimit)
        single(
            "process_start_time_seconds",
            .gauge,
            "When the process started, in seconds since 1970.",
            ProcessFigures.startTime
        )
    }
}
