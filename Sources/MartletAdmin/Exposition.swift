/// Metrics in Prometheus' text format, version 0.0.4.
struct Exposition {
    static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    enum Kind: String {
        case counter, gauge, histogram
    }

    typealias Label = (name: String, value: String)

    private(set) var text = ""

    /// Begins a family: all its samples follow before the next one.
    mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n"))\n"
        text += "# TYPE \(name) \(kind.rawValue)\n"
    }

    mutating func sample(_ name: String, _ labels: [Label] = [], _ value: String) {
        text += name
        if !labels.isEmpty {
            let pairs = labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }
            text += "{\(pairs.joined(separator: ","))}"
        }
        text += " \(value)\n"
    }

    mutating func sample(_ name: String, _ labels: [Label] = [], _ value: some BinaryInteger) {
        sample(name, labels, "\(value)")
    }

    mutating func sample(_ name: String, _ labels: [Label] = [], _ value: Double) {
        sample(name, labels, "\(value)")
    }

    /// A family of one sample without labels; without a value, none.
    mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: (some CustomStringConvertible)?) {
        guard let value else { return }
        family(name, kind, help)
        sample(name, [], value.description)
    }

    /// The samples of a histogram, whose buckets count all that is below them.
    mutating func histogram(_ name: String, _ labels: [Label], _ histogram: Histogram) {
        var below: UInt64 = 0
        for (index, count) in histogram.counts.enumerated() {
            below &+= count
            let bound = index < Histogram.bounds.count ? Histogram.bounds[index] : "+Inf"
            sample("\(name)_bucket", labels + [("le", bound)], below)
        }
        sample("\(name)_sum", labels, Double(histogram.sum) / 1e9)
        sample("\(name)_count", labels, below)
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
