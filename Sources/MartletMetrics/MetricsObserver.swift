public import CoreMetrics
public import Martlet
import MartletReactor

/// Tells swift-metrics what servers do, for programs that bring a backend of their own.
///
/// ```swift
/// MetricsSystem.bootstrap(PrometheusMetricsFactory())
/// configuration.observer = MetricsObserver()
/// ```
///
/// One can observe several servers. The labels are OpenTelemetry's: `http.server.request.duration` (a timer) with
/// `http.request.method`, `http.route` and `http.response.status_code`; see docs/metrics.md for the others. Each request
/// costs what the backend takes for one timer and two meters.
public final class MetricsObserver: ServerObserver {
    private let metrics: ServerMetrics

    /// - Parameter factory: makes the metrics; default what the program has bootstrapped, at this moment.
    public init(factory: any MetricsFactory = MetricsSystem.factory) {
        metrics = ServerMetrics(factory)
    }

    /// Reports what happens on a loop.
    public func observer(of loop: ObservedLoop) -> any LoopObserver {
        LoopReporter(metrics)
    }
}
