import Testing

/// A reader of Prometheus' text format 0.0.4 that lets nothing pass: what it is given is read, or the test fails.
struct Metrics {
    struct Malformed: Error, CustomStringConvertible {
        let line: Int
        let reason: String
        var description: String { "line \(line): \(reason)" }
    }

    struct Sample {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    private(set) var samples: [Sample] = []
    private(set) var types: [String: String] = [:]

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Malformed(line: 0, reason: "the last line does not end") }
        var family: (name: String, type: String)?
        var helped: Set<String> = []
        var seen: Set<String> = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().enumerated() {
            func fail(_ reason: String) -> Malformed { Malformed(line: number + 1, reason: "\(reason): \(line)") }
            if let match = line.wholeMatch(of: /# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)/) {
                guard helped.insert(String(match.1)).inserted else { throw fail("a second HELP") }
                guard !match.2.contains(/\\[^\\n]/) else { throw fail("a bad escape") }
                family = nil
            } else if let match = line.wholeMatch(of: /# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)/) {
                let name = String(match.1)
                guard types[name] == nil else { throw fail("a second TYPE, or a family in two places") }
                guard helped.contains(name) else { throw fail("no HELP before it") }
                types[name] = String(match.2)
                family = (name, String(match.2))
            } else {
                guard let family else { throw fail("a sample without a family") }
                guard let sample = try Self.sample(line) else { throw fail("no sample") }
                let suffixes = family.type == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
                guard suffixes.contains(where: { family.name + $0 == sample.name }) else {
                    throw fail("another family's")
                }
                guard family.type != "counter" || family.name.hasSuffix("_total") else { throw fail("no _total") }
                guard family.type == "gauge" || sample.value >= 0 else { throw fail("a negative count") }
                let identity = sample.name + "{\(sample.labels.sorted { $0.key < $1.key })}"
                guard seen.insert(identity).inserted else { throw fail("twice the same sample") }
                samples.append(sample)
            }
        }
        for (name, type) in types where type == "histogram" { try checkHistogram(name) }
    }

    private static func sample(_ line: Substring) throws -> Sample? {
        let pattern = /([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([0-9.e+-]+|NaN|\+Inf|-Inf)/
        guard let match = line.wholeMatch(of: pattern), let value = Double(match.3) else { return nil }
        var labels: [String: String] = [:]
        var rest = match.2 ?? ""
        while !rest.isEmpty {
            let pair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/
            guard let label = rest.prefixMatch(of: pair) else { return nil }
            guard labels[String(label.1)] == nil else { return nil }
            labels[String(label.1)] = String(label.2).replacing("\\\"", with: "\"").replacing("\\\\", with: "\\")
            rest = rest[label.range.upperBound...]
        }
        return Sample(name: String(match.1), labels: labels, value: value)
    }

    /// Buckets go up, the last is `+Inf` and equals the count; each series has a sum.
    private func checkHistogram(_ name: String) throws {
        var groups: [[String: String]: [(String, Double)]] = [:]
        for sample in samples where sample.name == name + "_bucket" {
            var labels = sample.labels
            let bound = labels.removeValue(forKey: "le") ?? "missing"
            groups[labels, default: []].append((bound, sample.value))
        }
        for (labels, buckets) in groups {
            guard buckets.last?.0 == "+Inf", buckets.last?.1 == value(name + "_count", labels),
                value(name + "_sum", labels) != nil
            else { throw Malformed(line: 0, reason: "\(name) \(labels): +Inf, count or sum") }
            for (one, next) in zip(buckets, buckets.dropFirst()) {
                guard one.1 <= next.1, (Double(one.0) ?? .infinity) < (Double(next.0) ?? .infinity) else {
                    throw Malformed(line: 0, reason: "\(name) \(labels): bucket \(next.0)")
                }
            }
        }
    }

    /// The value of one sample; nil where there is none.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        samples.first { $0.name == name && $0.labels == labels }?.value
    }

    /// The sum over all samples of this name.
    func sum(_ name: String) -> Double {
        samples.filter { $0.name == name }.reduce(0) { $0 + $1.value }
    }

    /// How many requests there were.
    func requests(_ method: String, _ route: String, _ status: Int) -> Double? {
        value(
            "http_server_request_duration_seconds_count",
            ["http_request_method": method, "http_route": route, "http_response_status_code": "\(status)"]
        )
    }
}
